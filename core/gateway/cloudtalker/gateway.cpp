#include "gateway/cloudtalker/gateway.hpp"

#include <set>

#include "gateway/cloudtalker/connection.hpp"

namespace robohub::gateway {

namespace {

constexpr const char* kPath = "/ds/v3";
constexpr const char* kRevoked = "its certificate counts no more";
constexpr std::size_t kMaxMessageBytes = 64 * 1024;
// They say something every 100 s or so and never come back: silence is borne for two to three times that. Their program
// wants to be let be for two minutes.
constexpr Duration kPingEvery = std::chrono::seconds(100);
static_assert(2 * kPingEvery >= std::chrono::seconds(120));
constexpr std::size_t kMaxBody = 1024;

net::HttpServerOptions doorOptions() {
  net::HttpServerOptions options;
  options.max_connections = 2000;
  options.max_per_address = 500;
  return options;
}

void refuse(net::Exchange& exchange, int status, const std::string& sentence) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = shareBytes(sentence + "\n");
  exchange.respond(std::move(response));
}

}  // namespace

class CloudtalkerGateway::Door final : public net::HttpApp {
 public:
  explicit Door(CloudtalkerGateway& gateway) : gateway_(gateway) {}
  std::size_t bodyLimit(const net::HttpHead&) override { return kMaxBody; }
  void handle(std::shared_ptr<net::Exchange> exchange) override { gateway_.handle(exchange); }

 private:
  CloudtalkerGateway& gateway_;
};

CloudtalkerGateway::CloudtalkerGateway(net::LoopPool& loops, device::Registry& registry, live::LiveDevices& devices,
                                       identity::Certificates& certificates, media::Captures* captures)
    : registry_(registry),
      devices_(devices),
      certificates_(certificates),
      captures_(captures),
      tally_(std::make_unique<CloudtalkerTally>()),
      server_(std::make_unique<net::HttpServer>(loops, std::make_shared<Door>(*this), doorOptions())) {
  certificates_.onRevoked([this](const identity::DeviceCertificate& revoked) {
    cut(kRevoked, [&](const Link& link) { return link.fingerprint == revoked.fingerprint; });
  });
}

CloudtalkerGateway::~CloudtalkerGateway() = default;

// ---- who it is ----------------------------------------------------------------------------------------------------

Result<DeviceId> CloudtalkerGateway::deviceOf(const std::string& fingerprint) const {
  const auto isOne = [&](const DeviceId& id) {
    const auto device = registry_.find(id);
    return device && device->link == device::Link::cloudtalker;
  };
  {
    Lock lock(mutex_);
    const auto at = fingerprints_.find(fingerprint);
    if (at != fingerprints_.end() && isOne(at->second)) return at->second;
  }
  if (const auto device = registry_.findForeign(device::Link::cloudtalker, fingerprint)) return device->id;
  const auto holder = certificates_.holder(fingerprint);
  if (holder && isOne(*holder)) return *holder;
  const auto owner = ownerOf(fingerprint);
  return fail(ErrorCode::not_found,
              owner ? "Its certificate is that of " + owner->str() + ", which does not come by this link."
                    : std::string("Nobody is registered with its certificate."));
}

std::optional<DeviceId> CloudtalkerGateway::ownerOf(const std::string& fingerprint) const {
  {
    Lock lock(mutex_);
    const auto at = fingerprints_.find(fingerprint);
    if (at != fingerprints_.end() && registry_.find(at->second)) return at->second;
  }
  return certificates_.holder(fingerprint);
}

net::ClientCertificate CloudtalkerGateway::lookUp(const std::string& fingerprint) const {
  if (certificates_.revoked(fingerprint)) return net::ClientCertificate::refused;
  {
    Lock lock(mutex_);
    if (fingerprints_.contains(fingerprint)) return net::ClientCertificate::registered;
  }
  if (registry_.findForeign(device::Link::cloudtalker, fingerprint)) return net::ClientCertificate::registered;
  return net::ClientCertificate::unknown;
}

// ---- the port -----------------------------------------------------------------------------------------------------

Result<std::shared_ptr<const net::TlsServerContext>> CloudtalkerGateway::load(net::TlsServerSettings tls) const {
  auto authority = certificates_.ensureAuthority();
  if (!authority) return fail(authority.error());
  tls.ask = net::TlsServerSettings::Ask::required;
  tls.client_ca = authority->certificate;
  tls.look_up = [this](const std::string& fingerprint) { return lookUp(fingerprint); };
  return net::TlsServerContext::load(tls);
}

Result<std::uint16_t> CloudtalkerGateway::listen(const config::Address& address,
                                                 std::shared_ptr<const net::TlsServerContext> tls) {
  return server_->listenTls(address.host, address.port, "cloudtalker", std::move(tls));
}

void CloudtalkerGateway::setTls(std::shared_ptr<const net::TlsServerContext> tls) {
  server_->setTls(std::move(tls));
}

void CloudtalkerGateway::configure(const CloudtalkerSettings& settings) {
  std::vector<Link> links;
  const auto heartbeat_s = std::max<std::int64_t>(1, toMs(settings.heartbeat) / 1000);
  {
    Lock lock(mutex_);
    fingerprints_.clear();
    for (const auto& [device, fingerprint] : settings.fingerprints)
      if (const auto id = DeviceId::parse(device)) fingerprints_[fingerprint] = *id;
    if (heartbeat_s != heartbeat_s_)
      for (const auto& [each, link] : links_) links.push_back(link);
    heartbeat_s_ = heartbeat_s;
  }
  for (const Link& link : links)
    link.loop->post([connection = link.connection, heartbeat_s] { connection->setHeartbeat(heartbeat_s); });
  // One whose fingerprint is another device's now would be seen, armed and recorded as the one that it was.
  cut(kRevoked, [this](const Link& link) {
    const auto now = deviceOf(link.fingerprint);
    if (!now || *now != link.device) return true;
    // One that these settings have just brought is enrolled in a moment.
    Lock lock(mutex_);
    const auto at = fingerprints_.find(link.fingerprint);
    return at != fingerprints_.end() && at->second != link.device && !registry_.find(at->second);
  });
}

void CloudtalkerGateway::end(std::function<void()> done) {
  {
    Lock lock(mutex_);
    ending_ = true;
  }
  cut("the hub goes", [](const Link&) { return true; });
  server_->drain(std::chrono::seconds(1), std::move(done));
}

void CloudtalkerGateway::cut(const char* why, const std::function<bool(const Link&)>& which) {
  std::vector<Link> all;
  {
    Lock lock(mutex_);
    for (const auto& [each, link] : links_) all.push_back(link);
  }
  for (const Link& link : all)
    if (which(link)) link.loop->post([connection = link.connection, why] { connection->cut(why); });
}

void CloudtalkerGateway::noteRefused(const std::string& fingerprint, const std::string& address,
                                     const std::string& why) const {
  ++tally_->refused;
  const auto owner = ownerOf(fingerprint);
  if (auto* connections = devices_.services().connections; connections && owner)
    connections->note(
        *owner,
        {.kind = device::ConnectionRow::Kind::refused, .address = address, .agent = "cloudtalker", .reason = why});
}

void CloudtalkerGateway::handle(const std::shared_ptr<net::Exchange>& exchange) {
  const net::HttpHead& head = exchange->head();
  const std::string fingerprint(head.client_fingerprint), address = head.peer.host();
  if (head.path != kPath) return refuse(*exchange, 404, std::string("Cameras are answered at ") + kPath + ".");
  const auto id = deviceOf(fingerprint);
  const auto device = id ? devices_.find(*id) : nullptr;
  if (!device) {
    const std::string why = id ? "This device is no longer enrolled." : id.error().message;
    noteRefused(fingerprint, address, why);
    return refuse(*exchange, 403, why);
  }
  if (!exchange->wantsWebSocket()) return refuse(*exchange, 400, "This is a WebSocket.");
  net::WebSocketOptions options;
  options.max_message_bytes = kMaxMessageBytes;
  options.ping_every = kPingEvery;
  options.leaves_first = true;
  auto socket = exchange->acceptWebSocket(options);
  if (!socket) return;  // the peer has gone
  net::WebSocket& moving = *socket;
  moving.moveTo(device->loop(), [this, device, socket = std::move(socket), fingerprint, address] {
    begin(device, socket, fingerprint, address);
  });
}

// A certificate may be revoked between its check and this moment: whoever is in the list is cut by the revocation, and
// whoever comes after it is looked at again.
void CloudtalkerGateway::begin(const std::shared_ptr<live::LiveDevice>& device,
                               const std::shared_ptr<net::WebSocket>& socket, const std::string& fingerprint,
                               const std::string& address) {
  const auto enrolled = registry_.find(device->id());
  if (!enrolled) return socket->close(link::kCloseRefused, "no longer enrolled");
  TalkerWish wish = readTalkerWish(enrolled->reported_json);
  wish.id = idOf(*enrolled);
  {
    Lock lock(mutex_);
    wish.heartbeat_s = heartbeat_s_;
  }
  ++tally_->taken;
  CloudtalkerParts parts{registry_, captures_, *tally_, [this](CloudtalkerConnection& over) {
                           Lock lock(mutex_);
                           links_.erase(&over);
                         }};
  const auto connection = CloudtalkerConnection::begin(parts, device, socket, wish, address);
  bool ending = false;
  {
    Lock lock(mutex_);
    links_[connection.get()] = {connection, fingerprint, &device->loop(), device->id()};
    ending = ending_;
  }
  if (ending) return connection->cut("the hub goes");
  if (const auto still = deviceOf(fingerprint); !still || *still != device->id()) connection->cut(kRevoked);
}

// The number by which a camera knows itself. Kept with the device; the smallest that no other has.
std::int64_t CloudtalkerGateway::idOf(const device::Device& device) {
  std::int64_t id = readTalkerWish(device.reported_json).id;
  Lock lock(mutex_);
  if (id > 0) return ids_[device.id] = id;
  if (const auto at = ids_.find(device.id); at != ids_.end()) return at->second;
  std::set<std::int64_t> taken;
  for (const auto& [each, given] : ids_) taken.insert(given);
  for (const auto all = registry_.snapshot(); const auto& [each, known] : *all)
    if (known->link == device::Link::cloudtalker) taken.insert(readTalkerWish(known->reported_json).id);
  id = 1;
  while (taken.contains(id)) ++id;
  ids_[device.id] = id;
  TalkerWish wish = readTalkerWish(device.reported_json);
  wish.id = id;
  registry_.saveReported(device.id, talkerWishJson(wish), [](const Status&) {});
  return id;
}

CloudtalkerFigures CloudtalkerGateway::figures() const {
  CloudtalkerFigures figures;
  figures.connected = tally_->connected;
  figures.taken = tally_->taken;
  figures.refused = tally_->refused + server_->stats().tls_failures;
  figures.heard = tally_->heard;
  figures.said = tally_->said;
  figures.alarms = tally_->alarms;
  figures.segments = tally_->segments;
  figures.segment_bytes = tally_->segment_bytes;
  return figures;
}

}  // namespace robohub::gateway
