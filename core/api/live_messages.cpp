// The messages of the live socket (docs/PROTOCOL.md, section 2), each declared together with its permission: there is
// no way to declare one without. One that concerns a device is checked on that device, and gets it.
#include <array>

#include "api/live_socket.hpp"

namespace robohub::api {

namespace {

using identity::Permission;
using Function = Status (LiveSocket::*)(const LiveSocket::Message&);
using DeviceFunction = Status (LiveSocket::*)(const LiveSocket::Message&, const LiveSocket::Device&);

enum class Answer { now, later };

struct Declared {
  std::string_view type;
  Permission permission;
  Function function;
  DeviceFunction of_device;
  Answer answer;
};

// Of no single device. What is then shown or reached is what the person may watch or stop.
constexpr Declared onHub(std::string_view type, Function function) {
  return {type, Permission::signed_in, function, nullptr, Answer::now};
}

template <Permission P>
constexpr Declared onDevice(std::string_view type, DeviceFunction function, Answer answer = Answer::now) {
  static_assert(P != Permission::public_ && P != Permission::signed_in, "A device asks for a right on it.");
  return {type, P, nullptr, function, answer};
}

constexpr std::array kMessages{
    onDevice<Permission::play>("beat", &LiveSocket::beat),
    onDevice<Permission::play>("command", &LiveSocket::command, Answer::later),
    onDevice<Permission::stop>("stop", &LiveSocket::stop, Answer::later),
    onHub("stop_all", &LiveSocket::stopAll),
    onHub("watch_list", &LiveSocket::watchList),
    onHub("unwatch_list", &LiveSocket::unwatchList),
    onDevice<Permission::watch>("watch", &LiveSocket::watch),
    onHub("unwatch", &LiveSocket::unwatch),
    onDevice<Permission::play>("join", &LiveSocket::join, Answer::later),
    onDevice<Permission::play>("drive", &LiveSocket::drive, Answer::later),
    onDevice<Permission::play>("leave", &LiveSocket::leave),
    onDevice<Permission::play>("reset", &LiveSocket::reset, Answer::later),
    onDevice<Permission::moderate>("moderate", &LiveSocket::moderate, Answer::later),
    onHub("ping", &LiveSocket::ping),
};

// Whoever may not see a device is not told that it is there.
Error noDevice() {
  return {ErrorCode::not_found, "No such device is enrolled here.", "/device"};
}

Result<LiveSocket::Device> deviceFor(const Context& context, const identity::Session& session, Permission permission,
                                     const LiveSocket::Message& message) {
  const auto id = json::getString(message.object, "device");
  if (!id) return fail(id.error());
  auto device = context.devices.find(*id);
  if (!device) return fail(noDevice());
  const auto place = device->placeNow();
  if (context.identity.may(&session, permission, place.get())) return device;
  if (!context.identity.may(&session, Permission::watch, place.get())) return fail(noDevice());
  return fail(ErrorCode::permission_denied,
              std::string("You may not do this: it needs the right to ") + identity::toString(permission) + ".");
}

}  // namespace

Status dispatch(LiveSocket& socket, const Context& context, const identity::Session& session, std::string_view type,
                const LiveSocket::Message& message, bool& answers_itself) {
  for (const Declared& declared : kMessages) {
    if (declared.type != type) continue;
    answers_itself = declared.answer == Answer::later;
    if (!declared.of_device) return (socket.*declared.function)(message);
    const auto device = deviceFor(context, session, declared.permission, message);
    if (!device) return fail(device.error());
    return (socket.*declared.of_device)(message, *device);
  }
  return fail(ErrorCode::unsupported, "There is no message of this type.", "/type");
}

std::vector<std::string> liveMessages() {
  std::vector<std::string> lines;
  for (const Declared& declared : kMessages)
    lines.push_back(std::string(declared.type) + " " + identity::toString(declared.permission) +
                    (declared.of_device ? " on device" : ""));
  return lines;
}

}  // namespace robohub::api
