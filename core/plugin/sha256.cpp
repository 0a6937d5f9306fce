#include "plugin/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <fstream>

namespace robohub::plugin {
namespace {

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void add(const void* data, std::size_t size) { EVP_DigestUpdate(context_, data, size); }
  std::string hex() {
    static constexpr char digits[] = "0123456789abcdef";
    std::array<unsigned char, 32> hash{};
    EVP_DigestFinal_ex(context_, hash.data(), nullptr);
    std::string out;
    for (unsigned char byte : hash) (out += digits[byte >> 4]) += digits[byte & 15];
    return out;
  }

 private:
  EVP_MD_CTX* context_;
};

}  // namespace

std::string sha256Hex(std::string_view bytes) {
  Digest digest;
  digest.add(bytes.data(), bytes.size());
  return digest.hex();
}

Result<std::string> sha256HexOfFile(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::not_found, "The file cannot be read.", file.string());
  Digest digest;
  std::array<char, 65536> part{};
  while (in.read(part.data(), part.size()) || in.gcount() > 0)
    digest.add(part.data(), static_cast<std::size_t>(in.gcount()));
  if (in.bad()) return fail(ErrorCode::corrupt, "The file cannot be read to its end.", file.string());
  return digest.hex();
}

}  // namespace robohub::plugin
