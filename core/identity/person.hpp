// Who asks, what they ask for, and whether they may: one place, deny by default. Every route and every message of the
// live socket declares a Permission; where it concerns a device, it is checked on THAT device's place (its id, labels
// and room as they are at that moment), after the device was fetched. Pure. [any-thread]
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "identity/settings.hpp"

namespace robohub::identity {

enum class Permission {
  public_,     // anybody, signed in or not
  signed_in,   // anybody with a session; what is shown is then chosen by their other rights
  watch,       // see the device: pictures, telemetry, the line
  play,        // join the line, send commands
  stop,        // press stop; whoever may watch may stop
  publish,     // send media of one's own to the device's stream
  moderate,    // skip, remove, hold the line, take over, ban
  administer,  // on a device: rename, revoke, reset a stop; without one: the whole hub
};

// `member` holds nothing but what is granted; viewer and player hold watch, and watch and play, on every device.
enum class Role { guest, member, viewer, player, administrator };
enum class PersonKind { guest, account, token };

const char* toString(Permission permission);
std::optional<Permission> parsePermission(std::string_view text);
const char* toString(Role role);  // as it stands in JSON and in the database
const char* toString(PersonKind kind);
std::optional<Role> parseRole(std::string_view text);

struct Person {
  PersonId id;  // "g-<random>", "u-<account>", "t-<token>", "local" (the administrator at this machine)
  std::string name;
  PersonKind kind = PersonKind::guest;
  Role role = Role::guest;
};

// Where a right holds.
struct Scope {
  enum class Kind { device, label, room };
  Kind kind = Kind::device;
  std::string value;
  friend bool operator==(const Scope&, const Scope&) = default;
};
const char* toString(Scope::Kind kind);
std::optional<Scope::Kind> parseScopeKind(std::string_view text);

// What a right is checked on: one device.
struct Place {
  std::string device;
  std::vector<std::string> labels;
  std::string room;  // may be empty
};
bool covers(const Scope& scope, const Place& place);

// Gives an account one of watch, play, publish, moderate, administer on what the scope covers. moderate includes play and
// watch, play and publish include watch, administer includes all.
struct Grant {
  std::int64_t id = 0;
  Permission permission = Permission::watch;
  Scope scope;
};

// What a person holds beyond the role, and what a token's holder gave up. Immutable.
struct Rights {
  std::vector<Grant> grants;
  // Of a token: it may do what its owner may, and of that only these permissions, and only here (empty: everywhere).
  bool limited = false;
  std::vector<Permission> only;
  std::vector<Scope> only_in;
};

// `person` is null when nobody is signed in. `place` is null where no single device is concerned; then only the role
// counts (a grant is for devices), and a token with scopes has no right at all but signed_in.
bool may(const Person* person, const Rights& rights, Permission permission, const Place* place, const Access& access);

}  // namespace robohub::identity
