// The inside of a TlsClientContext. Internal to net's tls_*.cpp.
#pragma once
#include "net/tls_client_context.hpp"
#include "net/tls_openssl.hpp"

namespace robohub::net {

struct TlsClientContext::Parts {
  SslContextPtr context;
  std::string fingerprint;  // 64 hex digits; "" = not pinned
  std::string server_name;
};

// What a connection's verification found, for the sentence that a person reads. Hangs on the SSL as its app data.
struct TlsVerification {
  std::string fingerprint;  // of the server's certificate; "" = none came
  int error = X509_V_OK;
};

}  // namespace robohub::net
