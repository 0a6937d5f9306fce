#include "net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace robohub::net {

PeerAddress PeerAddress::from(const sockaddr_storage& address) {
  PeerAddress peer;
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    peer.family_ = Family::ip4;
    peer.port_ = ntohs(in.sin_port);
    std::memcpy(peer.bytes_.data(), &in.sin_addr, 4);
  } else if (address.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
    peer.port_ = ntohs(in.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
      peer.family_ = Family::ip4;
      std::memcpy(peer.bytes_.data(), in.sin6_addr.s6_addr + 12, 4);
    } else {
      peer.family_ = Family::ip6;
      std::memcpy(peer.bytes_.data(), &in.sin6_addr, 16);
    }
  }
  return peer;
}

PeerAddress PeerAddress::local(uid_t uid) {
  PeerAddress peer;
  peer.family_ = Family::local;
  peer.uid_ = uid;
  return peer;
}

std::optional<PeerAddress> PeerAddress::parse(const std::string& text, std::uint16_t port) {
  sockaddr_storage storage{};
  auto& in4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (text.find('\0') != std::string::npos) return std::nullopt;  // C would read no further
  if (inet_pton(AF_INET, text.c_str(), &in4.sin_addr) == 1) {
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
  } else if (inet_pton(AF_INET6, text.c_str(), &in6.sin6_addr) == 1) {
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
  } else {
    return std::nullopt;
  }
  return from(storage);
}

PeerAddress PeerAddress::ip(const std::array<std::uint8_t, 16>& bytes, bool ip6) {
  PeerAddress peer;
  peer.family_ = ip6 ? Family::ip6 : Family::ip4;
  std::copy_n(bytes.begin(), ip6 ? 16 : 4, peer.bytes_.begin());
  return peer;
}

bool PeerAddress::isLoopback() const {
  static constexpr std::array<std::uint8_t, 16> kLoopback6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  switch (family_) {
    case Family::local: return true;
    case Family::ip4: return bytes_[0] == 127;
    case Family::ip6: return bytes_ == kLoopback6;
    case Family::none: break;
  }
  return false;
}

std::string PeerAddress::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  switch (family_) {
    case Family::local: return "unix";
    case Family::ip4: {
      // By hand: each request asks for it, and inet_ntop() is a printf().
      char* end = text;
      for (std::size_t i = 0; i < 4; ++i) {
        if (i) *end++ = '.';
        end = std::to_chars(end, text + sizeof text, bytes_[i]).ptr;
      }
      return {text, end};
    }
    case Family::ip6: return inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
    case Family::none: break;
  }
  return "unknown";
}

std::string PeerAddress::toString() const {
  if (family_ == Family::local) return "unix uid " + std::to_string(uid_);
  if (family_ == Family::ip6) return "[" + host() + "]:" + std::to_string(port_);
  return host() + ":" + std::to_string(port_);
}

PeerAddress::Key PeerAddress::limitKey() const {
  Key key{};
  key[0] = static_cast<std::uint8_t>(family_);
  std::copy_n(bytes_.begin(), family_ == Family::ip4 ? 4 : 8, key.begin() + 1);
  return key;
}

}  // namespace robohub::net
