#include "hub/own_url.hpp"

#include <unistd.h>

namespace robohub::hub {

namespace {

bool isWildcard(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::";
}

}  // namespace

std::string reachableHost(const std::string& listen_host) {
  if (!isWildcard(listen_host)) return listen_host;
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

std::string ownUrl(const Settings& say, std::uint16_t port) {
  return (say.tlsOn() ? "https://" : "http://") + config::Address{reachableHost(say.listen.host), port}.str();
}

std::vector<std::string> certificateNames(const Settings& say) {
  std::vector<std::string> names;
  const std::string& host = say.listen.host;
  if (!isWildcard(host) && !say.loopback()) names.push_back(host);
  for (const std::string& origin : say.origins) {
    const std::string authority = origin.substr(origin.find("://") + 3);
    if (!authority.starts_with('[')) names.push_back(authority.substr(0, authority.find(':')));
  }
  return names;
}

}  // namespace robohub::hub
