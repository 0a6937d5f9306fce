// Dialling a WebSocket: connect, upgrade, check the answer.
#pragma once
#include "net/dial.hpp"
#include "net/http_message.hpp"
#include "net/websocket.hpp"

namespace robohub::net {

struct WebSocketRequest {
  Endpoint endpoint;
  std::string target = "/";
  Headers headers;           // Authorization, Origin ...
  WebSocketOptions options;  // options.protocol is offered and must be agreed to
  Duration timeout = std::chrono::seconds(10);
};

// What came of it. Exactly one of socket and error counts.
struct WebSocketDialled {
  std::shared_ptr<WebSocket> socket;  // set its callbacks before returning
  Error error;  // unavailable, timeout, unauthenticated (401), permission_denied (403), corrupt, unsupported ...
  int http_status = 0;     // of a server that answered otherwise than with 101
  std::string body_start;  // first bytes (at most 1 KiB) of that answer
};

// Calls `done` once on the loop, never from within. Destroying the result before cancels. [loop]
std::unique_ptr<Pending> dialWebSocket(Loop& loop, WebSocketRequest request,
                                       std::function<void(WebSocketDialled)> done);

}  // namespace robohub::net
