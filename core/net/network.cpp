#include "net/network.hpp"

#include <algorithm>

namespace robohub::net {
namespace {

tl::unexpected<Error> wrong(std::string_view text, const char* why) {
  std::string sentence = "\"" + std::string(text) + "\" ";
  sentence += why;
  return fail(ErrorCode::invalid_argument, std::move(sentence));
}

// -1 when it is no plain decimal number up to 128.
int prefixOf(std::string_view text) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) return -1;
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number <= 128 ? number : -1;
}

bool sameBits(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const auto address = PeerAddress::parse(std::string(host));
  if (!address) return wrong(text, "is no numeric address or network, such as 192.0.2.7 or 192.0.2.0/24.");
  Network network;
  network.ip6_ = address->isIp6();
  network.bytes_ = address->bytes();
  const int bits = network.ip6_ ? 128 : 32;
  int prefix = bits;
  if (slash != std::string_view::npos) {
    prefix = prefixOf(text.substr(slash + 1));
    // "::ffff:192.0.2.0/120" speaks of the last 24 bits.
    if (!network.ip6_ && host.find(':') != std::string_view::npos && prefix >= 0)
      prefix = prefix >= 96 ? prefix - 96 : -1;
    if (prefix < 0 || prefix > bits) return wrong(text, "has a wrong prefix length behind its slash.");
    if (prefix == 0) return wrong(text, "is everybody, not a network.");
  }
  network.prefix_ = static_cast<std::uint8_t>(prefix);
  auto zeroed = network.bytes_;
  for (std::size_t i = 0; i < zeroed.size(); ++i) {
    const int kept = std::clamp(prefix - static_cast<int>(i) * 8, 0, 8);
    zeroed[i] = static_cast<std::uint8_t>(zeroed[i] & (0xff00 >> kept));
  }
  if (zeroed != network.bytes_) {
    network.bytes_ = zeroed;
    const std::string why = "has bits set behind its prefix; the network is " + network.str() + ".";
    return wrong(text, why.c_str());
  }
  return network;
}

bool Network::contains(const PeerAddress& address) const {
  if (ip6_ ? !address.isIp6() : !address.isIp4()) return false;
  return sameBits(bytes_, address.bytes(), prefix_);
}

std::string Network::str() const {
  std::string text = PeerAddress::ip(bytes_, ip6_).host();
  if (prefix_ != (ip6_ ? 128 : 32)) text += "/" + std::to_string(prefix_);
  return text;
}

}  // namespace robohub::net
