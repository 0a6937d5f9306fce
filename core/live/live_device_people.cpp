// The people's side of a LiveDevice: who watches, who stands in the line, which window drives, who stops.
#include "live/live_device.hpp"
#include "net/websocket.hpp"

namespace robohub::live {

void LiveDevice::watch(std::weak_ptr<Viewer> viewer, const PersonId& person, std::size_t loop_index) {
  if (retired_) return;
  ++watchers_[loop_index];
  control_.connectionOpened(person, now(), effects_);
  std::vector<SharedBytes> state, news;
  state.push_back(net::WebSocket::frameText("{\"type\":\"device\",\"device\":" + deviceJson(*view(), now()) + "}"));
  state.push_back(net::WebSocket::frameText("{\"type\":\"you\",\"device\":" + json::quote(id_.str()) + "," +
                                            youMembers(control_.you(person, now())) + "}"));
  news.assign(events_.begin(), events_.end());
  for (const auto& [channel, frame] : values_) news.push_back(frame);
  services_.audiences.post(loop_index, [viewer, state = std::move(state), news = std::move(news)](Audience&) {
    auto alive = viewer.lock();
    if (!alive) return;
    for (const SharedBytes& frame : state) alive->deliver(frame, net::SendClass::control);
    for (const SharedBytes& frame : news) alive->deliver(frame, net::SendClass::data);
  });
  carryOut();
}

void LiveDevice::unwatch(const PersonId& person, std::size_t loop_index, std::uint64_t connection) {
  if (retired_) return;
  if (watchers_[loop_index] > 0) --watchers_[loop_index];
  if (const auto at = drivers_.find(person); at != drivers_.end() && at->second.connection == connection)
    drivers_.erase(at);
  control_.connectionClosed(person, now(), effects_);
  carryOut();
}

Status LiveDevice::drive(const PersonId& person, std::uint64_t connection, std::weak_ptr<Viewer> viewer,
                         std::size_t loop_index, bool if_free) {
  if (retired_) return fail(ErrorCode::not_found, "This device is no longer enrolled.");
  if (control_.you(person, now()).state == control::YouState::none)
    return fail(ErrorCode::conflict, "You are not in the line of this device.");
  const auto at = drivers_.find(person);
  if (at != drivers_.end() && at->second.connection != connection) {
    if (if_free) return fail(ErrorCode::conflict, "Another window of yours drives.");
    tellDriver(at->second, false);
  }
  drivers_[person] = {connection, std::move(viewer), loop_index};
  tellDriver(drivers_[person], true);
  return {};
}

void LiveDevice::tellDriver(const Driver& driver, bool drives) const {
  const SharedBytes frame = net::WebSocket::frameText("{\"type\":\"driver\",\"device\":" + json::quote(id_.str()) +
                                                      ",\"you\":" + (drives ? "true}" : "false}"));
  services_.audiences.post(driver.loop_index, [viewer = driver.viewer, frame](Audience&) {
    if (auto alive = viewer.lock()) alive->deliver(frame, net::SendClass::control);
  });
}

Status LiveDevice::join(const control::Person& person) {
  if (retired_) return fail(ErrorCode::not_found, "This device is no longer enrolled.");
  if (!mayGiveTurns())
    return fail(ErrorCode::permission_denied,
                "This hub can be reached without TLS, so it gives no turns on devices that could do harm.");
  Status status = control_.join(person, now(), effects_);
  carryOut();
  return status;
}

void LiveDevice::leave(const PersonId& person) {
  control_.leave(person, now(), effects_);
  carryOut();
}

void LiveDevice::touch(const PersonId& person) {
  control_.touch(person, now(), effects_);
  carryOut();
}

void LiveDevice::revoke(const PersonId& person) {
  control_.revoke(person, now(), effects_);
  carryOut();
}

void LiveDevice::beat(const PersonId& person, std::uint64_t connection, Epoch epoch, const link::Stamp& stamp) {
  const auto driver = drivers_.find(person);
  if (driver == drivers_.end() || driver->second.connection != connection) return;
  control_.beat(person, epoch, stamp, now(), effects_);
  carryOut();
}

void LiveDevice::pressStop(const identity::Person& person, std::string reason) {
  audit_.pressing(person);
  control_.pressStop(person.name, std::move(reason), toMs(services_.clock.wall()), now(), effects_);
  carryOut();
  audit_.pressing(std::nullopt);
}

Status LiveDevice::resetStop(const identity::Person& person, bool administrator) {
  Status status = control_.resetStop(person.id, administrator, now(), effects_);
  audit_.resetting(person, status);
  carryOut();
  return status;
}

control::TurnView LiveDevice::turn() const {
  return control_.turn(now());
}
control::YouView LiveDevice::you(const PersonId& person) const {
  return control_.you(person, now());
}

}  // namespace robohub::live
