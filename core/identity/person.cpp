#include "identity/person.hpp"

#include <algorithm>
#include <array>

namespace robohub::identity {
namespace {

constexpr std::array kPermissions{Permission::public_,  Permission::signed_in, Permission::watch,
                                  Permission::play,     Permission::stop,      Permission::publish,
                                  Permission::moderate, Permission::administer};

// Whether who holds `held` on something may do `wanted` there.
bool includes(Permission held, Permission wanted) {
  if (wanted == Permission::stop) wanted = Permission::watch;
  if (held == wanted || held == Permission::administer) return true;
  switch (held) {
    case Permission::moderate: return wanted == Permission::play || wanted == Permission::watch;
    case Permission::play:
    case Permission::publish: return wanted == Permission::watch;
    default: return false;
  }
}

bool roleMay(Role role, Permission permission, const Access& access) {
  switch (role) {
    case Role::guest:
      return access.guests_watch && includes(access.guests_play ? Permission::play : Permission::watch, permission);
    case Role::member: return false;
    case Role::viewer: return includes(Permission::watch, permission);
    case Role::player: return includes(Permission::play, permission);
    case Role::administrator: return true;
  }
  return false;
}

// What a token's owner left it.
bool within(const Rights& rights, Permission permission, const Place* place) {
  const bool named =
      std::any_of(rights.only.begin(), rights.only.end(), [&](Permission held) { return includes(held, permission); });
  if (!named) return false;
  if (rights.only_in.empty()) return true;
  return place && std::any_of(rights.only_in.begin(), rights.only_in.end(),
                              [&](const Scope& scope) { return covers(scope, *place); });
}

}  // namespace

const char* toString(Permission permission) {
  switch (permission) {
    case Permission::public_: return "public";
    case Permission::signed_in: return "signed_in";
    case Permission::watch: return "watch";
    case Permission::play: return "play";
    case Permission::stop: return "stop";
    case Permission::publish: return "publish";
    case Permission::moderate: return "moderate";
    case Permission::administer: return "administer";
  }
  return "administer";
}

std::optional<Permission> parsePermission(std::string_view text) {
  for (Permission permission : kPermissions)
    if (text == toString(permission)) return permission;
  return std::nullopt;
}

const char* toString(Role role) {
  switch (role) {
    case Role::guest: return "guest";
    case Role::member: return "member";
    case Role::viewer: return "viewer";
    case Role::player: return "player";
    case Role::administrator: return "administrator";
  }
  return "guest";
}

const char* toString(PersonKind kind) {
  switch (kind) {
    case PersonKind::guest: return "guest";
    case PersonKind::account: return "account";
    case PersonKind::token: return "token";
  }
  return "guest";
}

std::optional<Role> parseRole(std::string_view text) {
  for (Role role : {Role::guest, Role::member, Role::viewer, Role::player, Role::administrator})
    if (text == toString(role)) return role;
  return std::nullopt;
}

const char* toString(Scope::Kind kind) {
  switch (kind) {
    case Scope::Kind::device: return "device";
    case Scope::Kind::label: return "label";
    case Scope::Kind::room: return "room";
  }
  return "device";
}

std::optional<Scope::Kind> parseScopeKind(std::string_view text) {
  for (Scope::Kind kind : {Scope::Kind::device, Scope::Kind::label, Scope::Kind::room})
    if (text == toString(kind)) return kind;
  return std::nullopt;
}

bool covers(const Scope& scope, const Place& place) {
  switch (scope.kind) {
    case Scope::Kind::device: return scope.value == place.device;
    case Scope::Kind::room: return !place.room.empty() && scope.value == place.room;
    case Scope::Kind::label:
      return std::find(place.labels.begin(), place.labels.end(), scope.value) != place.labels.end();
  }
  return false;
}

bool may(const Person* person, const Rights& rights, Permission permission, const Place* place, const Access& access) {
  if (permission == Permission::public_) return true;
  if (!person || std::find(kPermissions.begin(), kPermissions.end(), permission) == kPermissions.end()) return false;
  if (permission == Permission::signed_in) return true;
  if (rights.limited && !within(rights, permission, place)) return false;
  if (roleMay(person->role, permission, access)) return true;
  return place && std::any_of(rights.grants.begin(), rights.grants.end(), [&](const Grant& grant) {
           return includes(grant.permission, permission) && covers(grant.scope, *place);
         });
}

}  // namespace robohub::identity
