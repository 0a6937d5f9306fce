#include "identity/secrets.hpp"

#include <sodium.h>

#include <cstdlib>

namespace robohub::identity {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kCodeCharacters = 12;

std::string withDashes(std::string_view characters) {
  std::string code;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (i && i % 4 == 0) code += '-';
    code += characters[i];
  }
  return code;
}

}  // namespace

void startSodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) std::abort();
}

std::string randomToken() {
  startSodium();
  std::string bytes(32, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return toBase64Url(bytes);
}

std::string randomHex(std::size_t bytes) {
  startSodium();
  std::string random(bytes, '\0');
  randombytes_buf(random.data(), random.size());
  return hexOf({reinterpret_cast<const std::uint8_t*>(random.data()), random.size()});
}

SecretHash hashOf(std::string_view secret) {
  startSodium();
  SecretHash hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                     nullptr, 0);
  return hash;
}

bool sameHash(const SecretHash& a, const SecretHash& b) {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<SecretHash> hashFrom(std::span<const std::uint8_t> bytes) {
  SecretHash hash;
  if (bytes.size() != hash.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

std::string hexOf(std::span<const std::uint8_t> bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

std::string toBase64Url(std::string_view bytes) {
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();
  return text;
}

std::optional<std::string> fromBase64Url(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(), nullptr,
                        &size, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      end != text.data() + text.size())
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

std::string makeOneTimeCode() {
  startSodium();
  std::string characters;
  for (std::size_t i = 0; i < kCodeCharacters; ++i)
    characters += kCrockford[randombytes_uniform(static_cast<std::uint32_t>(kCrockford.size()))];
  return withDashes(characters);
}

std::optional<std::string> readOneTimeCode(std::string_view typed) {
  if (typed.size() > 64) return std::nullopt;
  std::string characters;
  for (char c : typed) {
    if (c == '-' || c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    if (kCrockford.find(c) == std::string_view::npos) return std::nullopt;
    characters += c;
  }
  if (characters.size() != kCodeCharacters) return std::nullopt;
  return withDashes(characters);
}

}  // namespace robohub::identity
