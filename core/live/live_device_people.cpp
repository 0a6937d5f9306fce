// The people's side of a LiveDevice: who watches, who stands in the line, which window drives, who stops.
#include <algorithm>

#include "live/live_device.hpp"
#include "net/websocket.hpp"

namespace robohub::live {

namespace {

bool isOfHolder(Moderation::Action action) {
  return action == Moderation::Action::skip || action == Moderation::Action::take_over;
}

// Nobody else has to stand in the line for it, so that nothing but a pace bounds how often it is done.
bool needsNobody(Moderation::Action action) {
  return action != Moderation::Action::skip && action != Moderation::Action::remove;
}

// Of what was done, whether it is any other than before.
bool changes(const control::TurnView& before, const identity::Person& by, const Moderation& done) {
  switch (done.action) {
    case Moderation::Action::skip:
    case Moderation::Action::remove: break;
    case Moderation::Action::hold: return before.held != control::Hold{by.name, done.reason};
    case Moderation::Action::release: return before.held.has_value();
    case Moderation::Action::take_over: return !before.holder || before.holder->id != by.id;
  }
  return true;
}

}  // namespace

void LiveDevice::watch(std::weak_ptr<Viewer> viewer, const PersonId& person, std::size_t loop_index) {
  if (retired_) return;
  ++watchers_[loop_index];
  control_.connectionOpened(person, now(), effects_);
  std::vector<SharedBytes> state, news;
  state.push_back(net::WebSocket::frameText("{\"type\":\"device\",\"device\":" + deviceJson(*view(), now()) + "}"));
  news.assign(events_.begin(), events_.end());
  // What was measured before this machine's clock was set back is not of the future.
  const std::int64_t wall_ms = toMs(services_.clock.wall());
  for (const auto& [channel, latest] : values_)
    news.push_back(telemetryFrame(channel, textOf(latest), std::min(latest.at_ms, wall_ms)));
  services_.audiences.post(loop_index, [viewer, state = std::move(state), news = std::move(news)](Audience&) {
    auto alive = viewer.lock();
    if (!alive) return;
    for (const SharedBytes& frame : state) alive->tell(frame);
    for (const SharedBytes& frame : news) alive->deliver(frame, net::SendClass::data);
  });
  tellYou(viewer, person, loop_index);
  carryOut();
}

void LiveDevice::tellYou(std::weak_ptr<Viewer> viewer, const PersonId& person, std::size_t loop_index) const {
  if (retired_) return;
  services_.audiences.post(loop_index, [viewer = std::move(viewer), text = youText(control_.you(person, now())),
                                        place = placeNow()](Audience&) {
    if (auto alive = viewer.lock())
      alive->tell(net::WebSocket::frameText(text + ",\"can\":" + alive->can(*place) + "}"));
  });
}

void LiveDevice::unwatch(const PersonId& person, std::size_t loop_index, std::uint64_t connection) {
  if (retired_) return;
  if (watchers_[loop_index] > 0) --watchers_[loop_index];
  if (const auto at = drivers_.find(person); at != drivers_.end() && at->second.connection == connection)
    drivers_.erase(at);
  control_.connectionClosed(person, now(), effects_);
  carryOut();
}

void LiveDevice::present(const PersonId& person, std::function<void(const control::YouView&)> told) {
  if (retired_) return;
  followers_[person] = std::move(told);
  control_.connectionOpened(person, now(), effects_);
  carryOut();
}

void LiveDevice::absent(const PersonId& person) {
  if (followers_.erase(person) == 0 || retired_) return;
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
  control_.offerStamp(person, now(), effects_);
  carryOut();
  return {};
}

void LiveDevice::tellDriver(const Driver& driver, bool drives) const {
  const SharedBytes frame = net::WebSocket::frameText("{\"type\":\"driver\",\"device\":" + json::quote(id_.str()) +
                                                      ",\"you\":" + (drives ? "true}" : "false}"));
  services_.audiences.post(driver.loop_index, [viewer = driver.viewer, frame](Audience&) {
    if (auto alive = viewer.lock()) alive->tell(frame);
  });
}

Status LiveDevice::mayJoin(const PersonId& person) const {
  if (retired_) return fail(ErrorCode::not_found, "This device is no longer enrolled.");
  if (Status safe = mayGiveTurns(); !safe) return safe;
  if (services_.bans)
    if (auto banned = services_.bans->refusal(person, id_.str())) return fail(std::move(*banned));
  return {};
}

control::Person LiveDevice::controlPerson(const identity::Person& person, bool is_program) const {
  return {person.id, person.name, is_program, turns_.lengthOf(person.role),
          services_.bans ? services_.bans->addressOf(person.id) : std::string()};
}

Status LiveDevice::join(const identity::Person& person, bool is_program) {
  if (Status may = mayJoin(person.id); !may) return may;
  // A program's token was given to it, and whoever stands in the line takes no place.
  const bool paced = person.kind != identity::PersonKind::token && you(person.id).state == control::YouState::none;
  if (paced && !joins_.take(person.id, now()))
    return fail(ErrorCode::exhausted, "You join and leave too often; try again in a moment.");
  Status status = control_.join(controlPerson(person, is_program), now(), effects_);
  carryOut();
  return status;
}

const char* toString(Moderation::Action action) {
  switch (action) {
    case Moderation::Action::skip: return "skip";
    case Moderation::Action::remove: return "remove";
    case Moderation::Action::hold: return "hold";
    case Moderation::Action::release: return "release";
    case Moderation::Action::take_over: return "take_over";
  }
  return "skip";
}

Status LiveDevice::moderate(const identity::Person& by, bool is_program, const Moderation& moderation,
                            const std::string& address) {
  using Action = Moderation::Action;
  if (retired_) return fail(ErrorCode::not_found, "This device is no longer enrolled.");
  if (needsNobody(moderation.action) && !line_orders_.take(by.id, now()))
    return fail(ErrorCode::exhausted, "You hold, release or take over too often; try again in a moment.");
  const control::TurnView line = control_.turn(now());
  Status done;
  switch (moderation.action) {
    case Action::skip: done = control_.skip(moderation.person, by.name, now(), effects_); break;
    case Action::remove:
      if (!moderation.person) return fail(ErrorCode::invalid_argument, "Say whom to remove.", "/person");
      done = control_.remove(*moderation.person, by.name, now(), effects_);
      break;
    case Action::hold: control_.hold(by.name, moderation.reason, now(), effects_); break;
    case Action::release: control_.release(by.name, now(), effects_); break;
    case Action::take_over:
      if (done = mayJoin(by.id); !done) return done;
      control_.takeOver(controlPerson(by, is_program), now(), effects_);
      break;
  }
  if (done && changes(line, by, moderation)) {
    std::string detail;
    auto add = [&](const char* name, const std::string& text) {
      if (!text.empty()) detail += (detail.empty() ? "\"" : ",\"") + std::string(name) + "\":" + json::quote(text);
    };
    if (isOfHolder(moderation.action) && line.holder) {
      add("person", line.holder->id.str());
      add("name", line.holder->name);
    } else if (moderation.person) {
      add("person", moderation.person->str());
      for (const control::PersonName& each : line.waiting)
        if (each.id == *moderation.person) add("name", each.name);
    }
    add("reason", moderation.reason);
    const std::string action = std::string("turn.") + toString(moderation.action);
    audit_.moderated({by.id.str(), by.name, address}, action.c_str(), "{" + detail + "}");
  }
  carryOut();
  return done;
}

void LiveDevice::enforceBans(const std::string& by) {
  if (retired_ || !services_.bans) return;
  const control::TurnView line = control_.turn(now());
  auto check = [&](const control::PersonName& person) {
    if (services_.bans->refusal(person.id, id_.str(), person.guests_from))
      (void)control_.remove(person.id, by, now(), effects_);
  };
  for (const control::PersonName& waiting : line.waiting) check(waiting);
  if (line.holder) check(*line.holder);
  carryOut();
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

Status LiveDevice::pressStop(const identity::Person& person, std::string reason) {
  if (retired_) return fail(ErrorCode::not_found, "This device is no longer enrolled.");
  audit_.pressing(person);
  control_.pressStop(person.name, std::move(reason), toMs(services_.clock.wall()), now(), effects_);
  carryOut();
  audit_.pressing(std::nullopt);
  return {};
}

Status LiveDevice::resetStop(const identity::Person& person, bool administrator) {
  if (retired_) return fail(ErrorCode::not_found, "This device is no longer enrolled.");
  // From whoever is banned the device takes nothing: no end of a stop either.
  std::optional<Error> banned;
  if (!administrator && services_.bans) banned = services_.bans->refusal(person.id, id_.str());
  Status status;
  if (banned)
    status = fail(std::move(*banned));
  else
    status = control_.resetStop(person.id, administrator, now(), effects_);
  audit_.resetting(person, status, now());
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
