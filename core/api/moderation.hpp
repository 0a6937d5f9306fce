// What a moderator asks for, over HTTP and over the live socket alike (docs/PROTOCOL.md, PUT .../turn and `moderate`).
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "api/context.hpp"
#include "base/json.hpp"

namespace robohub::api {

// A wish of live::LiveDevice, or a ban of the person from the device.
struct ModerationWish : live::Moderation {
  bool bans = false;
  Duration ban_for{};
};

struct Moderator {
  identity::Person person;
  std::string address;
  bool is_program = false;
};

// {"action","person"?,"for_ms"?,"reason"?}. Errors: invalid_argument with its pointer.
Result<ModerationWish> readModeration(const json::Object& object);

// The right to moderate on the device was checked. `then` (may be empty) runs on the device's loop when it was done,
// before `done`, which runs there too. Errors: those of LiveDevice::moderate() and of Bans::add(). [any-thread]
void moderate(Context& context, const std::shared_ptr<live::LiveDevice>& device, const Moderator& by,
              const ModerationWish& wish, std::function<void(live::LiveDevice&)> then,
              std::function<void(Status)> done);

// Of a guest whom nobody remembers, since many others came after him, what a line knows. Before his ban. [any-thread]
void recallFromLines(Context& context, const PersonId& person);

// A ban has just come into force: whoever it concerns is out of lines and turns, there or everywhere; from the hub his
// session ends. [any-thread]
void enforce(Context& context, const identity::Ban& ban);

}  // namespace robohub::api
