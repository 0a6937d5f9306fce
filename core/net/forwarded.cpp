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

}  // namespace

bool isTrustedProxy(const PeerAddress& peer, const std::vector<Network>& proxies) {
  return std::any_of(proxies.begin(), proxies.end(), [&](const Network& network) { return network.contains(peer); });
}

namespace {

// Who asks, read from right to left: each proxy appends whom it was asked by, so what is left of the first stranger is
// that stranger's own word, and cannot spoil anything. Nothing where a trusted proxy's own word is malformed, or when
// none is there.
std::optional<PeerAddress> clientOf(const HttpHead& head, const std::vector<Network>& proxies) {
  std::optional<PeerAddress> farthest;
  std::size_t elements = 0;
  const auto& fields = head.headers.all();
  for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
    if (!equalsIgnoringCase(field->first, "X-Forwarded-For")) continue;
    for (std::string_view rest = field->second;;) {
      const auto comma = rest.rfind(',');
      const auto address = addressOf(trim(comma == std::string_view::npos ? rest : rest.substr(comma + 1)));
      if (!address || ++elements > kMaxElements) return std::nullopt;
      if (!isTrustedProxy(*address, proxies)) return address;
      farthest = address;
      if (comma == std::string_view::npos) break;
      rest = rest.substr(0, comma);
    }
  }
  return farthest;
}

}  // namespace

void applyForwarded(HttpHead& head, const std::vector<Network>& proxies) {
  if (!isTrustedProxy(head.peer, proxies)) return;
  head.client_fingerprint.clear();
  if (const auto client = clientOf(head, proxies)) head.peer = *client;
  if (head.headers.count("X-Forwarded-Proto") != 1) return;
  const auto scheme = trim(head.headers.get("X-Forwarded-Proto"));
  if (equalsIgnoringCase(scheme, "https")) head.scheme = "https";
  if (equalsIgnoringCase(scheme, "http")) head.scheme = "http";
}

}  // namespace robohub::net
