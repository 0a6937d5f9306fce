#include "gateway/camera_rules.hpp"

#include <algorithm>
#include <cctype>

namespace robohub::gateway {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool isHost(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == '_' || c == ':';
  });
}

// A path that climbs may end up anywhere, whatever it begins with.
bool climbs(std::string_view target) {
  const std::string text = lower(std::string(target));
  return text.find("/..") != std::string::npos || text.find("%2e") != std::string::npos ||
         text.find('\\') != std::string::npos;
}

bool isUnder(std::string_view target, std::string_view path) {
  if (path.empty()) return true;
  if (!target.starts_with(path) || climbs(target)) return false;
  if (target.size() == path.size() || path.ends_with('/')) return true;
  // "/video" is no beginning of "/videos".
  return std::string_view("/?&=").find(target[path.size()]) != std::string_view::npos ||
         std::string_view("?&=").find(path.back()) != std::string_view::npos;
}

// RFC 6890 and the registries that it began (IANA's special-purpose addresses), multicast, and what carries an IPv4
// address inside (6to4, Teredo). Of IPv6 only what lies within isGlobalIp6().
const std::vector<net::Network>& setAside() {
  static const std::vector<net::Network> all = [] {
    std::vector<net::Network> networks;
    for (const char* text :
         {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
          "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
          "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"})
      if (auto network = net::Network::parse(text)) networks.push_back(*network);
    return networks;
  }();
  return all;
}

// 2000::/3, all that is given to anybody as global unicast (RFC 4291, 2.4, and IANA's IPv6 address space). What lies
// outside is local, a group, an IPv4 address in one of many disguises, or nobody's yet.
bool isGlobalIp6(const net::PeerAddress& address) {
  return address.bytes()[0] >> 5 == 1;
}

}  // namespace

bool isPublicAddress(const net::PeerAddress& address) {
  if (!address.isIp4() && !(address.isIp6() && isGlobalIp6(address))) return false;
  return std::none_of(setAside().begin(), setAside().end(),
                      [&](const net::Network& network) { return network.contains(address); });
}

bool CameraRules::Rule::covers(const net::HttpUrl& url) const {
  return (port == 0 || port == url.endpoint.port) && (!secure || *secure == url.endpoint.secure) &&
         isUnder(url.target, path);
}

Result<CameraRules::Rule> CameraRules::parseRule(const std::string& entry) {
  Rule rule;
  const auto beginning = entry.find("://");
  if (beginning == std::string::npos && entry.find('/') != std::string::npos) {
    auto network = net::Network::parse(entry);
    if (!network) return fail(network.error());
    rule.network = *network;
    return rule;
  }
  // A bare IPv6 address has colons of its own; with a port it stands in brackets.
  std::string host = entry;
  if (!net::PeerAddress::parse(entry)) {
    const auto url = net::parseHttpUrl(beginning == std::string::npos ? "http://" + entry : entry);
    if (!url || !isHost(url->endpoint.host) || (beginning == std::string::npos && url->target != "/"))
      return fail(ErrorCode::invalid_argument,
                  "\"" + entry + "\" is neither a host, nor a network like 192.0.2.0/24, nor the beginning of a URL.");
    host = url->endpoint.host;
    const auto colon = entry.rfind(':');
    if (beginning != std::string::npos || (colon != std::string::npos && entry.find(']', colon) == std::string::npos))
      rule.port = url->endpoint.port;
    if (beginning != std::string::npos) rule.secure = url->endpoint.secure;
    if (url->target != "/") rule.path = url->target;
  }
  if (auto address = net::Network::parse(host))
    rule.network = *address;
  else
    rule.host = lower(host);
  return rule;
}

Result<CameraRules> CameraRules::parse(const std::vector<std::string>& entries) {
  CameraRules rules;
  for (const std::string& entry : entries) {
    auto rule = parseRule(entry);
    if (!rule) return fail(rule.error());
    rules.rules_.push_back(std::move(*rule));
  }
  rules.entries_ = entries;
  return rules;
}

Status CameraRules::allows(const net::HttpUrl& url) const {
  const auto address = net::PeerAddress::parse(url.endpoint.host, url.endpoint.port);
  const std::string host = lower(url.endpoint.host);
  for (const Rule& rule : rules_) {
    if (!rule.covers(url)) continue;
    // Where a name leads is known only when it is dialled.
    if (rule.network ? !address || rule.network->contains(*address) : rule.host == host) return {};
  }
  return fail(ErrorCode::permission_denied,
              "Cameras at " + url.endpoint.hostField() + " are not among those of cameras.allow.");
}

Status CameraRules::admits(const net::HttpUrl& url, const net::PeerAddress& address) const {
  if (Status allowed = allows(url); !allowed) return allowed;
  const std::string host = lower(url.endpoint.host);
  bool named = false;
  for (const Rule& rule : rules_) {
    if (!rule.covers(url)) continue;
    if (rule.network) {
      if (rule.network->contains(address)) return {};
      continue;
    }
    if (rule.host != host) continue;
    named = true;
    if (isPublicAddress(address) || (host == "localhost" && address.isLoopback())) return {};
  }
  const std::string where = url.endpoint.host + " is at " + address.host();
  if (named)
    return fail(ErrorCode::permission_denied,
                where + ", which is no public address: list that address or its network in cameras.allow too.");
  return fail(ErrorCode::permission_denied, where + ", which is not among those of cameras.allow.");
}

}  // namespace robohub::gateway
