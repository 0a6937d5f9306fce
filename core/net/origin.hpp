// Which page speaks: a browser says so in Origin, and a page of another site must not change anything here, nor open a
// socket with the visitor's cookie. Exact comparison; no suffixes, no patterns. [any-thread]
#pragma once
#include <string>
#include <vector>

#include "net/http_message.hpp"

namespace robohub::net {

enum class OriginCheck {
  same,     // scheme://Host as addressed (default ports left out or not)
  listed,   // one of the configured origins
  absent,   // no Origin: not a browser's cross-site request
  foreign,  // anything else: "null", several, another host, port or scheme
};

// `allowed`: origins as a browser writes them, "https://robots.example".
OriginCheck checkOrigin(const HttpHead& head, const std::vector<std::string>& allowed = {});

}  // namespace robohub::net
