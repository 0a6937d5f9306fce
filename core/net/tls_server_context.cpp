#include "net/tls_server_context.hpp"

#include <cstring>

#include "net/tls_server_parts.hpp"

namespace robohub::net {
namespace {

using Parts = TlsServerContext::Parts;

// Kept in the session for a certificate that no authority vouches for: a resumption must find it registered still.
constexpr int kByRegisterOnly = X509_V_ERR_APPLICATION_VERIFICATION;

ClientCertificate ask(const Parts& parts, const std::string& fingerprint) noexcept {
  try {
    return parts.look_up ? parts.look_up(fingerprint) : ClientCertificate::unknown;
  } catch (...) {
    return ClientCertificate::refused;
  }
}

int verifyClient(X509_STORE_CTX* store, void* argument) {
  const auto& parts = *static_cast<const Parts*>(argument);
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  const auto refuse = [&](int why) {
    X509_STORE_CTX_set_error(store, why);
    return 0;
  };
  switch (ask(parts, fingerprintOf(*leaf))) {
    case ClientCertificate::refused: return refuse(X509_V_ERR_CERT_REVOKED);
    case ClientCertificate::registered:
      if (const int dates = datesOf(*leaf); dates != X509_V_OK) return refuse(dates);
      X509_STORE_CTX_set_error(store, kByRegisterOnly);
      return 1;
    case ClientCertificate::unknown: break;
  }
  if (!parts.has_authority) return refuse(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  return X509_verify_cert(store);
}

int chooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                   unsigned offered_size, void*) {
  static constexpr unsigned char kHttp[] = "\x08http/1.1";
  unsigned char* out = nullptr;
  if (SSL_select_next_proto(&out, chosen_size, kHttp, sizeof kHttp - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = out;
  return SSL_TLSEXT_ERR_OK;
}

Status askClients(SSL_CTX& context, Parts& parts, const TlsServerSettings& settings) {
  using Ask = TlsServerSettings::Ask;
  parts.ask = settings.ask;
  parts.look_up = settings.look_up;
  if (settings.ask == Ask::nothing) return {};
  if (!settings.client_ca.empty()) {
    auto authorities = readCertificates(settings.client_ca);
    if (!authorities) return fail(authorities.error());
    for (const auto& authority : *authorities)
      if (X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), authority.get()) != 1 ||
          SSL_CTX_add_client_CA(&context, authority.get()) != 1)
        return fail(ErrorCode::unsupported, "A client authority cannot be used: " + opensslError() + ".",
                    settings.client_ca.string());
    parts.has_authority = true;
  }
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | (settings.ask == Ask::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  SSL_CTX_set_cert_verify_callback(&context, verifyClient, &parts);
  return {};
}

}  // namespace

std::optional<Error> Parts::objection(SSL& ssl, std::string& fingerprint) const {
  if (ask == TlsServerSettings::Ask::nothing) return std::nullopt;
  const X509Ptr leaf(SSL_get1_peer_certificate(&ssl));
  if (!leaf) return std::nullopt;
  const auto object = [](const char* why) { return Error{ErrorCode::unauthenticated, why, {}}; };
  fingerprint = fingerprintOf(*leaf);
  const auto known = net::ask(*this, fingerprint);
  if (known == ClientCertificate::refused) return object("The client's certificate is revoked.");
  if (known == ClientCertificate::unknown && SSL_get_verify_result(&ssl) != X509_V_OK)
    return object("The client's certificate is not registered any more.");
  if (datesOf(*leaf) != X509_V_OK) return object("The client's certificate has expired.");
  return std::nullopt;
}

TlsServerContext::TlsServerContext(CertificateFacts facts, std::unique_ptr<Parts> parts)
    : facts_(std::move(facts)), parts_(std::move(parts)) {}

TlsServerContext::~TlsServerContext() = default;

Result<std::shared_ptr<const TlsServerContext>> TlsServerContext::load(const TlsServerSettings& settings) {
  auto own = readOwnCertificate(settings.certificate, settings.key, X509_PURPOSE_SSL_SERVER, settings.check_dates);
  if (!own) return fail(own.error());
  auto parts = std::make_unique<Parts>();
  parts->context = newSslContext(TLS_server_method());
  if (!parts->context) return fail(ErrorCode::internal, "OpenSSL cannot be set up: " + opensslError() + ".");
  SSL_CTX* context = parts->context.get();
  if (auto used = useCertificate(*context, *own, settings.certificate); !used) return fail(used.error());
  // Resumption is by tickets, whose keys live and die with this context: nothing is kept for clients that never return.
  static constexpr unsigned char kSessions[] = "robohub";
  SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, chooseProtocol, nullptr);
  if (auto asked = askClients(*context, *parts, settings); !asked) return fail(asked.error());
  return std::shared_ptr<const TlsServerContext>(new TlsServerContext(factsOf(*own->chain.front()), std::move(parts)));
}

}  // namespace robohub::net
