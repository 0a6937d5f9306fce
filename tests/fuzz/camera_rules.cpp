// Which cameras may be dialled: lines of cameras.allow, an empty line, a URL, and the addresses that its host leads to.
// Nothing but what is listed is admitted; an address that is not public only when it is listed itself.
#include <algorithm>
#include <string>
#include <vector>

#include "gateway/camera_rules.hpp"
#include "target.hpp"

using namespace robohub;

namespace {

std::vector<std::string> linesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < 64) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

// By the bytes alone, apart from the tables of the code under test: where attackers would like a hub to go.
bool isInside(const net::PeerAddress& address) {
  const auto& b = address.bytes();
  if (address.isIp4())
    return b[0] == 0 || b[0] == 10 || b[0] == 127 || b[0] >= 224 || (b[0] == 169 && b[1] == 254) ||
           (b[0] == 172 && b[1] / 16 == 1) || (b[0] == 192 && b[1] == 168) || (b[0] == 100 && b[1] / 64 == 1);
  // Only 2000::/3 is anybody's; 2002::/16 has an IPv4 address inside.
  return b[0] < 0x20 || b[0] > 0x3f || (b[0] == 0x20 && b[1] == 0x02);
}

void addressesReadBack(const std::string& line) {
  if (const auto address = net::PeerAddress::parse(line)) {
    const auto again = net::PeerAddress::parse(address->host());
    fuzz::promise(again && again->bytes() == address->bytes() && again->isIp4() == address->isIp4(),
                  "an address reads back");
  }
  if (const auto network = net::Network::parse(line)) {
    const auto again = net::Network::parse(network->str());
    fuzz::promise(again && *again == *network, "a network reads back");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lines = linesOf(fuzz::text(data, size));
  for (const auto& line : lines) addressesReadBack(line);
  const auto gap = std::find(lines.begin(), lines.end(), std::string());
  const std::vector<std::string> entries(lines.begin(), gap);
  const auto rules = gateway::CameraRules::parse(entries);
  if (gap == lines.end() || gap + 1 == lines.end()) return 0;
  const auto url = net::parseHttpUrl(gap[1]);
  if (!url) return 0;
  fuzz::promise(url->target.starts_with('/'), "a target is at least /");
  for (const std::string& part : {url->target, url->endpoint.host})
    for (const char c : part)
      fuzz::promise(static_cast<unsigned char>(c) > 0x20 && c != 0x7f,
                    "no blank or control character in a URL's parts");
  fuzz::promise(!gateway::CameraRules().allows(*url), "nothing is allowed by nothing");
  if (!rules) return 0;
  for (auto line = gap + 2; line < lines.end(); ++line) {
    const auto address = net::PeerAddress::parse(*line, url->endpoint.port);
    if (!address) continue;
    if (gateway::isPublicAddress(*address)) fuzz::promise(!isInside(*address), "what is inside is not public");
    if (!rules->admits(*url, *address)) continue;
    fuzz::promise(rules->allows(*url).has_value(), "what is admitted is allowed");
    if (!isInside(*address)) continue;
    bool listed = url->endpoint.host.size() == 9 && address->isLoopback();  // "localhost", however it is written
    for (const std::string& entry : entries) {
      const auto network = net::Network::parse(entry);
      const auto named = net::parseHttpUrl(entry.find("://") == std::string::npos ? "http://" + entry : entry);
      const auto host = named ? net::Network::parse(named->endpoint.host) : net::Network::parse("");
      listed = listed || (network && network->contains(*address)) || (host && host->contains(*address));
    }
    fuzz::promise(listed, "an address inside is admitted only where it is listed itself");
  }
  return 0;
}
