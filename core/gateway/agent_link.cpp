#include "gateway/agent_link.hpp"

#include "gateway/agent_connection.hpp"
#include "link/messages.hpp"

namespace robohub::gateway {

namespace {

struct Credentials {
  std::string_view device, key;
};

// "Robohub-Device <device>:<key>"
Result<Credentials> credentialsOf(std::string_view header) {
  constexpr std::string_view scheme = "Robohub-Device ";
  const std::size_t colon = header.find(':');
  if (header.substr(0, scheme.size()) != scheme || colon == std::string_view::npos)
    return fail(ErrorCode::unauthenticated, "An agent signs in with \"Authorization: Robohub-Device <device>:<key>\".");
  return Credentials{header.substr(scheme.size(), colon - scheme.size()), header.substr(colon + 1)};
}

}  // namespace

Status AgentGateway::accept(const std::shared_ptr<net::Exchange>& exchange) {
  const net::HttpHead& head = exchange->head();
  const auto credentials = credentialsOf(head.headers.get("Authorization"));
  if (!credentials) return fail(credentials.error());
  const auto id = DeviceId::parse(credentials->device);
  const auto device = id ? devices_.find(*id) : nullptr;
  if (!device || !registry_.authenticate(*id, credentials->key))
    return fail(ErrorCode::unauthenticated, "This device is not enrolled here, or its key is void.");
  if (!exchange->wantsWebSocket() || !head.headers.hasToken("Sec-WebSocket-Protocol", link::kSubprotocol))
    return fail(ErrorCode::invalid_argument,
                "An agent link is a WebSocket that offers the subprotocol robohub.agent.v1.");

  net::WebSocketOptions options;
  options.protocol = link::kSubprotocol;
  options.max_message_bytes = link::kMaxTextBytes;
  options.ping_every = std::chrono::seconds(5);
  auto socket = exchange->acceptWebSocket(options);
  if (!socket) return {};  // the peer has gone
  net::WebSocket& moving = *socket;
  moving.moveTo(device->loop(), [device, socket = std::move(socket)] { AgentConnection::begin(device, socket); });
  return {};
}

}  // namespace robohub::gateway
