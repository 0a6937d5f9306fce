#include <arpa/inet.h>

#include "net/tls_channel.hpp"
#include "net/tls_client_parts.hpp"
#include "net/tls_transport.hpp"

namespace robohub::net {
namespace {

using What = IoResult::What;

bool isNumeric(const std::string& host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

// What an alert of the server says about this client's certificate; null when it is about something else.
const char* certificateAlert(int reason) {
  switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED: return "it wants one, and none is configured";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return "it does not know who signed it";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: return "it has expired";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED: return "it is revoked";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED: return "it is not to be used here";
    default: return nullptr;
  }
}

class TlsClientTransport final : public TlsChannel {
 public:
  TlsClientTransport(UniqueFd fd, std::shared_ptr<const TlsClientContext> context, std::string host)
      : TlsChannel(std::move(fd)), context_(std::move(context)), host_(std::move(host)) {
    if (!context_->parts().server_name.empty()) host_ = context_->parts().server_name;
  }

 private:
  IoResult open() override {
    ERR_clear_error();
    ssl_.reset(SSL_new(context_->parts().context.get()));
    if (!ssl_ || SSL_set_fd(ssl_.get(), fd()) != 1 || !expectName()) {
      ssl_.reset();
      return over(What::failed, {ErrorCode::internal, "A TLS connection cannot be set up.", {}});
    }
    SSL_set_app_data(ssl_.get(), &verification_);
    SSL_set_connect_state(ssl_.get());
    return {};
  }

  bool expectName() {
    X509_VERIFY_PARAM* expected = SSL_get0_param(ssl_.get());
    X509_VERIFY_PARAM_set_hostflags(expected,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (isNumeric(host_)) return X509_VERIFY_PARAM_set1_ip_asc(expected, host_.c_str()) == 1;
    return SSL_set_tlsext_host_name(ssl_.get(), host_.c_str()) == 1 &&
           X509_VERIFY_PARAM_set1_host(expected, host_.c_str(), host_.size()) == 1;
  }

  Result<TlsPeer> admit() override {
    TlsPeer peer;
    peer.fingerprint = verification_.fingerprint;
    peer.version = SSL_get_version(ssl_.get());
    peer.resumed = SSL_session_reused(ssl_.get()) == 1;
    return peer;
  }

  Error handshakeFault(int reason) override {
    if (reason == 0)
      return {ErrorCode::unavailable, "The server ended the connection before the TLS handshake was done.", {}};
    if (!verification_.fingerprint.empty() && verification_.error != X509_V_OK) return untrusted();
    if (const char* why = certificateAlert(reason)) {
      std::string sentence = "The server does not take this client's certificate: ";
      sentence += why;
      return {ErrorCode::permission_denied, sentence + ".", {}};
    }
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST || reason == SSL_R_PACKET_LENGTH_TOO_LONG)
      return {ErrorCode::unsupported, "The server does not speak TLS on this port.", {}};
    std::string sentence = "TLS with the server failed: ";
    sentence += opensslError();
    return {ErrorCode::unavailable, sentence + ".", {}};
  }

  Error untrusted() const {
    std::string sentence;
    if (context_->pinned()) {
      sentence = "The server's certificate is not the one whose fingerprint is configured";
    } else if (verification_.error == X509_V_ERR_HOSTNAME_MISMATCH ||
               verification_.error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      sentence = "The server's certificate is not for \"" + host_ + "\"";
    } else {
      sentence = "The server's certificate is not trusted (";
      sentence += X509_verify_cert_error_string(verification_.error);
      sentence += ")";
    }
    sentence += "; its fingerprint is ";
    sentence += fingerprintText(verification_.fingerprint);
    return {ErrorCode::unauthenticated, sentence + ".", {}};
  }

  const std::shared_ptr<const TlsClientContext> context_;
  std::string host_;
  TlsVerification verification_;
};

}  // namespace

std::unique_ptr<Transport> tlsClientTransport(UniqueFd fd, std::shared_ptr<const TlsClientContext> context,
                                              std::string host) {
  return std::make_unique<TlsClientTransport>(std::move(fd), std::move(context), std::move(host));
}

}  // namespace robohub::net
