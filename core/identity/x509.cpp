#include "identity/x509.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

#include "identity/secrets.hpp"

namespace robohub::identity {

namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* value) const {
    Free(value);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using Name = std::unique_ptr<GENERAL_NAME, Freed<GENERAL_NAME_free>>;

// What OpenSSL has to say, and nothing of it left for the next call on this thread.
tl::unexpected<Error> failure(const char* what) {
  std::array<char, 256> words{"no reason given"};
  if (const unsigned long code = ERR_peek_last_error()) ERR_error_string_n(code, words.data(), words.size());
  ERR_clear_error();
  return fail(ErrorCode::internal, std::string(what) + " failed: " + words.data() + ".");
}

Bio bioOf(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}
std::string textOf(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Cert readCertificate(std::string_view pem) {
  const Bio bio = bioOf(pem);
  Cert cert(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  ERR_clear_error();
  return cert;
}
Key readKey(std::string_view pem) {
  const Bio bio = bioOf(pem);
  // A key behind a password is refused rather than asked for on the terminal.
  auto no_password = [](char*, int, int, void*) { return -1; };
  Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr);
  ERR_clear_error();
  return key;
}

std::string commonName(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at >= 0) {
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size >= 0) {
      std::string text(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size));
      OPENSSL_free(utf8);
      return text;
    }
  }
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio) X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  return textOf(bio);
}

WallTime timeOf(const ASN1_TIME* time) {
  std::tm broken{};
  if (ASN1_TIME_to_tm(time, &broken) != 1) return {};
  return WallTime(std::chrono::seconds(::timegm(&broken)));
}

std::string addressText(const ASN1_OCTET_STRING* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int size = ASN1_STRING_length(address);
  const int family = size == 4 ? AF_INET : size == 16 ? AF_INET6 : 0;
  if (family == 0 || !::inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size())) return "";
  return text.data();
}

std::vector<std::string> namesOf(const X509* cert) {
  std::vector<std::string> out;
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(cert, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS)
      out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    else if (name->type == GEN_IPADD)
      out.push_back(addressText(name->d.iPAddress));
  }
  return out;
}

// ---- making -------------------------------------------------------------------------------------------------------

std::vector<std::uint8_t> addressBytes(const std::string& text) {
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.begin(), bytes.begin() + 4};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.begin(), bytes.end()};
  return {};
}

bool addName(GENERAL_NAMES* names, const std::string& text) {
  Name name(GENERAL_NAME_new());
  const std::vector<std::uint8_t> address = addressBytes(text);
  ASN1_STRING* value = ASN1_STRING_type_new(address.empty() ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
  if (!name || !value) return false;
  GENERAL_NAME_set0_value(name.get(), address.empty() ? GEN_DNS : GEN_IPADD, value);  // which owns it now
  const int set = address.empty() ? ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()))
                                  : ASN1_STRING_set(value, address.data(), static_cast<int>(address.size()));
  if (set != 1 || sk_GENERAL_NAME_push(names, name.get()) <= 0) return false;
  (void)name.release();
  return true;
}

// One certificate that is being put together. Each step is skipped once one has failed.
class Maker {
 public:
  Maker(const std::string& common_name, Validity validity)
      : cert_(X509_new()), key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")) {
    good_ = cert_ && key_ && X509_set_version(cert_.get(), X509_VERSION_3) == 1 && serial() &&
            time(X509_getm_notBefore(cert_.get()), validity.from) &&
            time(X509_getm_notAfter(cert_.get()), validity.until) && X509_set_pubkey(cert_.get(), key_.get()) == 1 &&
            X509_NAME_add_entry_by_NID(X509_get_subject_name(cert_.get()), NID_commonName, MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(common_name.data()),
                                       static_cast<int>(common_name.size()), -1, 0) == 1;
  }

  void extension(int nid, const char* value) {
    if (!good_) return;
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer_ ? issuer_ : cert_.get(), cert_.get(), nullptr, nullptr, 0);
    const Extension made(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    good_ = made && X509_add_ext(cert_.get(), made.get(), -1) == 1;
  }
  void names(const std::vector<std::string>& names) {
    if (!good_) return;
    const Names all(GENERAL_NAMES_new());
    good_ = all != nullptr;
    for (const std::string& each : names) good_ = good_ && addName(all.get(), each);
    good_ = good_ && X509_add1_ext_i2d(cert_.get(), NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT) == 1;
  }
  // Null: by itself.
  void signedBy(const X509* issuer) { issuer_ = const_cast<X509*>(issuer); }

  Result<PemPair> finish(EVP_PKEY* issuer_key) {
    const X509_NAME* issuer = issuer_ ? X509_get_subject_name(issuer_)
                              : good_ ? X509_get_subject_name(cert_.get())
                                      : nullptr;
    good_ = good_ && X509_set_issuer_name(cert_.get(), issuer) == 1;
    extension(NID_subject_key_identifier, "hash");
    // Of one that signs itself it would only repeat the line above.
    if (issuer_) extension(NID_authority_key_identifier, "keyid:always");
    good_ = good_ && X509_sign(cert_.get(), issuer_key ? issuer_key : key_.get(), EVP_sha256()) > 0;
    const Bio cert_bio(BIO_new(BIO_s_mem())), key_bio(BIO_new(BIO_s_secmem()));
    good_ = good_ && cert_bio && key_bio && PEM_write_bio_X509(cert_bio.get(), cert_.get()) == 1 &&
            PEM_write_bio_PrivateKey(key_bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
    if (!good_) return failure("Making a certificate");
    return PemPair{textOf(cert_bio), textOf(key_bio)};
  }

 private:
  // 127 random bits: positive, at most 20 bytes, and nothing that tells how many there were (RFC 5280, 4.1.2.2).
  bool serial() {
    const Number number(BN_new());
    return number && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert_.get())) != nullptr;
  }
  static bool time(ASN1_TIME* out, WallTime at) {
    return ASN1_TIME_adj(out, std::chrono::system_clock::to_time_t(at), 0, 0) != nullptr;
  }

  const Cert cert_;
  const Key key_;
  X509* issuer_ = nullptr;
  bool good_ = false;
};

struct Authority {
  Cert cert;
  Key key;
};
Result<Authority> readAuthority(const PemPair& pair) {
  Authority authority{readCertificate(pair.certificate_pem), readKey(pair.key_pem)};
  if (!authority.cert || !authority.key || X509_check_private_key(authority.cert.get(), authority.key.get()) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::corrupt, "The authority's certificate and its key do not belong together.");
  }
  return authority;
}

Result<PemPair> makeEnd(Maker& maker, const char* usage, const PemPair* authority) {
  Result<Authority> issuer = authority ? readAuthority(*authority) : Authority{};
  if (!issuer) return fail(std::move(issuer.error()));
  maker.signedBy(issuer->cert.get());
  maker.extension(NID_basic_constraints, "critical,CA:FALSE");
  maker.extension(NID_key_usage, "critical,digitalSignature");
  maker.extension(NID_ext_key_usage, usage);
  return maker.finish(issuer->key.get());
}

}  // namespace

Result<std::string> cleanHostName(std::string_view text, std::string_view where) {
  std::string name(text);
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char each) { return each >= 'A' && each <= 'Z' ? static_cast<char>(each + 32) : each; });
  if (!addressBytes(name).empty()) return name;
  std::string_view rest = name;
  if (rest.starts_with("*.")) rest.remove_prefix(2);
  bool good = !rest.empty() && name.size() <= 253;
  bool last_is_number = false;
  while (good) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    good = !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
    last_is_number = label.find_first_not_of("0123456789") == std::string_view::npos;
    if (label.size() == rest.size()) break;
    rest.remove_prefix(label.size() + 1);
    good = good && !rest.empty();
  }
  if (good && !last_is_number) return name;
  return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is neither a host name nor an IP address.",
              std::string(where));
}

Result<CertificateInfo> describeCertificate(std::string_view certificate_pem) {
  const Cert cert = readCertificate(certificate_pem);
  if (!cert) return fail(ErrorCode::invalid_argument, "There is no certificate in PEM form in it.");
  std::array<std::uint8_t, 32> digest{};
  unsigned size = 0;
  if (X509_digest(cert.get(), EVP_sha256(), digest.data(), &size) != 1) return failure("Hashing a certificate");
  CertificateInfo info;
  info.subject = commonName(X509_get_subject_name(cert.get()));
  info.issuer = commonName(X509_get_issuer_name(cert.get()));
  info.names = namesOf(cert.get());
  info.fingerprint = hexOf(digest);
  const ASN1_INTEGER* serial = X509_get0_serialNumber(cert.get());
  info.serial = hexOf({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
  info.begins = timeOf(X509_get0_notBefore(cert.get()));
  info.expires = timeOf(X509_get0_notAfter(cert.get()));
  info.self_signed = X509_self_signed(cert.get(), 0) == 1;
  ERR_clear_error();
  return info;
}

bool belongTogether(const PemPair& pair) {
  return readAuthority(pair).has_value();
}

Result<PemPair> makeAuthority(const std::string& common_name, Validity validity) {
  Maker maker(common_name, validity);
  maker.extension(NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  maker.extension(NID_key_usage, "critical,keyCertSign,cRLSign");
  return maker.finish(nullptr);
}

Result<PemPair> makeServerCertificate(const std::vector<std::string>& names, Validity validity,
                                      const PemPair* authority) {
  std::vector<std::string> clean;
  for (const std::string& each : names) {
    auto name = cleanHostName(each, "/names");
    if (!name) return fail(std::move(name.error()));
    if (std::find(clean.begin(), clean.end(), *name) == clean.end()) clean.push_back(std::move(*name));
  }
  if (clean.empty())
    return fail(ErrorCode::invalid_argument, "A server's certificate needs the names that it is reached by.", "/names");
  // A common name holds 64 characters (RFC 5280, appendix A); clients look at the names only.
  Maker maker(clean.front().size() <= 64 ? clean.front() : "robohub", validity);
  maker.names(clean);
  return makeEnd(maker, "serverAuth", authority);
}

Result<PemPair> makeDeviceCertificate(const std::string& device, Validity validity, const PemPair& authority) {
  Maker maker(device, validity);
  return makeEnd(maker, "clientAuth", &authority);
}

}  // namespace robohub::identity
