#include "net/tls_client_context.hpp"

#include "net/tls_client_parts.hpp"

namespace robohub::net {
namespace {

using Parts = TlsClientContext::Parts;

int verifyServer(X509_STORE_CTX* store, void* argument) {
  const auto& parts = *static_cast<const Parts*>(argument);
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& found = *static_cast<TlsVerification*>(SSL_get_app_data(ssl));
  found.fingerprint = fingerprintOf(*X509_STORE_CTX_get0_cert(store));
  int good;
  if (parts.fingerprint.empty()) {
    good = X509_verify_cert(store) == 1 ? 1 : 0;
  } else {
    good = found.fingerprint == parts.fingerprint ? 1 : 0;
    X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
  }
  found.error = X509_STORE_CTX_get_error(store);
  return good;
}

Status trust(SSL_CTX& context, const std::filesystem::path& ca_file) {
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(&context) == 1) return {};
    return fail(ErrorCode::not_found, "This system's authorities cannot be read: " + opensslError() + ".");
  }
  auto authorities = readCertificates(ca_file);
  if (!authorities) return fail(authorities.error());
  for (const auto& authority : *authorities)
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), authority.get()) != 1)
      return fail(ErrorCode::unsupported, "An authority cannot be used: " + opensslError() + ".", ca_file.string());
  return {};
}

}  // namespace

TlsClientContext::TlsClientContext(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

TlsClientContext::~TlsClientContext() = default;

bool TlsClientContext::pinned() const {
  return !parts_->fingerprint.empty();
}

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::load(const TlsClientSettings& settings) {
  auto parts = std::make_unique<Parts>();
  if (!settings.fingerprint_sha256.empty()) {
    auto fingerprint = parseFingerprint(settings.fingerprint_sha256);
    if (!fingerprint) return fail(fingerprint.error());
    parts->fingerprint = std::move(*fingerprint);
  }
  parts->server_name = settings.server_name;
  parts->context = newSslContext(TLS_client_method());
  if (!parts->context) return fail(ErrorCode::internal, "OpenSSL cannot be set up: " + opensslError() + ".");
  SSL_CTX* context = parts->context.get();
  if (parts->fingerprint.empty())
    if (auto trusted = trust(*context, settings.ca_file); !trusted) return fail(trusted.error());
  if (settings.certificate_file.empty() != settings.key_file.empty())
    return fail(ErrorCode::invalid_argument, "A certificate needs its key, and a key its certificate.");
  if (!settings.certificate_file.empty()) {
    // Whether its dates still hold is the server's to say; a client's clock must not keep it from starting.
    auto own = readOwnCertificate(settings.certificate_file, settings.key_file, X509_PURPOSE_SSL_CLIENT, false);
    if (!own) return fail(own.error());
    if (auto used = useCertificate(*context, *own, settings.certificate_file); !used) return fail(used.error());
  }
  static constexpr unsigned char kHttp[] = "\x08http/1.1";
  if (SSL_CTX_set_alpn_protos(context, kHttp, sizeof kHttp - 1) != 0)
    return fail(ErrorCode::internal, "OpenSSL cannot be set up: " + opensslError() + ".");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verifyServer, parts.get());
  return std::shared_ptr<const TlsClientContext>(new TlsClientContext(std::move(parts)));
}

}  // namespace robohub::net
