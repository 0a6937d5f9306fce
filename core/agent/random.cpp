#include "agent/random.hpp"

#include <sodium.h>

#include <cstdlib>
#include <vector>

namespace robohub::agent {
namespace {

void fill(void* bytes, std::size_t size) {
  static const int ready = sodium_init();
  if (ready < 0) std::abort();  // no randomness: nothing here would be secret or unique
  randombytes_buf(bytes, size);
}

}  // namespace

link::Nonce randomNonce() {
  link::Nonce nonce;
  while (nonce.isNone()) fill(&nonce, sizeof nonce);
  return nonce;
}

std::string randomHex(int bytes) {
  std::vector<unsigned char> raw(static_cast<std::size_t>(bytes));
  fill(raw.data(), raw.size());
  std::string hex(2 * raw.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), raw.data(), raw.size());
  hex.pop_back();
  return hex;
}

std::string randomKey() {
  unsigned char raw[32];
  fill(raw, sizeof raw);
  char text[sodium_base64_ENCODED_LEN(sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
  sodium_bin2base64(text, sizeof text, raw, sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  sodium_memzero(raw, sizeof raw);
  return text;
}

double randomFraction() {
  std::uint32_t raw = 0;
  fill(&raw, sizeof raw);
  return raw / 4294967296.0;
}

}  // namespace robohub::agent
