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

  // Errors: invalid_argument; unsupported for https.
  static Result<HubAddress> parse(const std::string& url);
  std::string target(const std::string& path) const { return prefix + path; }
};

}  // namespace robohub::agent
