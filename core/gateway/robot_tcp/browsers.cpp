#include "gateway/robot_tcp/browsers.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "gateway/robot_tcp/browser.hpp"

namespace robohub::gateway {

namespace {

constexpr Duration kTogether = std::chrono::milliseconds(20);

void refuse(const std::shared_ptr<net::Exchange>& exchange, int status, const std::string& why) {
  exchange->respond(net::HttpResponse::text(status, why + "\n"));
}

int statusOf(ErrorCode code) {
  return code == ErrorCode::exhausted ? 429 : 403;
}

}  // namespace

RobotBrowsers::RobotBrowsers(RobotTable& table, live::LiveDevices& devices, identity::Identity& identity)
    : table_(table), devices_(devices), identity_(identity) {}

std::uint64_t RobotBrowsers::nextConnection() {
  Lock lock(mutex_);
  // Apart from those of the live sockets, which count from 1.
  return (std::uint64_t(1) << 48) + ++connections_;
}

void RobotBrowsers::accept(const std::shared_ptr<net::Exchange>& exchange, const std::vector<std::string>& origins) {
  const net::HttpHead& head = exchange->head();
  if (!exchange->wantsWebSocket())
    return refuse(exchange, 400, "This port is for WebSockets of robots' browsers; the hub's own page is elsewhere.");
  const std::string origin(head.headers.get("Origin"));
  if (!origin.empty() && std::find(origins.begin(), origins.end(), origin) == origins.end())
    return refuse(exchange, 403, "Pages of " + origin + " may not drive robots here; see robots.origins.");
  const std::uint64_t number = nextConnection() & 0xffff;
  auto guest = identity_.signInGuest("Browser " + std::to_string(number), {.address = head.peer.host()});
  if (!guest) return refuse(exchange, statusOf(guest.error().code), guest.error().message);
  if (!identity_.may(&guest->session, identity::Permission::watch))
    return refuse(exchange, 403, "Guests may not watch robots here; see guests.watch.");
  const std::string address = head.peer.host();
  // So that a moderator can keep it out.
  if (auto* bans = devices_.services().bans) bans->remember(guest->session.person, address);
  net::WebSocketOptions options;
  options.max_message_bytes = RobotConnection::kMaxObjectBytes;
  options.limits.control_bytes = 256 * 1024;
  if (auto socket = exchange->acceptWebSocket(options))
    RobotBrowser::begin(*this, std::move(socket), guest->session, address);
}

void RobotBrowsers::enter(const std::shared_ptr<RobotBrowser>& browser) {
  Lock lock(mutex_);
  std::erase_if(browsers_, [](const auto& each) { return each.expired(); });
  browsers_.push_back(browser);
}

void RobotBrowsers::refresh() {
  {
    Lock lock(mutex_);
    if (std::exchange(telling_, true)) return;
  }
  net::Loop& loop = devices_.services().audiences.loops().at(0);
  loop.post([this, &loop] { loop.after(kTogether, [this] { tellAll(); }); });
}

void RobotBrowsers::tellAll() {
  std::vector<std::shared_ptr<RobotBrowser>> all;
  {
    Lock lock(mutex_);
    telling_ = false;
    for (const auto& each : browsers_)
      if (auto browser = each.lock()) all.push_back(std::move(browser));
  }
  for (const auto& browser : all) browser->refresh();
}

std::shared_ptr<live::LiveDevice> RobotBrowsers::deviceOf(const RobotTable::Found& robot,
                                                          const identity::Session& guest) const {
  auto device = devices_.find(robot.device);
  if (!device || !identity_.may(&guest, identity::Permission::watch, device->placeNow().get())) return nullptr;
  return device;
}

std::string RobotBrowsers::listFor(const identity::Session& guest) const {
  std::string text;
  for (const RobotTable::Found& robot : table_.all())
    if (const auto device = deviceOf(robot, guest))
      text += (text.empty() ? "{\"name\":" : ",{\"name\":") + json::quote(device->view()->name) +
              ",\"id\":" + json::quote(robot.id) + "}";
  return "{\"type\":\"robots\",\"data\":[" + text + "]}";
}

}  // namespace robohub::gateway
