// A range of addresses, "192.0.2.0/24" or "2001:db8::/32". Immutable value. [any-thread]
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/address.hpp"

namespace robohub::net {

class Network {
 public:
  // An address (of one host) or address/prefix. IPv4-mapped ones ("::ffff:192.0.2.0/120") are the IPv4 network. Bits
  // behind the prefix must be zero, and /0 is refused: that is no network but everybody. Error: invalid_argument.
  static Result<Network> parse(std::string_view text);

  // Unix sockets are in no network.
  bool contains(const PeerAddress& address) const;
  // As parse() takes it.
  std::string str() const;
  friend bool operator==(const Network&, const Network&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  std::uint8_t prefix_ = 0;
  bool ip6_ = false;
};

}  // namespace robohub::net
