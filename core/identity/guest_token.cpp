#include "identity/guest_token.hpp"

#include <sodium.h>

#include "identity/secrets.hpp"

namespace robohub::identity {
namespace {

constexpr std::size_t kTimes = 16, kIdDigits = 13, kMac = crypto_auth_BYTES;
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
constexpr std::size_t kLongestToken = 512;
constexpr const char* kKeyFile = "secret.key";
static_assert(crypto_auth_BYTES == crypto_auth_hmacsha512256_BYTES);
static_assert(crypto_auth_KEYBYTES == std::tuple_size_v<InstallKey>);

// The MAC's text begins with what it is for, so that no other use of the key can ever make a guest.
std::string purposeAnd(std::string_view payload) {
  return "robohub guest 2:" + std::string(payload);
}

void putTime(std::string& bytes, WallTime time) {
  auto ms = static_cast<std::uint64_t>(toMs(time));
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>((ms >> shift) & 0xff);
}

WallTime getTime(std::string_view bytes) {
  std::uint64_t ms = 0;
  for (char c : bytes.substr(0, 8)) ms = (ms << 8) | static_cast<unsigned char>(c);
  return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(ms)));
}

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// crypto_auth(), but what depends on the key alone, half of the work, is done once a thread: each page comes with a
// pass.
std::array<unsigned char, kMac> macOf(std::string_view text, const InstallKey& key) {
  struct Begun {
    bool ready = false;
    InstallKey key{};
    crypto_auth_hmacsha512256_state state{};
  };
  thread_local Begun begun;
  if (!begun.ready || sodium_memcmp(begun.key.data(), key.data(), key.size()) != 0) {
    begun.key = key;
    crypto_auth_hmacsha512256_init(&begun.state, key.data(), key.size());
    begun.ready = true;
  }
  auto state = begun.state;
  std::array<unsigned char, kMac> mac;
  crypto_auth_hmacsha512256_update(&state, raw(text), text.size());
  crypto_auth_hmacsha512256_final(&state, mac.data());
  return mac;
}

}  // namespace

Result<InstallKey> loadInstallKey(const store::DataFolder& folder) {
  startSodium();
  auto text = folder.readSecret(kKeyFile);
  if (!text) return fail(std::move(text.error()));
  InstallKey key;
  if (!*text) {
    randombytes_buf(key.data(), key.size());
    if (auto written = folder.writeSecret(kKeyFile, hexOf(key) + "\n"); !written)
      return fail(std::move(written.error()));
    return key;
  }
  std::size_t size = 0;
  if (sodium_hex2bin(key.data(), key.size(), (*text)->data(), (*text)->size(), "\r\n ", &size, nullptr) != 0 ||
      size != key.size())
    return fail(ErrorCode::corrupt, folder.file(kKeyFile).string() +
                                        " is damaged. Remove it: a new one is made, and guests sign in again.");
  return key;
}

PersonId newGuestId() {
  startSodium();
  unsigned char bytes[kIdDigits];
  randombytes_buf(bytes, sizeof bytes);
  std::string text = "g-";
  for (const unsigned char byte : bytes) text += kDigits[byte % kDigits.size()];
  return *PersonId::parse(text);
}

bool isGuestId(const PersonId& id) {
  const std::string_view text = id.str();
  return text.size() == 2 + kIdDigits && text.starts_with("g-") &&
         text.find_first_not_of(kDigits, 2) == std::string_view::npos;
}

std::string signGuestPass(const GuestPass& pass, const InstallKey& key) {
  std::string payload;
  putTime(payload, pass.issued);
  putTime(payload, pass.expires);
  payload += pass.id.str().substr(2);
  payload += pass.name;
  std::string text = purposeAnd(payload);
  const auto mac = macOf(text, key);
  payload.append(mac.begin(), mac.end());
  return std::string(kGuestPrefix) + toBase64Url(payload);
}

std::optional<GuestPass> readGuestPass(std::string_view token, const InstallKey& key, WallTime now) {
  if (token.size() > kLongestToken || !token.starts_with(kGuestPrefix)) return std::nullopt;
  auto bytes = fromBase64Url(token.substr(kGuestPrefix.size()));
  if (!bytes || bytes->size() <= kTimes + kIdDigits + kMac) return std::nullopt;
  std::string_view payload = std::string_view(*bytes).substr(0, bytes->size() - kMac);
  std::string text = purposeAnd(payload);
  if (sodium_memcmp(raw(*bytes) + payload.size(), macOf(text, key).data(), kMac) != 0) return std::nullopt;

  auto id = PersonId::parse("g-" + std::string(payload.substr(kTimes, kIdDigits)));
  if (!id) return std::nullopt;
  GuestPass pass{*id, std::string(payload.substr(kTimes + kIdDigits)), getTime(payload), getTime(payload.substr(8))};
  if (pass.expires <= now) return std::nullopt;
  return pass;
}

}  // namespace robohub::identity
