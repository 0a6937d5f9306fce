// The messages of the live socket (docs/PROTOCOL.md, section 2), each declared together with its permission: there is
// no way to declare one without.
#include <array>

#include "api/live_socket.hpp"

namespace robohub::api {

namespace {

using identity::Permission;
using Function = Status (LiveSocket::*)(const LiveSocket::Message&);

enum class Answer { now, later };

struct Declared {
  std::string_view type;
  Permission permission;
  Function function;
  Answer answer;
};

template <Permission P>
constexpr Declared message(std::string_view type, Function function, Answer answer = Answer::now) {
  static_assert(P != Permission::public_, "Nobody is on a live socket without a session.");
  return {type, P, function, answer};
}

constexpr std::array kMessages{
    message<Permission::play>("beat", &LiveSocket::beat),
    message<Permission::play>("command", &LiveSocket::command, Answer::later),
    message<Permission::stop>("stop", &LiveSocket::stop),
    message<Permission::stop>("stop_all", &LiveSocket::stopAll),
    message<Permission::watch>("watch_list", &LiveSocket::watchList),
    message<Permission::watch>("unwatch_list", &LiveSocket::unwatchList),
    message<Permission::watch>("watch", &LiveSocket::watch),
    message<Permission::watch>("unwatch", &LiveSocket::unwatch),
    message<Permission::play>("join", &LiveSocket::join, Answer::later),
    message<Permission::play>("drive", &LiveSocket::drive, Answer::later),
    message<Permission::play>("leave", &LiveSocket::leave),
    message<Permission::play>("reset", &LiveSocket::reset, Answer::later),
    message<Permission::watch>("ping", &LiveSocket::ping),
};

}  // namespace

Status dispatch(LiveSocket& socket, const Context& context, const identity::Session& session, std::string_view type,
                const LiveSocket::Message& message, bool& answers_itself) {
  for (const Declared& declared : kMessages) {
    if (declared.type != type) continue;
    if (!context.identity.may(&session, declared.permission))
      return fail(ErrorCode::permission_denied, std::string("You may not do this: it needs the right to ") +
                                                    identity::toString(declared.permission) + ".");
    answers_itself = declared.answer == Answer::later;
    return (socket.*declared.function)(message);
  }
  return fail(ErrorCode::unsupported, "There is no message of this type.", "/type");
}

std::vector<std::string> liveMessages() {
  std::vector<std::string> lines;
  for (const Declared& declared : kMessages)
    lines.push_back(std::string(declared.type) + " " + identity::toString(declared.permission));
  return lines;
}

}  // namespace robohub::api
