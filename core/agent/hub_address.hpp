// Where the hub is, from `hub.url`. [any-thread]
#pragma once
#include <string>

#include "base/result.hpp"
#include "net/dial.hpp"

namespace robohub::agent {

struct HubAddress {
  std::string url;  // as it was written, for people
  net::Endpoint endpoint;
  std::string prefix;  // path in front of /api/v1, without a slash at its end; mostly empty

  // `endpoint.tls` is left to the caller. Errors: invalid_argument.
  static Result<HubAddress> parse(const std::string& url);
  std::string target(const std::string& path) const { return prefix + path; }
  // Why dialling failed, with what to do about a certificate that is not trusted.
  std::string sentence(const Error& error) const;
};

}  // namespace robohub::agent
