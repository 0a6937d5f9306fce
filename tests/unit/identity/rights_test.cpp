// Who may what: by hand-written expectations, and against a second evaluator that knows no cleverness.
#include <catch2/catch.hpp>
#include <random>

#include "identity/person.hpp"

using namespace robohub;
using namespace robohub::identity;

namespace {

constexpr Permission kAsked[] = {Permission::watch,   Permission::play,     Permission::stop,
                                 Permission::publish, Permission::moderate, Permission::administer};

Person personOf(Role role) {
  return {*PersonId::parse("u-1"), "Ada", PersonKind::account, role};
}

// The asked ones that hold, as letters: "wpsbma" (b for publish).
std::string heldAs(const Person& person, const Rights& rights, const Place* place, const Access& access = {}) {
  std::string text;
  for (int i = 0; i < 6; ++i)
    if (may(&person, rights, kAsked[i], place, access)) text += "wpsbma"[i];
  return text;
}

const Place kLab{"turret", {"laser", "north"}, "Lab 1"};

}  // namespace

TEST_CASE("What a grant gives on the device that it covers, by role") {
  struct Line {
    Role role;
    const char* granted;  // "" for none
    const char* expected;
  };
  const Line table[] = {
      {Role::member, "", ""},
      {Role::member, "watch", "ws"},
      {Role::member, "play", "wps"},
      {Role::member, "publish", "wsb"},
      {Role::member, "moderate", "wpsm"},
      {Role::member, "administer", "wpsbma"},
      {Role::viewer, "", "ws"},
      {Role::viewer, "watch", "ws"},
      {Role::viewer, "play", "wps"},
      {Role::viewer, "publish", "wsb"},
      {Role::viewer, "moderate", "wpsm"},
      {Role::viewer, "administer", "wpsbma"},
      {Role::player, "", "wps"},
      {Role::player, "watch", "wps"},
      {Role::player, "play", "wps"},
      {Role::player, "publish", "wpsb"},
      {Role::player, "moderate", "wpsm"},
      {Role::player, "administer", "wpsbma"},
      {Role::administrator, "", "wpsbma"},
      {Role::administrator, "watch", "wpsbma"},
  };
  const Scope covering[] = {
      {Scope::Kind::device, "turret"}, {Scope::Kind::label, "north"}, {Scope::Kind::room, "Lab 1"}};
  const Scope elsewhere[] = {{Scope::Kind::device, "camera"},
                             {Scope::Kind::label, "turret"},
                             {Scope::Kind::room, "north"},
                             {Scope::Kind::label, "Lab 1"},
                             {Scope::Kind::room, "Lab"}};
  for (const Line& line : table) {
    CAPTURE(toString(line.role), line.granted);
    const Person person = personOf(line.role);
    const std::string by_role = heldAs(person, {}, &kLab);
    for (const Scope& scope : covering) {
      Rights rights;
      if (*line.granted) rights.grants.push_back({1, *parsePermission(line.granted), scope});
      CHECK(heldAs(person, rights, &kLab) == line.expected);
      // On the whole hub only the role counts.
      CHECK(heldAs(person, rights, nullptr) == by_role);
    }
    for (const Scope& scope : elsewhere) {
      Rights rights;
      if (*line.granted) rights.grants.push_back({1, *parsePermission(line.granted), scope});
      CHECK(heldAs(person, rights, &kLab) == by_role);
    }
  }
}

TEST_CASE("A room without a name is covered by no grant") {
  Rights rights{{{1, Permission::administer, {Scope::Kind::room, ""}}}, false, {}, {}};
  const Place nowhere{"turret", {}, ""};
  CHECK(heldAs(personOf(Role::member), rights, &nowhere).empty());
}

TEST_CASE("A token may what its owner may, of that only what it names, and only there") {
  struct Line {
    Role role;
    const char* granted;  // to the owner, on the label "north"
    std::vector<Permission> only;
    std::vector<Scope> only_in;
    const char* expected;  // in the lab
    const char* hub_wide;
  };
  const Scope lab{Scope::Kind::room, "Lab 1"}, other{Scope::Kind::device, "camera"};
  using P = Permission;
  const std::vector<Line> table = {
      {Role::administrator, "", {P::watch}, {}, "ws", "ws"},
      {Role::administrator, "", {P::play}, {}, "wps", "wps"},
      {Role::administrator, "", {P::publish}, {}, "wsb", "wsb"},
      {Role::administrator, "", {P::play, P::publish}, {}, "wpsb", "wpsb"},
      {Role::administrator, "", {P::administer}, {}, "wpsbma", "wpsbma"},
      {Role::administrator, "", {P::administer}, {lab}, "wpsbma", ""},
      {Role::administrator, "", {P::administer}, {other}, "", ""},
      {Role::administrator, "", {P::play}, {other, lab}, "wps", ""},
      {Role::administrator, "", {}, {}, "", ""},
      {Role::viewer, "", {P::administer}, {}, "ws", "ws"},
      {Role::viewer, "play", {P::administer}, {}, "wps", "ws"},
      {Role::viewer, "moderate", {P::play}, {lab}, "wps", ""},
      {Role::member, "", {P::administer}, {}, "", ""},
      {Role::member, "play", {P::watch}, {}, "ws", ""},
      {Role::member, "play", {P::play}, {lab}, "wps", ""},
      {Role::member, "play", {P::play}, {other}, "", ""},
  };
  for (const Line& line : table) {
    CAPTURE(toString(line.role), line.granted, line.only.size(), line.only_in.size());
    Rights rights;
    if (*line.granted) rights.grants.push_back({1, *parsePermission(line.granted), {Scope::Kind::label, "north"}});
    rights.limited = true;
    rights.only = line.only;
    rights.only_in = line.only_in;
    Person program = personOf(line.role);
    program.kind = PersonKind::token;
    CHECK(heldAs(program, rights, &kLab) == line.expected);
    CHECK(heldAs(program, rights, nullptr) == line.hub_wide);
    CHECK(may(&program, rights, Permission::signed_in, nullptr, {}));
  }
}

namespace {

// What holding something gives, written out.
bool gives(Permission held, Permission asked) {
  const std::string pairs[] = {"watch>watch",         "watch>stop",           "play>play",       "play>watch",
                               "play>stop",           "publish>publish",      "publish>watch",   "publish>stop",
                               "moderate>moderate",   "moderate>play",        "moderate>watch",  "moderate>stop",
                               "administer>watch",    "administer>play",      "administer>stop", "administer>publish",
                               "administer>moderate", "administer>administer"};
  const std::string wanted = std::string(toString(held)) + ">" + toString(asked);
  return std::find(std::begin(pairs), std::end(pairs), wanted) != std::end(pairs);
}

bool lies(const Place& place, const Scope& scope) {
  if (scope.kind == Scope::Kind::device) return place.device == scope.value;
  if (scope.kind == Scope::Kind::room) return place.room == scope.value && !place.room.empty();
  for (auto& label : place.labels)
    if (label == scope.value) return true;
  return false;
}

bool naively(Role role, const Rights& rights, Permission asked, const Place* place, const Access& access) {
  bool held = false;
  if (role == Role::administrator) held = true;
  if (role == Role::player && gives(Permission::play, asked)) held = true;
  if (role == Role::viewer && gives(Permission::watch, asked)) held = true;
  if (role == Role::guest && access.guests_watch && gives(Permission::watch, asked)) held = true;
  if (role == Role::guest && access.guests_watch && access.guests_play && gives(Permission::play, asked)) held = true;
  if (place)
    for (auto& grant : rights.grants)
      if (gives(grant.permission, asked) && lies(*place, grant.scope)) held = true;
  if (!rights.limited) return held;
  bool named = false, here = rights.only_in.empty();
  for (Permission each : rights.only)
    if (gives(each, asked)) named = true;
  for (auto& scope : rights.only_in)
    if (place && lies(*place, scope)) here = true;
  return held && named && here;
}

}  // namespace

TEST_CASE("Random rights are judged as a naive evaluator judges them") {
  std::mt19937 random(20261121);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const char* names[] = {"a", "b", "c", ""};
  const Permission grantable[] = {Permission::watch, Permission::play, Permission::publish, Permission::moderate,
                                  Permission::administer};
  const auto scope = [&] { return Scope{static_cast<Scope::Kind>(pick(3)), names[pick(4)]}; };
  int allowed = 0;
  for (int round = 0; round < 8'000; ++round) {
    Rights rights;
    for (int i = pick(4); i > 0; --i) rights.grants.push_back({i, grantable[pick(5)], scope()});
    rights.limited = pick(2) == 0;
    for (int i = pick(3); i > 0; --i) rights.only.push_back(grantable[pick(5)]);
    for (int i = pick(3); i > 0; --i) rights.only_in.push_back(scope());
    Place place{names[pick(3)], {}, names[pick(4)]};
    for (int i = pick(3); i > 0; --i) place.labels.push_back(names[pick(3)]);
    const Access access{pick(2) == 0, pick(2) == 0};
    const Person person = personOf(static_cast<Role>(pick(5)));
    for (Permission asked : kAsked)
      for (const Place* where : {static_cast<const Place*>(nullptr), static_cast<const Place*>(&place)}) {
        const bool got = may(&person, rights, asked, where, access);
        allowed += got;
        if (got != naively(person.role, rights, asked, where, access)) {
          CAPTURE(round, toString(person.role), toString(asked), where != nullptr);
          FAIL("judged otherwise");
        }
      }
  }
  CHECK(allowed > 5'000);
}
