#include "test_certificates.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "net/tls_openssl.hpp"

namespace robohub::net::test {
namespace {

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string(what) + ": " + opensslError());
}

void extend(X509& certificate, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  require(extension != nullptr, "extension");
  X509_add_ext(&certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::string pem(const std::function<int(BIO*)>& write) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  require(write(out.get()) == 1, "PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

KeyPtr keyOf(const PemFiles& files) {
  const auto text = textOf(files.key);
  const BioPtr in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return KeyPtr(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
}

}  // namespace

std::string textOf(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::filesystem::path CertificateMaker::write(const std::string& name, const std::string& text, int mode) {
  auto file = folder_.path() / name;
  std::ofstream(file) << text;
  ::chmod(file.c_str(), static_cast<mode_t>(mode));
  return file;
}

PemFiles CertificateMaker::make(const CertificateWishes& wishes, const PemFiles* issuer) {
  const KeyPtr key(wishes.rsa_bits ? EVP_RSA_gen(static_cast<unsigned>(wishes.rsa_bits)) : EVP_EC_gen("P-256"));
  require(key != nullptr, "key");
  const X509Ptr certificate(X509_new());
  X509* raw = certificate.get();
  X509_set_version(raw, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), 1000 + ++made_);
  X509_gmtime_adj(X509_getm_notBefore(raw), 86400L * wishes.from_days);
  X509_gmtime_adj(X509_getm_notAfter(raw), 86400L * wishes.to_days);
  X509_set_pubkey(raw, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wishes.name.c_str()), -1, -1, 0);
  X509Ptr signer;
  KeyPtr signing_key;
  if (issuer) {
    signer = std::move(readCertificates(issuer->certificate).value().front());
    signing_key = keyOf(*issuer);
  }
  X509& by = signer ? *signer : *raw;
  X509_set_issuer_name(raw, X509_get_subject_name(&by));
  if (wishes.authority) extend(*raw, by, NID_basic_constraints, "critical,CA:TRUE");
  std::string hosts;
  for (const auto& host : wishes.hosts) hosts += (hosts.empty() ? "" : ",") + host;
  if (!hosts.empty()) extend(*raw, by, NID_subject_alt_name, hosts);
  require(X509_sign(raw, signing_key ? signing_key.get() : key.get(), EVP_sha256()) > 0, "signature");
  const std::string stem = wishes.name + "-" + std::to_string(made_);
  PemFiles files;
  files.certificate = write(stem + ".crt", pem([&](BIO* out) { return PEM_write_bio_X509(out, raw); }), 0644);
  files.key = write(stem + ".key", pem([&](BIO* out) {
                      return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
                    }));
  files.fingerprint = fingerprintOf(*raw);
  return files;
}

}  // namespace robohub::net::test
