// A real server over TLS on port 0, for tests.
#pragma once
#include "net/tls_server_context.hpp"
#include "test_certificates.hpp"
#include "test_server.hpp"

namespace robohub::net::test {

struct TlsTestServer : TestServer {
  // With a certificate of `maker`'s that an authority has signed, unless others are wished for.
  explicit TlsTestServer(HttpServerOptions options = {}, std::size_t loop_count = 2)
      : TestServer(std::move(options), loop_count), authority(maker.authority()), own(maker.server(&authority)) {
    tls_port = server.listenTls("127.0.0.1", 0, "tls", context()).value();
  }
  std::shared_ptr<const TlsServerContext> context(TlsServerSettings settings = {}) {
    settings.certificate = own.certificate;
    settings.key = own.key;
    return TlsServerContext::load(settings).value();
  }

  CertificateMaker maker;
  const PemFiles authority, own;
  std::uint16_t tls_port = 0;
};

}  // namespace robohub::net::test
