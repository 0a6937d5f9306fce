// One HTTP request over a connection of its own: the agent's claim, the command line over the hub's Unix socket.
#pragma once
#include "net/dial.hpp"
#include "net/http_message.hpp"

namespace robohub::net {

struct ClientRequest {
  Endpoint endpoint;
  std::string method = "GET";
  std::string target = "/";
  Headers headers;  // Host, Content-Length and Connection are added
  std::string body;
  Duration timeout = std::chrono::seconds(10);  // for everything
  std::size_t max_body_bytes = 1024 * 1024;
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

// Calls `done` once on the loop, never from within: any answer of the server, whatever its status; or what dial() says,
// timeout, too_large, corrupt (not HTTP). Destroying the result cancels. [loop]
std::unique_ptr<Pending> httpRequest(Loop& loop, ClientRequest request,
                                     std::function<void(Result<ClientResponse>)> done);

// The same for programs without a loop: blocks until the answer. Not on a loop. Runs a loop of its own.
Result<ClientResponse> httpRequestBlocking(ClientRequest request);

}  // namespace robohub::net
