#include "net/certificate.hpp"

#include <arpa/inet.h>

#include "net/tls_openssl.hpp"

namespace robohub::net {
namespace {

constexpr const char* kHex = "0123456789abcdef";

WallTime wallTime(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

std::string subjectOf(X509& certificate) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_RFC2253) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

std::vector<std::string> namesOf(X509& certificate) {
  std::vector<std::string> names;
  auto* found = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(found); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(found, i);
    const auto* bytes = name->type == GEN_DNS ? name->d.dNSName : name->type == GEN_IPADD ? name->d.iPAddress : nullptr;
    if (!bytes) continue;
    const auto* data = ASN1_STRING_get0_data(bytes);
    const int size = ASN1_STRING_length(bytes);
    char text[INET6_ADDRSTRLEN] = "";
    if (name->type == GEN_DNS)
      names.emplace_back(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    else if ((size == 4 || size == 16) && inet_ntop(size == 4 ? AF_INET : AF_INET6, data, text, sizeof text))
      names.emplace_back(text);
  }
  GENERAL_NAMES_free(found);
  return names;
}

}  // namespace

std::string fingerprintOf(X509& certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest, &size) != 1) return {};
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex.push_back(kHex[digest[i] >> 4]);
    hex.push_back(kHex[digest[i] & 15]);
  }
  return hex;
}

CertificateFacts factsOf(X509& certificate) {
  CertificateFacts facts;
  facts.fingerprint = fingerprintOf(certificate);
  facts.subject = subjectOf(certificate);
  facts.names = namesOf(certificate);
  facts.not_before = wallTime(X509_get0_notBefore(&certificate));
  facts.not_after = wallTime(X509_get0_notAfter(&certificate));
  facts.self_signed = X509_self_signed(&certificate, 1) == 1;
  ERR_clear_error();
  return facts;
}

Result<CertificateFacts> readCertificate(const std::filesystem::path& file) {
  auto certificates = readCertificates(file);
  if (!certificates) return fail(certificates.error());
  return factsOf(*certificates->front());
}

std::string fingerprintText(std::string_view hex) {
  std::string text = "sha256";
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    text.push_back(':');
    for (const char c : hex.substr(i, 2)) text.push_back(c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c);
  }
  return text;
}

Result<std::string> parseFingerprint(std::string_view text) {
  const auto wrong = [] {
    return fail(ErrorCode::invalid_argument,
                "A fingerprint is \"sha256:\" and 64 hexadecimal digits, in pairs with colons between them or not.");
  };
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  constexpr std::string_view kKind = "sha256:";
  std::string_view digits = text;
  if (digits.size() > kKind.size() &&
      std::equal(kKind.begin(), kKind.end(), digits.begin(), [&](char a, char b) { return a == lower(b); }))
    digits.remove_prefix(kKind.size());
  const bool colons = digits.find(':') != std::string_view::npos;
  std::string hex;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (colons && i % 3 == 2) {
      if (digits[i] != ':') return wrong();
      continue;
    }
    const char c = lower(digits[i]);
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return wrong();
    hex.push_back(c);
  }
  if (hex.size() != 64 || digits.back() == ':') return wrong();
  return hex;
}

}  // namespace robohub::net
