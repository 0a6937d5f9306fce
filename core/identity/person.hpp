// Who asks, what they ask for, and whether they may: one place, deny by default. Every route and every message of the
// live socket declares a Permission and passes may() on the person of its session. Pure. [any-thread]
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "identity/settings.hpp"

namespace robohub::identity {

enum class Permission {
  public_,     // anybody, signed in or not
  watch,       // see devices, pictures, telemetry, the line
  play,        // join the line, send commands
  stop,        // press stop; whoever may watch may stop
  administer,  // enrol, revoke, reset a stop
};

enum class Role { guest, viewer, player, administrator };
enum class PersonKind { guest, account };

const char* toString(Permission permission);
const char* toString(Role role);  // as it stands in JSON and in the database
const char* toString(PersonKind kind);
std::optional<Role> parseRole(std::string_view text);

struct Person {
  PersonId id;
  std::string name;
  PersonKind kind = PersonKind::guest;
  Role role = Role::guest;
};

// `person` is null when nobody is signed in.
bool may(const Person* person, Permission permission, const Access& access);

}  // namespace robohub::identity
