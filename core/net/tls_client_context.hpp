// What a client needs to speak TLS: whom it trusts, and who it says it is.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace robohub::net {

// Trust, in this order: the pinned fingerprint alone (no authority, name or date matters then), else the authorities
// of ca_file, else those of the system; with authorities the server's name must be in its certificate.
struct TlsClientSettings {
  std::filesystem::path ca_file;           // PEM, one or more; "" = the system's
  std::string fingerprint_sha256;          // as parseFingerprint() takes it; "" = not pinned
  std::filesystem::path certificate_file;  // PEM, this client's own, then its chain; "" = none
  std::filesystem::path key_file;          // its key, mode 0600
  std::string server_name;                 // to be found in the certificate; "" = the host that was dialled
};

// Immutable. [any-thread]
class TlsClientContext {
 public:
  // Errors as TlsServerContext::load, and invalid_argument (fingerprint, certificate without key). Blocks on the disk:
  // not on a loop.
  static Result<std::shared_ptr<const TlsClientContext>> load(const TlsClientSettings& settings);
  ~TlsClientContext();
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;

  bool pinned() const;

  // For net's own transports.
  struct Parts;
  const Parts& parts() const { return *parts_; }

 private:
  explicit TlsClientContext(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace robohub::net
