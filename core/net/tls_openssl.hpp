// Owners of OpenSSL's objects. Internal to the tls_*.cpp and certificate.cpp of this folder.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "net/certificate.hpp"

namespace robohub::net {

template <auto kFree>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslFree<SSL_free>>;

// Somebody's own certificate with the way to its root, and its key.
struct OwnCertificate {
  std::vector<X509Ptr> chain;  // the own one first
  KeyPtr key;
};

// Every certificate of a PEM file, at least one. Errors: not_found, permission_denied, corrupt.
Result<std::vector<X509Ptr>> readCertificates(const std::filesystem::path& file);
// Checks that key and certificates belong together. Errors as TlsServerContext::load.
Result<OwnCertificate> readOwnCertificate(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                          int purpose, bool check_dates);

CertificateFacts factsOf(X509& certificate);
std::string fingerprintOf(X509& certificate);  // 64 hex digits
// X509_V_OK, X509_V_ERR_CERT_NOT_YET_VALID or X509_V_ERR_CERT_HAS_EXPIRED.
int datesOf(X509& certificate);
// The newest entry of OpenSSL's queue of errors as words; empties it.
std::string opensslError();

// A context with what server and client share: versions, ciphers, groups, modes.
SslContextPtr newSslContext(const SSL_METHOD* method);
Status useCertificate(SSL_CTX& context, const OwnCertificate& own, const std::filesystem::path& file);

}  // namespace robohub::net
