// What a listener needs to speak TLS: certificate, key, and what it asks of clients; read and checked as a whole, so
// that a reload with a wrong file changes nothing. TLS 1.2 and 1.3, forward-secret AEAD ciphers only, no
// renegotiation. Connections hold the context they began with.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "net/certificate.hpp"

namespace robohub::net {

// What the layers above know of a client's certificate.
enum class ClientCertificate {
  unknown,     // nothing: the authority in `client_ca` decides
  registered,  // taken whoever signed it
  refused,     // revoked, or not wanted
};

struct TlsServerSettings {
  enum class Ask { nothing, optional, required };

  std::filesystem::path certificate;  // PEM: the server's own first, then those that lead to its root
  std::filesystem::path key;          // PEM, not encrypted, of no interest to group and others (mode 0600)

  // Whether clients are asked for a certificate. One that is presented must be good in either case, or the handshake
  // fails.
  Ask ask = Ask::nothing;
  std::filesystem::path client_ca;  // PEM, one or more; "" = none
  // Looked up while a certificate is verified and after EVERY handshake, since a resumed one verifies nothing. Must be
  // quick. [any-thread]
  std::function<ClientCertificate(const std::string& fingerprint)> look_up;

  // A certificate that has expired or does not hold yet is refused. False where a board without a clock's battery must
  // be able to start: then only facts() tells.
  bool check_dates = true;
};

// Immutable. [any-thread]
class TlsServerContext {
 public:
  // Errors, each a sentence with the file in `where`: not_found, permission_denied (unreadable, or the key is readable
  // by group or others), corrupt (no PEM, or an encrypted key), conflict (the key is of another certificate, the chain
  // does not fit together), stale (expired or not valid yet), unsupported (too weak). Blocks on the disk: not on a
  // loop.
  static Result<std::shared_ptr<const TlsServerContext>> load(const TlsServerSettings& settings);
  ~TlsServerContext();
  TlsServerContext(const TlsServerContext&) = delete;
  TlsServerContext& operator=(const TlsServerContext&) = delete;

  const CertificateFacts& facts() const { return facts_; }
  bool selfSigned() const { return facts_.self_signed; }

  // For net's own transports.
  struct Parts;
  const Parts& parts() const { return *parts_; }

 private:
  TlsServerContext(CertificateFacts facts, std::unique_ptr<Parts> parts);
  const CertificateFacts facts_;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace robohub::net
