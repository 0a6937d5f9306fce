// Who is at the other end of a socket: an IPv4 or IPv6 address with its port, or a local process with its user id.
#pragma once
#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace robohub::net {

// Immutable value. [any-thread]
class PeerAddress {
 public:
  PeerAddress() = default;
  // IPv4-mapped IPv6 addresses become IPv4, so that one host has one address.
  static PeerAddress from(const sockaddr_storage& address);
  static PeerAddress local(uid_t uid);
  // A numeric IPv4 or IPv6 address as text, without brackets; nothing for anything else.
  static std::optional<PeerAddress> parse(const std::string& text, std::uint16_t port = 0);
  // In network order; of an IPv4 address the first four count.
  static PeerAddress ip(const std::array<std::uint8_t, 16>& bytes, bool ip6);

  bool isLocal() const { return family_ == Family::local; }  // a Unix socket
  bool isIp4() const { return family_ == Family::ip4; }
  bool isIp6() const { return family_ == Family::ip6; }
  bool isLoopback() const;  // 127.0.0.0/8, ::1 or a Unix socket
  std::uint16_t port() const { return port_; }
  // Of the process at the other end of a Unix socket (SO_PEERCRED); empty for TCP.
  std::optional<uid_t> uid() const { return isLocal() ? std::optional<uid_t>(uid_) : std::nullopt; }
  // "192.0.2.7", "2001:db8::1", "unix".
  std::string host() const;
  // "192.0.2.7:4711", "[2001:db8::1]:4711", "unix uid 1000".
  std::string toString() const;

  // In network order; of an IPv4 address the first four count.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  // What limits by address count by: the IPv4 address, the /64 of an IPv6 address (one customer's line).
  using Key = std::array<std::uint8_t, 9>;
  Key limitKey() const;

 private:
  enum class Family : std::uint8_t { none, ip4, ip6, local };
  std::array<std::uint8_t, 16> bytes_{};
  uid_t uid_ = 0;
  std::uint16_t port_ = 0;
  Family family_ = Family::none;
};

}  // namespace robohub::net
