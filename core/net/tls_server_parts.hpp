// The inside of a TlsServerContext. Internal to net's tls_*.cpp.
#pragma once
#include <optional>

#include "net/tls_openssl.hpp"
#include "net/tls_server_context.hpp"

namespace robohub::net {

struct TlsServerContext::Parts {
  SslContextPtr context;
  TlsServerSettings::Ask ask = TlsServerSettings::Ask::nothing;
  bool has_authority = false;
  std::function<ClientCertificate(const std::string&)> look_up;

  // Why this connection's client must not come in, though its handshake is done: a resumed one has verified nothing.
  std::optional<Error> objection(SSL& ssl, std::string& fingerprint) const;
};

}  // namespace robohub::net
