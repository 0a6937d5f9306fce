#include "hub/own_url.hpp"

#include <unistd.h>

#include "api/refused_pages.hpp"
#include "identity/x509.hpp"
#include "net/http_message.hpp"

namespace robohub::hub {

namespace {

bool isWildcard(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::";
}

// Of "https://hub.example:8443"; of a numeric IPv6 address nothing that is a name.
std::string hostOf(const std::string& origin) {
  const std::string authority = origin.substr(origin.find("://") + 3);
  return authority.substr(0, authority.find(':'));
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

std::string cameraAddress(const Settings& say, std::uint16_t port) {
  if (say.cloudtalker.listen.host.empty()) return "";
  if (!say.cloudtalker.address.empty()) return say.cloudtalker.address;
  return config::Address{reachableHost(say.cloudtalker.listen.host), port}.str();
}

std::vector<std::string> certificateNames(const Settings& say) {
  std::vector<std::string> names;
  const std::string& host = say.listen.host;
  if (!isWildcard(host) && !say.loopback()) names.push_back(host);
  for (const std::string& origin : say.origins) {
    // Browsers call a hub by more than a certificate can name ("my_hub.lan", "hub.example."). It does without: those
    // who hold on to its fingerprint do not look at its names.
    if (const std::string name = hostOf(origin); identity::cleanHostName(name)) names.push_back(name);
  }
  return names;
}

std::vector<std::string> unlistedOrigins(const std::vector<std::string>& certificate_names, const Settings& say) {
  const std::uint16_t port = say.listen.port;
  const std::string behind = port == 443 || port == 0 ? "" : ":" + std::to_string(port);
  std::vector<std::string> origins;
  for (const std::string& name : certificate_names) {
    if (name.find('*') != std::string::npos || api::isOurName(name)) continue;
    for (const std::string& origin : say.origins)
      if (net::equalsIgnoringCase(hostOf(origin), name)) return {};
    origins.push_back("https://" + name + behind);
  }
  return origins;
}

}  // namespace robohub::hub
