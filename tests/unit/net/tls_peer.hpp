// A blocking TLS client made of OpenSSL's own calls, so that the server is tested against somebody else's idea of TLS.
#pragma once
#include <openssl/ssl.h>

#include "net/tls_openssl.hpp"
#include "raw_peer.hpp"
#include "test_certificates.hpp"

namespace robohub::net::test {

struct SessionFree {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SessionPtr = std::unique_ptr<SSL_SESSION, SessionFree>;

struct TlsPeerWishes {
  int version = 0;  // TLS1_2_VERSION: only that one
  const PemFiles* certificate = nullptr;
  SSL_SESSION* session = nullptr;  // to be resumed
  std::string ciphers = {};        // of TLS 1.2
  int receive_buffer = 0;
};

class TlsTestPeer {
 public:
  using Wishes = TlsPeerWishes;

  // Connects without a handshake.
  explicit TlsTestPeer(std::uint16_t port, const Wishes& wishes = {}) : raw_(port, wishes.receive_buffer) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (wishes.version) {
      SSL_CTX_set_security_level(context_.get(), 0);
      SSL_CTX_set_min_proto_version(context_.get(), wishes.version);
      SSL_CTX_set_max_proto_version(context_.get(), wishes.version);
    }
    if (!wishes.ciphers.empty()) SSL_CTX_set_cipher_list(context_.get(), wishes.ciphers.c_str());
    if (wishes.certificate) {
      SSL_CTX_use_certificate_chain_file(context_.get(), wishes.certificate->certificate.c_str());
      SSL_CTX_use_PrivateKey_file(context_.get(), wishes.certificate->key.c_str(), SSL_FILETYPE_PEM);
    }
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), raw_.fd());
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>("\x02h2\x08http/1.1"), 12);
    if (wishes.session) SSL_set_session(ssl_.get(), wishes.session);
    timeval patience{5, 0};
    setsockopt(raw_.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  bool shake() {
    ERR_clear_error();
    return SSL_connect(ssl_.get()) == 1;
  }
  bool say(std::string_view bytes) {
    std::size_t sent = 0;
    while (!bytes.empty()) {
      ERR_clear_error();
      if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) != 1) return false;
      bytes.remove_prefix(sent);
    }
    return true;
  }
  // "" at the end or failure: failed() tells which.
  std::string more() {
    char buffer[65536];
    std::size_t got = 0;
    ERR_clear_error();
    if (SSL_read_ex(ssl_.get(), buffer, sizeof buffer, &got) == 1) return {buffer, got};
    failed_ = SSL_get_error(ssl_.get(), 0) != SSL_ERROR_ZERO_RETURN;
    return {};
  }
  std::string until(std::string_view end) {
    for (;;) {
      if (const auto at = kept_.find(end); at != std::string::npos) {
        auto text = kept_.substr(0, at + end.size());
        kept_.erase(0, text.size());
        return text;
      }
      const auto bytes = more();
      if (bytes.empty()) throw std::runtime_error("ended; so far: " + kept_);
      kept_ += bytes;
    }
  }
  std::string exactly(std::size_t size) {
    while (kept_.size() < size) {
      const auto bytes = more();
      if (bytes.empty()) throw std::runtime_error("ended after " + std::to_string(kept_.size()));
      kept_ += bytes;
    }
    auto text = kept_.substr(0, size);
    kept_.erase(0, size);
    return text;
  }
  std::string all() {
    for (;;) {
      const auto bytes = more();
      if (bytes.empty()) return std::exchange(kept_, {});
      kept_ += bytes;
    }
  }
  // One answer with Content-Length; "" when none comes.
  std::string answer() {
    try {
      auto head = until("\r\n\r\n");
      const auto at = head.find("Content-Length: ");
      return at == std::string::npos ? head : head + exactly(std::stoul(head.substr(at + 16)));
    } catch (const std::runtime_error&) {
      return {};
    }
  }
  std::string get(std::string_view path = "/x") {
    return say("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n") ? answer() : std::string();
  }
  // After at least one answer was read (TLS 1.3 sends tickets behind the handshake).
  SessionPtr session() { return SessionPtr(SSL_get1_session(ssl_.get())); }
  bool resumed() { return SSL_session_reused(ssl_.get()) == 1; }
  bool failed() const { return failed_; }
  void closeNotify() { SSL_shutdown(ssl_.get()); }
  SSL* ssl() { return ssl_.get(); }
  RawPeer& raw() { return raw_; }

 private:
  RawPeer raw_;
  SslContextPtr context_;
  SslPtr ssl_;
  std::string kept_;
  bool failed_ = false;
};

}  // namespace robohub::net::test
