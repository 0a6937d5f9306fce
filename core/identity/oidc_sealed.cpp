#include "identity/oidc_sealed.hpp"

#include <sodium.h>

#include <cstring>

#include "identity/secrets.hpp"

namespace robohub::identity {
namespace {

static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32);
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kToken = 43;
constexpr std::size_t kLeast = sizeof(std::int64_t) + 2 * kToken;

const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

SealedSignIns::SealedSignIns() {
  startSodium();
  randombytes_buf(key_.data(), key_.size());
}

std::string SealedSignIns::seal(const OidcSignIn& sign_in, const std::string& state) const {
  const std::int64_t began_ns = sign_in.began.time_since_epoch().count();
  std::string plain(sizeof began_ns, '\0');
  std::memcpy(plain.data(), &began_ns, sizeof began_ns);
  plain += sign_in.nonce + sign_in.verifier + sign_in.return_path;
  std::string out(kNonce + plain.size() + kTag, '\0');
  randombytes_buf(out.data(), kNonce);
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(out) + kNonce, nullptr, bytes(plain), plain.size(), bytes(state),
                                             state.size(), nullptr, bytes(out), key_.data());
  return toBase64Url(out);
}

std::optional<OidcSignIn> SealedSignIns::open(const std::string& sealed, const std::string& state, MonoTime now) {
  while (!finished_order_.empty() && now - finished_order_.front().first > kTime) {
    finished_.erase(finished_order_.front().second);
    finished_order_.pop_front();
  }
  const auto in = fromBase64Url(sealed);
  if (!in || in->size() < kNonce + kTag + kLeast) return std::nullopt;
  std::string plain(in->size() - kNonce - kTag, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(plain), nullptr, nullptr, bytes(*in) + kNonce,
                                                 in->size() - kNonce, bytes(state), state.size(), bytes(*in),
                                                 key_.data()) != 0)
    return std::nullopt;
  std::int64_t began_ns = 0;
  std::memcpy(&began_ns, plain.data(), sizeof began_ns);
  OidcSignIn sign_in{plain.substr(sizeof began_ns, kToken), plain.substr(sizeof began_ns + kToken, kToken),
                     plain.substr(kLeast), MonoTime(Duration(began_ns))};
  if (now - sign_in.began > kTime || !finished_.insert(state).second) return std::nullopt;
  finished_order_.emplace_back(now, state);
  if (finished_order_.size() > kFinished) {
    finished_.erase(finished_order_.front().second);
    finished_order_.pop_front();
  }
  return sign_in;
}

}  // namespace robohub::identity
