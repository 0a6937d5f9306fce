// Accounts, roles and grants: what is kept, what is told, and the administrator who stays.
#include <thread>

#include "identity/accounts.hpp"
#include "unit/identity/people_rig.hpp"

using namespace robohub;
using namespace robohub::identity;
using Hub = robohub::test::PeopleHub;
using robohub::test::kPassword;
using namespace std::chrono_literals;

namespace {

const Scope kTurret{Scope::Kind::device, "turret"};

// What rights observers were told, as "u-2 reduced" or "u-2 grew".
struct Told {
  explicit Told(Hub& hub) {
    hub.identity->onRightsChanged([this](const RightsChange& change) {
      std::lock_guard lock(mutex);
      lines.push_back(change.person.str() + (change.reduced ? " reduced" : " grew"));
    });
    hub.identity->onSessionEnded([this](const EndedSession& ended) {
      std::lock_guard lock(mutex);
      lines.push_back(ended.person.str() + (ended.last ? " has no session" : " has a session less"));
    });
  }
  std::vector<std::string> take() {
    std::lock_guard lock(mutex);
    return std::exchange(lines, {});
  }
  std::mutex mutex;
  std::vector<std::string> lines;
};

}  // namespace

TEST_CASE("A change of role, a grant and its end count at once for a session that was found before") {
  test::TempFolder temp;
  Hub hub(temp.path());
  Told told(hub);
  REQUIRE(hub.setup(*hub.identity->administratorCode(), "root"));
  REQUIRE(hub.add("bob", Role::member));
  const Session session = hub.signIn("bob")->session;
  const Place turret{"turret", {"laser"}, "Lab"}, camera{"camera", {}, "Lab"};
  const auto may = [&](Permission permission, const Place* place) {
    return hub.identity->may(&session, permission, place);
  };
  CHECK(told.take().empty());
  CHECK_FALSE(may(Permission::watch, &turret));
  const auto grant = hub.grant("bob", Permission::play, kTurret);
  REQUIRE(grant);
  CHECK(may(Permission::play, &turret));
  CHECK_FALSE(may(Permission::watch, &camera));
  CHECK_FALSE(may(Permission::play, nullptr));
  CHECK(told.take() == std::vector<std::string>{"u-2 grew"});
  CHECK(hub.grant("bob", Permission::play, kTurret).error().code == ErrorCode::conflict);
  CHECK(hub.ungrant("bob", 77).error().code == ErrorCode::not_found);
  CHECK(hub.grant("nobody", Permission::play, kTurret).error().code == ErrorCode::not_found);
  REQUIRE(hub.ungrant("bob", grant->grant.id));
  CHECK_FALSE(may(Permission::watch, &turret));
  CHECK(told.take() == std::vector<std::string>{"u-2 reduced"});

  REQUIRE(hub.change("bob", {.role = Role::player, .disabled = {}}));
  CHECK(may(Permission::play, nullptr));
  REQUIRE(hub.change("bob", {.role = Role::viewer, .disabled = {}}));
  CHECK_FALSE(may(Permission::play, nullptr));
  CHECK(may(Permission::watch, nullptr));
  CHECK(told.take() == std::vector<std::string>{"u-2 grew", "u-2 reduced"});
  CHECK(hub.change("bob", {.role = Role::guest, .disabled = {}}).error().code == ErrorCode::invalid_argument);

  REQUIRE(hub.change("bob", {.role = {}, .disabled = true}));
  CHECK_FALSE(may(Permission::watch, nullptr));
  CHECK_FALSE(may(Permission::signed_in, nullptr));
  CHECK(may(Permission::public_, nullptr));
  CHECK_FALSE(hub.identity->renew(session));
  CHECK(hub.signIn("bob").error().message == hub.signIn("nobody").error().message);
  CHECK(told.take() == std::vector<std::string>{"u-2 has no session", "u-2 reduced"});
  REQUIRE(hub.change("bob", {.role = {}, .disabled = false}));
  CHECK(told.take() == std::vector<std::string>{"u-2 grew"});
  CHECK(hub.signIn("bob"));

  const std::vector<std::string> expected{
      "setup user:root ok",       "user.add user:bob ok",    "session.sign_in user:bob ok", "grant.add user:bob ok",
      "grant.remove user:bob ok", "user.change user:bob ok", "user.change user:bob ok",     "user.change user:bob ok"};
  const auto lines = hub.audited();
  REQUIRE(lines.size() > expected.size());
  CHECK(std::vector<std::string>(lines.begin(), lines.begin() + static_cast<long>(expected.size())) == expected);
}

TEST_CASE("The last administrator who may sign in stays, whatever is tried") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode(), "root"));
  REQUIRE(hub.add("eve", Role::administrator));
  REQUIRE(hub.change("eve", {.role = {}, .disabled = true}));
  CHECK(hub.change("root", {.role = Role::player, .disabled = {}}).error().code == ErrorCode::conflict);
  CHECK(hub.change("root", {.role = {}, .disabled = true}).error().code == ErrorCode::conflict);
  CHECK(hub.remove("root").error().code == ErrorCode::conflict);
  CHECK(hub.change("root", {.role = Role::administrator, .disabled = false}));
  REQUIRE(hub.change("eve", {.role = {}, .disabled = false}));
  CHECK(hub.change("root", {.role = Role::member, .disabled = {}}));
  CHECK(hub.remove("eve").error().code == ErrorCode::conflict);
  CHECK(hub.remove("root"));
  CHECK(hub.remove("root").error().code == ErrorCode::not_found);
  CHECK(hub.audited("user.remove user:root ok") == 1);
}

TEST_CASE("Administrators who demote, disable and remove each other at once leave one") {
  for (int round = 0; round < 9; ++round) {
    test::TempFolder temp;
    Hub hub(temp.path());
    REQUIRE(hub.setup(*hub.identity->administratorCode(), "root"));
    REQUIRE(hub.add("eve", Role::administrator));
    std::promise<bool> one, two;
    const auto done = [](std::promise<bool>& answer) {
      return [&answer](const Result<AccountPtr>& result) { answer.set_value(result.has_value()); };
    };
    Directory& directory = hub.identity->directory();
    const auto attack = [&](const std::string& victim, int how, std::promise<bool>& answer) {
      if (how == 0) directory.change(victim, {.role = Role::viewer, .disabled = {}}, test::kRoot, done(answer));
      if (how == 1) directory.change(victim, {.role = {}, .disabled = true}, test::kRoot, done(answer));
      if (how == 2) directory.remove(victim, test::kRoot, done(answer));
    };
    std::thread other([&] { attack("root", round / 3 % 3, two); });
    attack("eve", round % 3, one);
    other.join();
    const bool first = one.get_future().get(), second = two.get_future().get();
    CHECK(first != second);
    int enabled = 0;
    for (auto& account : directory.all()) enabled += account->isAdministrator();
    CHECK(enabled == 1);
  }
}

TEST_CASE("Accounts, grants and when they were last seen survive a restart") {
  test::TempFolder temp;
  std::string session;
  std::int64_t seen_ms = 0;
  {
    Hub hub(temp.path());
    REQUIRE(hub.setup(*hub.identity->administratorCode(), "root"));
    REQUIRE(hub.add("bob", Role::viewer));
    REQUIRE(hub.add("gone", Role::player));
    REQUIRE(hub.grant("bob", Permission::moderate, {Scope::Kind::room, "Lab \"1\""}));
    REQUIRE(hub.grant("gone", Permission::play, kTurret));
    REQUIRE(hub.remove("gone"));
    REQUIRE(hub.change("root", {.role = {}, .disabled = false}));
    session = hub.signIn("bob")->token;
    hub.clock.advance(5min);
    REQUIRE(hub.identity->find(session));
    seen_ms = *hub.identity->directory().find("bob")->last_seen_ms;
    CHECK(seen_ms == toMs(hub.clock.wall()));
    hub.identity->maintain();
    hub.flush();
  }
  Hub hub(temp.path());
  const AccountPtr bob = hub.identity->directory().find("bob");
  REQUIRE(bob);
  CHECK(bob->person.role == Role::viewer);
  REQUIRE(bob->grants.size() == 1);
  CHECK(bob->grants[0].grant.permission == Permission::moderate);
  CHECK(bob->grants[0].grant.scope == Scope{Scope::Kind::room, "Lab \"1\""});
  CHECK(bob->grants[0].created_by == "root");
  CHECK(*bob->last_seen_ms == seen_ms);
  CHECK(*hub.identity->directory().find("root")->last_seen_ms > 0);
  CHECK_FALSE(hub.identity->directory().find("gone"));
  const auto found = hub.identity->find(session);
  REQUIRE(found);
  const Place lab{"x", {}, "Lab \"1\""};
  CHECK(hub.identity->may(&*found, Permission::moderate, &lab));
  REQUIRE(hub.database->readNow([](store::Session& db) -> Status {
    auto rows = db.prepare("SELECT count(*) FROM grants");
    REQUIRE(rows->step().value());
    CHECK(rows->integer(0) == 1);
    return {};
  }));
}

TEST_CASE("An account has at most 256 grants") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode(), "root"));
  for (int i = 0; i < 256; ++i) {
    hub.identity->directory().addGrant("root", Permission::watch, {Scope::Kind::label, "l" + std::to_string(i)},
                                       test::kRoot, [](const Result<GrantRecord>& added) { CHECK(added); });
  }
  CHECK(hub.grant("root", Permission::play, kTurret).error().code == ErrorCode::exhausted);
  CHECK(hub.identity->directory().find("root")->rights->grants.size() == 256);
}

TEST_CASE("Scopes and permissions are read strictly") {
  CHECK(readScope("device", "turret", "/scope") == Scope{Scope::Kind::device, "turret"});
  CHECK(readScope("room", "  Lab 1 ", "/scope") == Scope{Scope::Kind::room, "Lab 1"});
  CHECK(readScope("hub", "turret", "/scope").error().where == "/scope/kind");
  for (const char* value : {"", "Turret", "a b", "../x", "a\nb"})
    CHECK(readScope("label", value, "/scope").error().where == "/scope/value");
  CHECK(readScope("room", "", "/scope").error().where == "/scope/value");
  CHECK(readScope("room", "a\u202eb", "/scope").error().where == "/scope/value");
  CHECK(readScope("room", std::string(65, 'x'), "/scope").error().where == "/scope/value");
  CHECK(readGrantable("publish", "/p").value() == Permission::publish);
  for (const char* text : {"stop", "public", "signed_in", "", "WATCH", "all"})
    CHECK(readGrantable(text, "/p").error().where == "/p");
}

TEST_CASE("The command line lists, changes and removes accounts by the same rules, and the audit says so") {
  test::TempFolder temp;
  {
    auto folder = store::DataFolder::open(temp.path(), "robohub user").value();
    auto database = store::Database::open(*folder).value();
    ManualClock clock;
    REQUIRE(addAccount(*database, "root", kPassword, Role::administrator, clock));
    REQUIRE(addAccount(*database, "bob", kPassword, Role::member, clock));
    CHECK(setRole(*database, "root", Role::viewer, clock).error().code == ErrorCode::conflict);
    CHECK(setDisabled(*database, "root", true, clock).error().code == ErrorCode::conflict);
    CHECK(removeAccount(*database, "root", clock).error().code == ErrorCode::conflict);
    CHECK(setRole(*database, "nobody", Role::viewer, clock).error().code == ErrorCode::not_found);
    CHECK(setRole(*database, "bob", Role::guest, clock).error().code == ErrorCode::invalid_argument);
    CHECK(setPassword(*database, "bob", "short", clock).error().code == ErrorCode::invalid_argument);
    REQUIRE(setRole(*database, "bob", Role::administrator, clock));
    REQUIRE(setDisabled(*database, "root", true, clock));
    REQUIRE(setPassword(*database, "bob", "another horse", clock));
    const auto list = listAccounts(*database).value();
    REQUIRE(list.size() == 2);
    CHECK(list[0]->person.name == "bob");
    CHECK(list[1]->disabled);
    REQUIRE(removeAccount(*database, "root", clock));
    CHECK_FALSE(addAccount(*database, "bob", kPassword, Role::viewer, clock));
  }
  Hub hub(temp.path());
  CHECK(hub.signIn("bob", "another horse")->session.person.role == Role::administrator);
  CHECK(hub.audited("user.add user:bob ok") == 1);
  CHECK(hub.audited("user.password user:bob ok") == 1);
  CHECK(hub.audited("user.remove user:root ok") == 1);
}
