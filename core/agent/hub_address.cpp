#include "agent/hub_address.hpp"

namespace robohub::agent {

Result<HubAddress> HubAddress::parse(const std::string& url) {
  auto parsed = net::parseHttpUrl(url);
  if (!parsed) return fail(parsed.error());
  if (parsed->target.find('?') != std::string::npos)
    return fail(ErrorCode::invalid_argument, "The hub's address has a query; leave out everything behind the \"?\".");
  while (!parsed->target.empty() && parsed->target.back() == '/') parsed->target.pop_back();
  return HubAddress{url, std::move(parsed->endpoint), std::move(parsed->target)};
}

std::string HubAddress::sentence(const Error& error) const {
  // The code of a server that could not prove who it is.
  if (error.code != ErrorCode::unauthenticated || !endpoint.tls) return error.message;
  const char* hint = endpoint.tls->pinned()
                         ? " If the hub got a new certificate and prints this fingerprint now, write it into "
                           "agent.yaml as `hub.fingerprint`."
                         : " If that is the fingerprint that the hub printed, write it into agent.yaml as "
                           "`hub.fingerprint`.";
  return error.message + hint;
}

}  // namespace robohub::agent
