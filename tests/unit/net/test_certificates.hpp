// Certificates made on the spot, so that tests need no files that expire.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "unit/store/temp_folder.hpp"

namespace robohub::net::test {

struct PemFiles {
  std::filesystem::path certificate, key;
  std::string fingerprint;  // 64 hex digits
};

struct CertificateWishes {
  std::string name = "test";
  std::vector<std::string> hosts;  // "DNS:localhost", "IP:127.0.0.1"
  int from_days = -1, to_days = 30;
  bool authority = false;
  int rsa_bits = 0;  // 0 = ECDSA P-256
};

// A folder with certificates, gone with the test.
class CertificateMaker {
 public:
  // Signed by `issuer`, or by itself when there is none. Throws when OpenSSL does not want to.
  PemFiles make(const CertificateWishes& wishes, const PemFiles* issuer = nullptr);

  PemFiles authority(const std::string& name = "authority") { return make({name, {}, -1, 30, true, 0}); }
  // For localhost and 127.0.0.1.
  PemFiles server(const PemFiles* issuer = nullptr) {
    return make({"server", {"DNS:localhost", "IP:127.0.0.1"}, -1, 30, false, 0}, issuer);
  }
  PemFiles client(const std::string& name, const PemFiles* issuer = nullptr) {
    return make({name, {}, -1, 30, false, 0}, issuer);
  }
  std::filesystem::path write(const std::string& name, const std::string& text, int mode = 0600);
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  robohub::test::TempFolder folder_;
  int made_ = 0;
};

std::string textOf(const std::filesystem::path& file);

}  // namespace robohub::net::test
