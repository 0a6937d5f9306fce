// Keys and X.509 certificates (RFC 5280) as PEM text, by OpenSSL: ECDSA on P-256 and SHA-256 throughout. Knows nothing
// of files and databases. [any-thread]; making a key or a signature takes a millisecond or so.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace robohub::identity {

// What of a certificate is shown to people.
struct CertificateInfo {
  std::string subject;             // the common name, or the whole subject where there is none
  std::string issuer;              // likewise
  std::vector<std::string> names;  // host names and addresses that it is good for
  std::string fingerprint;         // SHA-256 of the DER form, 64 hexadecimal digits
  std::string serial;              // hexadecimal
  WallTime begins{}, expires{};
  bool self_signed = false;
};

struct PemPair {
  std::string certificate_pem, key_pem;
};

// A host name (RFC 1123, "*." before it allowed) or an IP address, lower-case. Errors: invalid_argument at `where`.
Result<std::string> cleanHostName(std::string_view name, std::string_view where = "");

// Of the first certificate in the text. Errors: invalid_argument (no certificate).
Result<CertificateInfo> describeCertificate(std::string_view certificate_pem);
// True when the key is the certificate's.
bool belongTogether(const PemPair& pair);

struct Validity {
  WallTime from, until;
};
// The authority itself: may sign certificates of ends only (path length 0).
Result<PemPair> makeAuthority(const std::string& common_name, Validity validity);
// For the hub's listener, good for `names`; signed by `authority`, or by itself when that is null. Errors:
// invalid_argument (no names, or one that is none), internal.
Result<PemPair> makeServerCertificate(const std::vector<std::string>& names, Validity validity,
                                      const PemPair* authority);
// For an agent: the common name is the device's id.
Result<PemPair> makeDeviceCertificate(const std::string& device, Validity validity, const PemPair& authority);

}  // namespace robohub::identity
