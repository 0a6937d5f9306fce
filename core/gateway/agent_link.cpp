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

AgentGateway::AgentGateway(device::Registry& registry, live::LiveDevices& devices, identity::Certificates& certificates)
    : registry_(registry), devices_(devices), certificates_(certificates) {
  certificates_.onRevoked([this](const identity::DeviceCertificate& revoked) { closeLinksOf(revoked.fingerprint); });
}

Status AgentGateway::checkCertificate(const DeviceId& device, const std::string& fingerprint) const {
  const ClientCertificates asked = asked_.load();
  if (asked == ClientCertificates::off) return {};
  if (fingerprint.empty() && asked == ClientCertificates::optional) return {};
  if (fingerprint.empty())
    return fail(ErrorCode::permission_denied,
                "Agents have to show a certificate here: `robohub certificate issue --device " + device.str() +
                    "` makes one, hub.certificate and hub.key in agent.yaml name it.");
  if (certificates_.good(fingerprint, device)) return {};
  return fail(ErrorCode::permission_denied,
              "The certificate that this agent shows is not this device's, was revoked or has expired.");
}

// A certificate may be revoked between its check and this moment: whoever is in the list is closed by the revocation,
// and whoever comes after it is looked at again.
void AgentGateway::begin(const std::shared_ptr<live::LiveDevice>& device, const std::shared_ptr<net::WebSocket>& socket,
                         const std::string& fingerprint, const std::string& address) {
  const auto connection = AgentConnection::begin(device, socket, hello_within_, address, captures_);
  if (fingerprint.empty()) return;
  {
    Lock lock(mutex_);
    std::erase_if(links_, [](const auto& link) { return link.second.connection.expired(); });
    links_.emplace(fingerprint, Link{connection, &device->loop()});
  }
  if (const Status still = checkCertificate(device->id(), fingerprint); !still)
    connection->close(link::kCloseRefused, "its certificate was revoked");
}

void AgentGateway::closeLinksOf(const std::string& fingerprint) {
  std::vector<Link> links;
  {
    Lock lock(mutex_);
    const auto [from, to] = links_.equal_range(fingerprint);
    for (auto each = from; each != to; ++each) links.push_back(each->second);
  }
  if (asked_.load() == ClientCertificates::off) return;
  for (const Link& each : links)
    each.loop->post([weak = each.connection] {
      if (const auto connection = weak.lock()) connection->close(link::kCloseRefused, "its certificate was revoked");
    });
}

Status AgentGateway::accept(const std::shared_ptr<net::Exchange>& exchange) {
  const net::HttpHead& head = exchange->head();
  const auto credentials = credentialsOf(head.headers.get("Authorization"));
  if (!credentials) return fail(credentials.error());
  const auto id = DeviceId::parse(credentials->device);
  const auto device = id ? devices_.find(*id) : nullptr;
  if (!device || !registry_.authenticate(*id, credentials->key)) {
    if (auto* connections = devices_.services().connections; connections && device)
      connections->note(*id, {.kind = device::ConnectionRow::Kind::refused,
                              .address = head.peer.host(),
                              .reason = "It came with a void or wrong key."});
    return fail(ErrorCode::unauthenticated, "This device is not enrolled here, or its key is void.");
  }
  if (Status proven = checkCertificate(*id, head.client_fingerprint); !proven) {
    if (auto* connections = devices_.services().connections)
      connections->note(*id, {.kind = device::ConnectionRow::Kind::refused,
                              .address = head.peer.host(),
                              .reason = proven.error().message});
    return proven;
  }
  if (!exchange->wantsWebSocket() || !head.headers.hasToken("Sec-WebSocket-Protocol", link::kSubprotocol))
    return fail(ErrorCode::invalid_argument,
                "An agent link is a WebSocket that offers the subprotocol robohub.agent.v1.");

  net::WebSocketOptions options;
  options.protocol = link::kSubprotocol;
  options.max_message_bytes = link::kMaxTextBytes;
  options.ping_every = std::chrono::seconds(5);
  options.leaves_first = true;
  options.not_sent_low_mark_bytes = 4 * 1024;  // what the kernel has taken, no stop can overtake
  auto socket = exchange->acceptWebSocket(options);
  if (!socket) return {};  // the peer has gone
  net::WebSocket& moving = *socket;
  moving.moveTo(device->loop(),
                [this, device, socket = std::move(socket), fingerprint = std::string(head.client_fingerprint),
                 address = head.peer.host()] { begin(device, socket, fingerprint, address); });
  return {};
}

}  // namespace robohub::gateway
