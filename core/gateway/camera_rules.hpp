// Which cameras the hub may dial by itself. A URL in a settings file makes the hub a client inside of somebody's
// network, so what is not listed is not dialled, a name counts only together with the addresses that it leads to, and
// addresses of this machine, of private networks and of the link (among them those where clouds keep their secrets)
// only where they are listed themselves. Immutable value. [any-thread]
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/dial.hpp"
#include "net/network.hpp"

namespace robohub::gateway {

class CameraRules {
 public:
  // Nothing is allowed.
  CameraRules() = default;
  // Each entry is a host with or without a port ("cam.example", "192.0.2.7:8080", "[2001:db8::7]"), a network
  // ("192.0.2.0/24") or the beginning of a URL ("http://cam.example/video/"). Error: invalid_argument.
  static Result<CameraRules> parse(const std::vector<std::string>& entries);

  // Whether this URL may be dialled at all, as far as its text tells. Error: permission_denied.
  Status allows(const net::HttpUrl& url) const;
  // Whether it is allowed, and may be dialled at this address, which its host has led to. Error: permission_denied.
  Status admits(const net::HttpUrl& url, const net::PeerAddress& address) const;

  // As parse() took them.
  const std::vector<std::string>& entries() const { return entries_; }

 private:
  struct Rule {
    std::optional<net::Network> network;  // of one host, when the entry names it by its address
    std::string host;                     // in lower case; "" when there is a network
    std::optional<bool> secure;
    std::uint16_t port = 0;  // 0 any
    std::string path;        // "" any

    // But for host and address.
    bool covers(const net::HttpUrl& url) const;
  };
  static Result<Rule> parseRule(const std::string& entry);

  std::vector<std::string> entries_;
  std::vector<Rule> rules_;
};

// Neither this machine's, nor a private network's, the link's, a group's, or set aside for anything else.
bool isPublicAddress(const net::PeerAddress& address);

}  // namespace robohub::gateway
