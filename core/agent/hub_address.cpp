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

}  // namespace robohub::agent
