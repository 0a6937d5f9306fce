// The HTTP side of RFC 6455, sections 4.1 and 4.2, without sockets. [any-thread]
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/http_parse.hpp"

namespace robohub::net {

// base64(SHA-1(key + GUID)).
std::string webSocketAccept(std::string_view key);
// A fresh Sec-WebSocket-Key: 16 random bytes.
std::string webSocketKey();

struct UpgradeCheck {
  bool wanted = false;  // the request asks for a WebSocket
  int status = 0;       // and is wrong: 400, or 426 for another version than 13
  std::string message;
};
UpgradeCheck checkUpgrade(const HttpHead& head);

// Whether `wanted` is among the subprotocols that the request offers.
bool offersProtocol(const HttpHead& head, std::string_view wanted);

// Head of the 101 answer.
std::string upgradeAnswer(const HttpHead& head, std::string_view protocol);

// A client's check of a 101 answer.
Status checkUpgradeAnswer(const ParsedResponse& response, std::string_view key, std::string_view protocol);

}  // namespace robohub::net
