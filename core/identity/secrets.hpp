// Random tokens, their hashes and their comparison, by libsodium. Tokens are 256 random bits, so a plain fast hash
// keeps them at rest; passwords are another matter (password_workers.hpp). [any-thread], none blocks.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace robohub::identity {

using SecretHash = std::array<std::uint8_t, 32>;

// Initialises libsodium once; aborts when the system has no randomness. The functions below call it themselves.
void startSodium();

// 32 random bytes, base64url without padding: 43 characters.
std::string randomToken();
// `bytes` random bytes as lower-case hexadecimal digits.
std::string randomHex(std::size_t bytes);

// BLAKE2b-256.
SecretHash hashOf(std::string_view secret);
// In constant time.
bool sameHash(const SecretHash& a, const SecretHash& b);
// A stored hash; nullopt unless it has 32 bytes.
std::optional<SecretHash> hashFrom(std::span<const std::uint8_t> bytes);
std::string hexOf(std::span<const std::uint8_t> bytes);

// base64url without padding (RFC 4648 section 5); decoding refuses padding and foreign characters.
std::string toBase64Url(std::string_view bytes);
std::optional<std::string> fromBase64Url(std::string_view text);

// A code for a person to type, 60 random bits: "7QK2-M0XD-9RTB", Crockford's alphabet (no I, L, O, U).
std::string makeOneTimeCode();
// As typed: any case, with or without dashes and spaces, O for 0, I or L for 1. Nullopt when it cannot be a code;
// otherwise the form that makeOneTimeCode() has.
std::optional<std::string> readOneTimeCode(std::string_view typed);

}  // namespace robohub::identity
