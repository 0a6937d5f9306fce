#include "net/forwarded.hpp"

#include <algorithm>

namespace robohub::net {
namespace {

// More proxies than this stand before nobody's hub.
constexpr std::size_t kMaxElements = 32;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::uint16_t> portOf(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  unsigned number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  if (number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(number);
}

// "192.0.2.7", "2001:db8::1", and with a port "192.0.2.7:1234", "[2001:db8::1]:1234".
std::optional<PeerAddress> addressOf(std::string_view text) {
  std::string_view host = text, port;
  if (!text.empty() && text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
    port = text.substr(end + 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    const auto colon = text.find(':');
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  std::uint16_t number = 0;
  if (!port.empty()) {
    const auto parsed = port.front() == ':' ? portOf(port.substr(1)) : std::nullopt;
    if (!parsed) return std::nullopt;
    number = *parsed;
  }
  return PeerAddress::parse(std::string(host), number);
}

// Left to right over all fields of that name; nothing when one is malformed.
std::optional<std::vector<PeerAddress>> chainOf(const HttpHead& head) {
  std::vector<PeerAddress> chain;
  for (const auto& [name, value] : head.headers.all()) {
    if (!equalsIgnoringCase(name, "X-Forwarded-For")) continue;
    for (std::size_t begin = 0; begin <= value.size();) {
      const auto end = std::min(value.find(',', begin), value.size());
      auto address = addressOf(trim(std::string_view(value).substr(begin, end - begin)));
      if (!address || chain.size() == kMaxElements) return std::nullopt;
      chain.push_back(*address);
      begin = end + 1;
    }
  }
  return chain;
}

}  // namespace

bool isTrustedProxy(const PeerAddress& peer, const std::vector<Network>& proxies) {
  return std::any_of(proxies.begin(), proxies.end(), [&](const Network& network) { return network.contains(peer); });
}

void applyForwarded(HttpHead& head, const std::vector<Network>& proxies) {
  if (!isTrustedProxy(head.peer, proxies)) return;
  head.client_fingerprint.clear();
  if (const auto chain = chainOf(head); chain && !chain->empty()) {
    const auto client = std::find_if(chain->rbegin(), chain->rend(),
                                     [&](const PeerAddress& address) { return !isTrustedProxy(address, proxies); });
    head.peer = client == chain->rend() ? chain->front() : *client;
  }
  if (head.headers.count("X-Forwarded-Proto") != 1) return;
  const auto scheme = trim(head.headers.get("X-Forwarded-Proto"));
  if (equalsIgnoringCase(scheme, "https")) head.scheme = "https";
  if (equalsIgnoringCase(scheme, "http")) head.scheme = "http";
}

}  // namespace robohub::net
