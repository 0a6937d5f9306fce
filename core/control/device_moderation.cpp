// What a moderator does to the line of a device.
#include "control/device_control.hpp"

namespace robohub::control {

namespace {

void tell(Effects& out, std::string text) {
  out.push_back(LogEvent{link::EventLevel::info, EventKind::turn, std::move(text)});
}

}  // namespace

Status DeviceControl::skip(const std::optional<PersonId>& whose, const std::string& by, MonoTime now, Effects& out) {
  advance(now, out);
  Status done;
  if (!line_.holder())
    done = fail(ErrorCode::conflict, "Nobody has the turn.");
  else if (whose && !line_.holds(*whose))
    done = fail(ErrorCode::conflict, "That turn is over already.", "/person");
  else
    endTurn(TurnEnd::skipped, now, out, by);
  settle(now, out);
  return done;
}

Status DeviceControl::remove(const PersonId& person, const std::string& by, MonoTime now, Effects& out) {
  advance(now, out);
  Status done;
  if (line_.holds(person)) {
    endTurn(TurnEnd::removed, now, out, by);
  } else if (const std::string name = line_.nameOf(person); line_.leaveLine(person)) {
    line_changed_ = true;
    tellYou(person, TurnEnd::removed, now, out);
    tell(out, name + " was taken out of the line by " + by + ".");
  } else {
    done = fail(ErrorCode::conflict, "This person is not in the line.", "/person");
  }
  settle(now, out);
  return done;
}

void DeviceControl::hold(const std::string& by, std::string reason, MonoTime now, Effects& out) {
  advance(now, out);
  const Hold hold{by, std::move(reason)};
  if (line_.held() != hold) {
    line_.setHold(hold);
    line_changed_ = true;
    tell(out, by + " holds the line" + (hold.reason.empty() ? std::string() : ": " + hold.reason) + ".");
  }
  settle(now, out);
}

void DeviceControl::release(const std::string& by, MonoTime now, Effects& out) {
  advance(now, out);
  if (line_.held()) {
    line_.setHold(std::nullopt);
    line_changed_ = true;
    tell(out, by + " lets the line go on.");
  }
  settle(now, out);
}

void DeviceControl::takeOver(const Person& moderator, MonoTime now, Effects& out) {
  advance(now, out);
  if (!line_.holds(moderator.id)) {
    if (line_.holder()) endTurn(TurnEnd::taken, now, out, moderator.name);
    line_.stepInFront(moderator, lease_.leasedUntil(), now);
    line_changed_ = true;
  }
  settle(now, out);
}

}  // namespace robohub::control
