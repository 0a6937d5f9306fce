#include "media/running_sha256.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <stdexcept>

namespace robohub::media {

// OpenSSL's, which uses the processor's instructions for it where there are some: a disk is faster than plain code.
struct RunningSha256::State {
  EVP_MD_CTX* context = ::EVP_MD_CTX_new();
  ~State() { ::EVP_MD_CTX_free(context); }
  void begin() {
    if (!context || ::EVP_DigestInit_ex(context, ::EVP_sha256(), nullptr) != 1)
      throw std::runtime_error("SHA-256 is not available.");
  }
};

RunningSha256::RunningSha256() : state_(std::make_unique<State>()) {
  state_->begin();
}
RunningSha256::~RunningSha256() = default;

void RunningSha256::add(std::string_view bytes) {
  ::EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string RunningSha256::finish() {
  unsigned char digest[32];
  ::EVP_DigestFinal_ex(state_->context, digest, nullptr);
  char hex[2 * sizeof digest + 1];
  ::sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
  state_->begin();
  return hex;
}

}  // namespace robohub::media
