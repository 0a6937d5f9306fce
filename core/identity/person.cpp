#include "identity/person.hpp"

namespace robohub::identity {

const char* toString(Permission permission) {
  switch (permission) {
    case Permission::public_: return "public";
    case Permission::watch: return "watch";
    case Permission::play: return "play";
    case Permission::stop: return "stop";
    case Permission::administer: return "administer";
  }
  return "administer";
}

const char* toString(Role role) {
  switch (role) {
    case Role::guest: return "guest";
    case Role::viewer: return "viewer";
    case Role::player: return "player";
    case Role::administrator: return "administrator";
  }
  return "guest";
}

const char* toString(PersonKind kind) {
  return kind == PersonKind::account ? "account" : "guest";
}

std::optional<Role> parseRole(std::string_view text) {
  for (Role role : {Role::guest, Role::viewer, Role::player, Role::administrator})
    if (text == toString(role)) return role;
  return std::nullopt;
}

bool may(const Person* person, Permission permission, const Access& access) {
  if (permission == Permission::public_) return true;
  if (!person) return false;
  bool watches = false, plays = false, administers = false;
  switch (person->role) {
    case Role::guest:
      watches = access.guests_watch;
      plays = access.guests_watch && access.guests_play;
      break;
    case Role::administrator: administers = true; [[fallthrough]];
    case Role::player: plays = true; [[fallthrough]];
    case Role::viewer: watches = true; break;
  }
  switch (permission) {
    case Permission::watch:
    case Permission::stop: return watches;
    case Permission::play: return plays;
    case Permission::administer: return administers;
    case Permission::public_: break;
  }
  return false;
}

}  // namespace robohub::identity
