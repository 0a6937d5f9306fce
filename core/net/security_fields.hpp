// The header fields that every answer of the hub carries, whoever gives it.
#pragma once
#include "net/http_message.hpp"

namespace robohub::net {

// Content-Security-Policy, X-Content-Type-Options, Referrer-Policy, Cross-Origin-*. Those that are there are replaced.
// [any-thread]
void addSecurityFields(HttpResponse& response);

}  // namespace robohub::net
