// What the contexts of server and client have in common.
#include "net/tls_openssl.hpp"

namespace robohub::net {

SslContextPtr newSslContext(const SSL_METHOD* method) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(method));
  if (!context) return nullptr;
  SSL_CTX* raw = context.get();
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // A buffer that waits may move; buffers of idle connections are given back; a chain is what its file says. Without
  // AUTO_RETRY one call handles one record, so that nobody holds the loop with records that carry no data.
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS |
                            SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_clear_mode(raw, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_verify_depth(raw, 3);
  const bool ok = SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1 &&
                  SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
                  SSL_CTX_set1_groups_list(raw, "X25519:P-256:P-384") == 1;
  return ok ? std::move(context) : nullptr;
}

Status useCertificate(SSL_CTX& context, const OwnCertificate& own, const std::filesystem::path& file) {
  ERR_clear_error();
  bool ok = SSL_CTX_use_certificate(&context, own.chain.front().get()) == 1 &&
            SSL_CTX_use_PrivateKey(&context, own.key.get()) == 1 && SSL_CTX_check_private_key(&context) == 1;
  for (std::size_t i = 1; ok && i < own.chain.size(); ++i)
    ok = SSL_CTX_add1_chain_cert(&context, own.chain[i].get()) == 1;
  if (ok) return {};
  std::string sentence = "The certificate cannot be used: ";
  sentence += opensslError();
  return fail(ErrorCode::unsupported, sentence + ".", file.string());
}

}  // namespace robohub::net
