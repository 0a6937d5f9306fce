// What there is to say about an X.509 certificate to a person and to a rule: whose it is, how long it holds, and its
// fingerprint, by which it can be known without any authority.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace robohub::net {

struct CertificateFacts {
  std::string fingerprint;         // SHA-256 over the DER form: 64 lower-case hex digits
  std::string subject;             // "CN=hub.example"
  std::vector<std::string> names;  // subject alternative names: "hub.example", "192.0.2.7", "2001:db8::1"
  WallTime not_before{}, not_after{};
  bool self_signed = false;  // nobody else vouches for it
};

// The first certificate of a PEM file. Errors: not_found, corrupt. Blocks.
Result<CertificateFacts> readCertificate(const std::filesystem::path& file);

// "sha256:AB:CD:..." as people compare it, from 64 hex digits.
std::string fingerprintText(std::string_view hex);
// 64 lower-case hex digits from what a person copied: with or without "sha256:" and colons, in any case. Error:
// invalid_argument.
Result<std::string> parseFingerprint(std::string_view text);

}  // namespace robohub::net
