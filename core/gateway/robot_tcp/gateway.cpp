#include "gateway/robot_tcp/gateway.hpp"

#include <algorithm>

#include "identity/names.hpp"

namespace robohub::gateway {

namespace {

constexpr std::size_t kMostRobots = 1024, kRobotsOfAddress = 256;
constexpr std::size_t kMostStrangers = 256, kStrangersOfAddress = 128;
constexpr std::size_t kWaitingOfAddress = Pending::kMost / 2;
// That become devices by themselves: in all; at once; and one more in so long.
constexpr std::size_t kMostByThemselves = 256;
constexpr float kByThemselvesAtOnce = 128, kByThemselvesPerSecond = 0.1F;
constexpr Duration kTellTurnedAway = std::chrono::minutes(1);
constexpr Duration kComesAgain = std::chrono::seconds(1);

net::HttpServerOptions browserLimits() {
  net::HttpServerOptions limits;
  limits.max_connections = 2048;
  limits.max_per_address = 512;
  limits.head_deadline = std::chrono::seconds(5);
  return limits;
}

// For people: what a robot is called by its program may have marks in it that no device's name has, or be nothing but
// such. "": that of its device.
std::string shownNameOf(const RobotFacts& robot) {
  const std::string name = identity::shownName(robot.name, 64);
  return name.empty() ? identity::shownName(robot.id, 64) : name;
}

}  // namespace

// The second port takes nothing but WebSockets.
class RobotGateway::Page final : public net::HttpApp {
 public:
  explicit Page(RobotGateway& gateway) : gateway_(gateway) {}
  std::size_t bodyLimit(const net::HttpHead&) override { return 0; }
  void handle(std::shared_ptr<net::Exchange> exchange) override {
    gateway_.browsers_.accept(exchange, gateway_.rules()->settings.origins);
  }

 private:
  RobotGateway& gateway_;
};

RobotGateway::RobotGateway(const Places& places, const RobotSettings& settings)
    : places_(places),
      rules_(rulesOf(settings)),
      table_(places.devices.services().clock, [this] { browsers_.refresh(); }),
      browsers_(table_, places.devices, places.identity),
      connected_(std::make_shared<net::ConnectionQuota>(kMostRobots, kRobotsOfAddress)),
      strangers_(std::make_shared<net::ConnectionQuota>(kMostStrangers, kStrangersOfAddress)),
      waiting_(std::make_shared<net::ConnectionQuota>(Pending::kMost, kWaitingOfAddress)),
      new_devices_(kByThemselvesPerSecond, kByThemselvesAtOnce) {}

RobotGateway::~RobotGateway() = default;

std::shared_ptr<const RobotRules> RobotGateway::rulesOf(const RobotSettings& settings) const {
  auto rules = std::make_shared<RobotRules>();
  rules->settings = settings;
  auto type = robotType(places_.devices.services().catalogue, settings);
  if (!type)
    log(link::EventLevel::error,
        "robots: their type cannot be made of what is installed: " + type.error().where + " " + type.error().message);
  rules->type = type ? *type : std::make_shared<const RobotType>();
  return rules;
}

void RobotGateway::configure(const RobotSettings& settings) {
  std::atomic_store(&rules_, rulesOf(settings));
  // A robot connects once and stays for days.
  for (const auto& connection : table_.connections())
    connection->post([](RobotConnection& each) { each.rulesChanged(); });
}

Result<std::vector<std::string>> RobotGateway::begin() {
  const RobotSettings settings = rules()->settings;
  std::vector<std::string> doors;
  auto taken = [](Error error, const char* setting) {
    error.where = setting;
    return fail(std::move(error));
  };
  auto warn = [&](const char* what, const std::string& where) {
    if (settings.plaintext)
      log(link::EventLevel::warning,
          std::string(what) + " at " + where +
              " has neither encryption nor passwords: whoever reaches it can be a robot or drive "
              "one as a guest.");
  };
  if (!settings.listen.host.empty()) {
    auto listener = net::Listener::tcp(settings.listen.host, settings.listen.port);
    if (!listener) return taken(std::move(listener.error()), "robots.listen");
    listener_ = std::move(*listener);
    Status started = listener_->start(
        places_.loops.at(0), [this](net::UniqueFd fd, const net::PeerAddress& peer) { accepted(std::move(fd), peer); });
    if (!started) return fail(std::move(started.error()));
    doors.push_back("robot_tcp at " + listener_->name());
    warn("robots.listen", listener_->name());
  }
  if (!settings.browsers.host.empty()) {
    server_ = std::make_unique<net::HttpServer>(places_.loops, std::make_shared<Page>(*this), browserLimits());
    auto port = server_->listenTcp(settings.browsers.host, settings.browsers.port, "robot_browsers");
    if (!port) return taken(std::move(port.error()), "robots.browsers");
    const std::string name = config::Address{settings.browsers.host, *port}.str();
    doors.push_back("robot_browsers at " + name);
    warn("robots.browsers", name);
  }
  return doors;
}

void RobotGateway::end(Duration limit) {
  Lock lock(mutex_);
  if (std::exchange(ending_, true)) return;
  lock.unlock();
  if (listener_) places_.loops.at(0).post([this] { listener_->close(); });
  if (server_) server_->drain(limit, [] {});
  for (const auto& connection : table_.connections())
    connection->post([](RobotConnection& each) { each.turnAway("The hub is ending."); });
  lock.lock();
  gone_.wait_for(lock, limit, [this]() RH_REQUIRES(mutex_) { return table_.connections().empty(); });
}

// ---- robots [loop 0 until they are devices] -----------------------------------------------------------------------

void RobotGateway::accepted(net::UniqueFd fd, const net::PeerAddress& peer) {
  net::ConnectionQuota::Refused refused;
  RobotPlaces places;
  places.connected = connected_->take(peer, false, refused);
  if (places.connected) places.as_stranger = strangers_->take(peer, false, refused);
  if (!places.as_stranger) return turnedAway(peer);  // closed by leaving
  (void)RobotConnection::begin(*this, places_.loops.at(0), std::move(fd), peer, std::move(places));
}

void RobotGateway::turnedAway(const net::PeerAddress& peer) {
  ++turned_away_;
  const MonoTime now = clock().now();
  if (turned_away_told_ != MonoTime::min() && now < turned_away_told_ + kTellTurnedAway) return;
  turned_away_told_ = now;
  log(link::EventLevel::warning, "robots: more connect than may: " + std::to_string(std::exchange(turned_away_, 0)) +
                                     " turned away, the last of " + peer.host());
}

void RobotGateway::gone(RobotConnection& connection) {
  std::optional<std::uint64_t> ticket;
  {
    Lock lock(mutex_);
    if (const auto at = tickets_.extract(&connection); !at.empty()) ticket = at.mapped();
  }
  if (ticket) places_.pending.withdraw(*ticket);
  if (!connection.facts().id.empty()) table_.leave(connection.facts().id, &connection);
  // Not between end()'s look at the table and its sleep.
  { Lock lock(mutex_); }
  gone_.notify_all();
}

void RobotGateway::introduced(const std::shared_ptr<RobotConnection>& connection) {
  auto former = table_.enter(connection->facts().id, connection, connection->heard());
  if (!former) {
    const auto line =
        kept_out_.tell("robots: " + connection->facts().address + ": " + former.error().message, clock().now());
    if (line) log(link::EventLevel::warning, *line);
    return connection->turnAway(former.error().message.c_str());
  }
  if (*former)
    (*former)->post([](RobotConnection& each) { each.turnAway("Another connection of this robot took its place."); });
  if (const auto known = places_.registry.findForeign(device::Link::robot_tcp, connection->facts().id))
    return admit(connection, known->id);
  const auto now = rules();
  if (!now->type->type) return wait(connection, std::string("The plugin ") + kRobotType + " is not installed here.");
  if (now->settings.accept_all && mayBecomeDevice()) return attach(connection);
  wait(connection, "");
}

// Whoever reaches the port can say another id each time; each would be a device for good.
bool RobotGateway::mayBecomeDevice() {
  const auto all = places_.registry.snapshot();
  const auto robots = std::count_if(all->begin(), all->end(),
                                    [](const auto& each) { return each.second->link == device::Link::robot_tcp; });
  return static_cast<std::size_t>(robots) < kMostByThemselves && new_devices_.take(clock().now());
}

// How long it has to wait; zero: it comes now. Each coming is written down, and told to everybody who watches.
Duration RobotGateway::comesTooSoonBy(const DeviceId& device) {
  const MonoTime now = clock().now();
  Lock lock(mutex_);
  std::erase_if(came_, [now](const auto& each) { return now >= each.second + kComesAgain; });
  const auto [at, comes] = came_.try_emplace(device, now);
  return comes ? Duration::zero() : at->second + kComesAgain - now;
}

void RobotGateway::admit(const std::shared_ptr<RobotConnection>& connection, const DeviceId& device) {
  auto live = places_.devices.find(device);
  if (!live) return connection->turnAway("This robot was revoked here.");
  const Duration early = comesTooSoonBy(device);
  if (early == Duration::zero()) return connection->admit(std::move(live));
  (void)connection->halt();  // what it still does from before ends now, not only when it is let in
  // Nobody else of its id comes in meanwhile: it is in the table.
  connection->loop().after(early, [this, weak = std::weak_ptr(connection), device] {
    if (const auto alive = weak.lock(); alive && !alive->over()) admit(alive, device);
  });
}

void RobotGateway::attach(const std::shared_ptr<RobotConnection>& connection) {
  const RobotFacts& robot = connection->facts();
  places_.registry.attach(
      deviceIdOf("robot-", robot.id), kRobotType, shownNameOf(robot), device::Link::robot_tcp, robot.id,
      [this, weak = std::weak_ptr(connection)](const Result<DeviceId>& attached) {
        const auto alive = weak.lock();
        if (!alive) return;
        alive->post([this, attached](RobotConnection& each) {
          const auto self = each.shared_from_this();
          if (attached) return admit(self, *attached);
          log(link::EventLevel::warning, "robots: " + each.facts().id + ": " + attached.error().message);
          wait(self, "");
        });
      },
      identity::Actor::hub(), device::Registry::Revoked::stays);
}

void RobotGateway::wait(const std::shared_ptr<RobotConnection>& connection, const std::string& refused) {
  net::ConnectionQuota::Refused full;
  auto place = waiting_->take(connection->peer(), false, full);
  if (!place) return connection->turnAway("Too many robots of this address wait to be accepted.");
  connection->waitsIn(std::move(place));
  const RobotFacts& robot = connection->facts();
  PendingDevice device;
  device.link = device::Link::robot_tcp;
  device.foreign_id = robot.id;
  device.name = shownNameOf(robot);
  device.address = robot.address;
  device.type = kRobotType;
  device.refused = refused;
  const std::weak_ptr weak = connection;
  auto with = [weak](std::function<void(RobotConnection&)> work) {
    if (const auto alive = weak.lock()) alive->post(std::move(work));
  };
  const auto ticket = places_.pending.offer(
      std::move(device),
      [this, with](const DeviceId& id) {
        with([this, id](RobotConnection& each) { admit(each.shared_from_this(), id); });
      },
      [with] { with([](RobotConnection& each) { each.turnAway("An administrator has refused this robot."); }); });
  if (!ticket) return connection->turnAway(ticket.error().message.c_str());
  {
    Lock lock(mutex_);
    tickets_[connection.get()] = *ticket;
  }
  connection->tell(refused.empty() ? "Waiting for an administrator to accept this robot." : refused);
}

}  // namespace robohub::gateway
