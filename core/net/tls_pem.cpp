// Certificates and keys from PEM files, read once and checked as a whole.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/fd.hpp"
#include "net/tls_openssl.hpp"

namespace robohub::net {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMaxFileBytes = 1024 * 1024;

tl::unexpected<Error> wrong(ErrorCode code, std::string sentence, const fs::path& file) {
  ERR_clear_error();
  return fail(code, std::move(sentence), file.string());
}

Result<std::string> readFile(const fs::path& file, bool secret) {
  const UniqueFd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat facts {};
  if (!fd || fstat(fd.get(), &facts) != 0) {
    const auto code = errno == ENOENT                     ? ErrorCode::not_found
                      : errno == EACCES || errno == EPERM ? ErrorCode::permission_denied
                                                          : ErrorCode::internal;
    return wrong(code, std::string("The file cannot be read: ") + strerror(errno) + ".", file);
  }
  if (!S_ISREG(facts.st_mode)) return wrong(ErrorCode::corrupt, "This is no file.", file);
  if (secret && (facts.st_mode & 0077))
    return wrong(ErrorCode::permission_denied, "Group or others may read this key: chmod 600 it.", file);
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0) return wrong(ErrorCode::internal, std::string("The file cannot be read: ") + strerror(errno), file);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kMaxFileBytes) return wrong(ErrorCode::corrupt, "The file is too large to be a PEM file.", file);
  }
}

BioPtr readerOf(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without it OpenSSL would ask on the terminal.
int noPassword(char*, int, int, void*) {
  return 0;
}

Result<KeyPtr> readKey(const fs::path& file) {
  auto text = readFile(file, true);
  if (!text) return fail(text.error());
  ERR_clear_error();
  std::string& bytes = *text;
  const BioPtr bio = readerOf(bytes);
  KeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, noPassword, nullptr) : nullptr);
  const bool encrypted = bytes.find("ENCRYPTED") != std::string::npos;
  OPENSSL_cleanse(bytes.data(), bytes.size());
  if (key) return key;
  return wrong(ErrorCode::corrupt,
               encrypted ? "The key is encrypted; a server that starts by itself needs it without a password."
                         : "The file holds no private key in PEM form.",
               file);
}

Status checkDates(X509& certificate, const fs::path& file) {
  const int dates = datesOf(certificate);
  if (dates == X509_V_OK) return {};
  return wrong(ErrorCode::stale,
               dates == X509_V_ERR_CERT_NOT_YET_VALID
                   ? "The certificate is not valid yet; check the clock and the certificate."
                   : "The certificate has expired; get a new one.",
               file);
}

}  // namespace

std::string opensslError() {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : "unknown error";
}

int datesOf(X509& certificate) {
  if (X509_cmp_current_time(X509_get0_notBefore(&certificate)) > 0) return X509_V_ERR_CERT_NOT_YET_VALID;
  if (X509_cmp_current_time(X509_get0_notAfter(&certificate)) <= 0) return X509_V_ERR_CERT_HAS_EXPIRED;
  return X509_V_OK;
}

Result<std::vector<X509Ptr>> readCertificates(const fs::path& file) {
  auto text = readFile(file, false);
  if (!text) return fail(text.error());
  ERR_clear_error();
  const BioPtr bio = readerOf(*text);
  std::vector<X509Ptr> certificates;
  while (X509Ptr next{bio ? PEM_read_bio_X509(bio.get(), nullptr, noPassword, nullptr) : nullptr})
    certificates.push_back(std::move(next));
  // The end of the file is "no start line"; anything else is a damaged one, which must not go unnoticed.
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (certificates.empty() || !ended)
    return wrong(ErrorCode::corrupt,
                 certificates.empty() ? "The file holds no certificate in PEM form."
                                      : "A certificate behind the first is damaged.",
                 file);
  ERR_clear_error();
  return certificates;
}

Result<OwnCertificate> readOwnCertificate(const fs::path& certificate, const fs::path& key, int purpose,
                                          bool check_dates) {
  OwnCertificate own;
  auto chain = readCertificates(certificate);
  if (!chain) return fail(chain.error());
  own.chain = std::move(*chain);
  auto own_key = readKey(key);
  if (!own_key) return fail(own_key.error());
  own.key = std::move(*own_key);
  X509& leaf = *own.chain.front();
  if (X509_check_private_key(&leaf, own.key.get()) != 1)
    return wrong(ErrorCode::conflict, "This key does not belong to the certificate " + certificate.string() + ".", key);
  if (X509_check_purpose(&leaf, purpose, 0) != 1)
    return wrong(ErrorCode::unsupported,
                 purpose == X509_PURPOSE_SSL_SERVER ? "The certificate is not made for servers."
                                                    : "The certificate is not made for clients.",
                 certificate);
  for (std::size_t i = 0; i + 1 < own.chain.size(); ++i) {
    X509& issuer = *own.chain[i + 1];
    if (X509_check_issued(&issuer, own.chain[i].get()) != X509_V_OK ||
        X509_verify(own.chain[i].get(), X509_get0_pubkey(&issuer)) != 1) {
      const std::string place = std::to_string(i + 2);
      return wrong(ErrorCode::conflict,
                   "Certificate " + place +
                       " of the file did not sign the one before it; the order is own certificate first, then each its "
                       "issuer.",
                   certificate);
    }
  }
  if (check_dates)
    for (const auto& one : own.chain)
      if (auto dates = checkDates(*one, certificate); !dates) return fail(dates.error());
  ERR_clear_error();
  return own;
}

}  // namespace robohub::net
