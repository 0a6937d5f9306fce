// Programs' tokens: what they may, how they end, and that nobody finds them on the disk.
#include <mutex>

#include "unit/identity/people_rig.hpp"

using namespace robohub;
using namespace robohub::identity;
using Hub = robohub::test::PeopleHub;
using robohub::test::kPassword;
using namespace std::chrono_literals;

namespace {

const Place kTurret{"turret", {"laser"}, "Lab"}, kCamera{"camera", {}, "Lab"};

struct WithBob : Hub {
  explicit WithBob(const std::filesystem::path& path) : Hub(path) {
    REQUIRE(setup(*identity->administratorCode(), "root"));
    bob = add("bob", Role::player).value();
    identity->onSessionEnded([this](const EndedSession& each) {
      std::lock_guard lock(mutex);
      ended.push_back(each.handle);
    });
  }
  AccountPtr bob;
  std::mutex mutex;
  std::vector<std::string> ended;
};

}  // namespace

TEST_CASE("A token is a person of its own that may what its owner may, of that only what it was given") {
  test::TempFolder temp;
  WithBob hub(temp.path());
  const auto issued =
      hub.token(hub.bob, {"  robot arm ", {Permission::play}, {{Scope::Kind::device, "turret"}}, 30}).value();
  CHECK(issued.secret.size() == 46);
  CHECK(issued.secret.starts_with("rh_"));
  const auto session = hub.identity->findToken(issued.secret);
  REQUIRE(session);
  CHECK(session->person.id.str() == "t-1");
  CHECK(session->person.name == "robot arm (bob)");
  CHECK(session->person.kind == PersonKind::token);
  CHECK(session->handle == "t-1");
  CHECK(session->rights->limited);
  CHECK(session->expires == hub.clock.wall() + 30 * 24h);
  const auto may = [&](Permission permission, const Place* place) {
    return hub.identity->may(&*session, permission, place);
  };
  CHECK(may(Permission::play, &kTurret));
  CHECK_FALSE(may(Permission::play, &kCamera));
  CHECK_FALSE(may(Permission::watch, nullptr));
  CHECK(may(Permission::signed_in, nullptr));
  CHECK_FALSE(hub.identity->confirmed(*session));

  REQUIRE(hub.change("bob", {.role = Role::viewer, .disabled = {}}));
  CHECK_FALSE(may(Permission::play, &kTurret));
  CHECK(may(Permission::watch, &kTurret));
  REQUIRE(hub.grant("bob", Permission::play, {Scope::Kind::label, "laser"}));
  CHECK(may(Permission::play, &kTurret));
  REQUIRE(hub.change("bob", {.role = {}, .disabled = true}));
  CHECK_FALSE(may(Permission::watch, &kTurret));
  CHECK_FALSE(hub.identity->findToken(issued.secret));
  REQUIRE(hub.change("bob", {.role = {}, .disabled = false}));
  CHECK(hub.identity->findToken(issued.secret));
  REQUIRE(hub.remove("bob"));
  CHECK_FALSE(hub.identity->findToken(issued.secret));
  CHECK_FALSE(may(Permission::signed_in, nullptr));
  CHECK(hub.ended.back() == "t-1");
  CHECK(hub.identity->tokens().all().empty());
}

TEST_CASE("What is no token is nobody, however alike") {
  test::TempFolder temp;
  WithBob hub(temp.path());
  const std::string good = hub.token(hub.bob, {"a", {Permission::play}, {}, 1})->secret;
  std::string other = good;
  other.back() = other.back() == 'A' ? 'Q' : 'A';
  const std::string session = hub.signIn("bob")->token;
  for (const std::string& text : {std::string(), std::string("rh_"), good.substr(0, 45), good + "A", other,
                                  "RH_" + good.substr(3), good.substr(3), session, "rh_" + session})
    CHECK_FALSE(hub.identity->findToken(text));
  CHECK_FALSE(hub.identity->find(good));
  CHECK(hub.identity->findToken(good));
}

TEST_CASE("A token ends when it is removed or has expired, and observers are told of both") {
  test::TempFolder temp;
  std::string kept;
  {
    WithBob hub(temp.path());
    const auto removed = hub.token(hub.bob, {"removed", {Permission::play}, {}, 10}).value();
    const auto brief = hub.token(hub.bob, {"brief", {Permission::play}, {}, 1}).value();
    kept = hub.token(hub.bob, {"kept", {Permission::administer}, {}, 366})->secret;
    const Session by_removed = *hub.identity->findToken(removed.secret),
                  by_brief = *hub.identity->findToken(brief.secret);
    REQUIRE(Hub::status([&](auto done) { hub.identity->tokens().remove(removed.token->id, test::kRoot, done); }));
    CHECK_FALSE(hub.identity->findToken(removed.secret));
    CHECK_FALSE(hub.identity->renew(by_removed));
    CHECK(hub.ended == std::vector<std::string>{"t-1"});
    CHECK_FALSE(Hub::status([&](auto done) { hub.identity->tokens().remove(removed.token->id, test::kRoot, done); }));

    hub.clock.advance(24h - 1ms);
    hub.identity->tellExpired();
    CHECK(hub.identity->renew(by_brief));
    hub.clock.advance(1ms);
    CHECK_FALSE(hub.identity->findToken(brief.secret));
    CHECK_FALSE(hub.identity->may(&by_brief, Permission::watch));
    hub.identity->tellExpired();
    hub.identity->tellExpired();
    CHECK(hub.ended == std::vector<std::string>{"t-1", "t-2"});
    // It is still shown for a while, as expired.
    CHECK(hub.identity->tokens().of(hub.bob->person.id).size() == 2);
    REQUIRE(hub.identity->findToken(kept));
    hub.identity->maintain();
    hub.clock.advance(31 * 24h);
    hub.identity->maintain();
    hub.flush();
    CHECK(hub.identity->tokens().of(hub.bob->person.id).size() == 1);
    CHECK(hub.audited("token.add token:2 ok") == 1);
    CHECK(hub.audited("token.remove token:1 ok") == 1);
  }
  Hub hub(temp.path());
  const auto session = hub.identity->findToken(kept);
  REQUIRE(session);
  CHECK(hub.identity->confirmed(*session));
  CHECK(*hub.identity->tokens().find(std::int64_t(3))->last_used_ms > 0);
  CHECK(hub.identity->tokens().all().size() == 1);
}

TEST_CASE("Tokens are asked for rightly, and an account has at most 64") {
  test::TempFolder temp;
  WithBob hub(temp.path());
  const auto where = [&](Tokens::New wanted) {
    const auto issued = hub.token(hub.bob, std::move(wanted));
    return issued ? "good" : issued.error().where;
  };
  CHECK(where({"", {Permission::play}, {}, 1}) == "/name");
  CHECK(where({"a\nb", {Permission::play}, {}, 1}) == "/name");
  CHECK(where({"a", {}, {}, 1}) == "/permissions");
  CHECK(where({"a", {Permission::play}, {}, 0}) == "/expires_in_days");
  CHECK(where({"a", {Permission::play}, {}, 367}) == "/expires_in_days");
  CHECK(where({"a", {Permission::play}, std::vector<Scope>(33, {Scope::Kind::label, "x"}), 1}) == "good");
  std::vector<Scope> many;
  for (int i = 0; i < 33; ++i) many.push_back({Scope::Kind::label, "x" + std::to_string(i)});
  CHECK(where({"a", {Permission::play}, many, 1}) == "/scopes");
  CHECK(hub.identity->tokens().of(hub.bob->person.id)[0]->scopes.size() == 1);
  for (int i = 1; i < 64; ++i) REQUIRE(where({"a", {Permission::play}, {}, i == 1 ? 1 : 9}) == "good");
  CHECK(hub.token(hub.bob, {"a", {Permission::play}, {}, 1}).error().code == ErrorCode::exhausted);
  hub.clock.advance(24h);
  CHECK(where({"a", {Permission::play}, {}, 9}) == "good");
  // An account that has gone meanwhile has no token either.
  REQUIRE(hub.remove("bob"));
  CHECK_FALSE(hub.token(hub.bob, {"a", {Permission::play}, {}, 1}));
}

TEST_CASE("A ticket stands for the session or token that asked for it, as long as that holds") {
  test::TempFolder temp;
  WithBob hub(temp.path());
  const auto issued = hub.token(hub.bob, {"a", {Permission::play}, {}, 10}).value();
  const Session program = *hub.identity->findToken(issued.secret);
  const std::string ticket = hub.identity->tickets().issue(program).value();
  const auto session = hub.identity->redeemTicket(ticket);
  REQUIRE(session);
  CHECK(session->handle == "t-1");
  CHECK(session->rights->limited);
  CHECK_FALSE(hub.identity->redeemTicket(ticket));
  const std::string late = hub.identity->tickets().issue(program).value();
  REQUIRE(Hub::status([&](auto done) { hub.identity->tokens().remove(1, test::kRoot, done); }));
  CHECK_FALSE(hub.identity->redeemTicket(late));

  const SignedIn bob = hub.signIn("bob").value();
  const std::string of_cookie = hub.identity->tickets().issue(bob.session).value();
  CHECK(hub.identity->redeemTicket(of_cookie)->handle == bob.session.handle);
  const std::string after = hub.identity->tickets().issue(bob.session).value();
  REQUIRE(hub.signOut(bob.token));
  CHECK_FALSE(hub.identity->redeemTicket(after));

  const SignedIn guest = hub.identity->signInGuest("Ada").value();
  CHECK(hub.identity->redeemTicket(hub.identity->tickets().issue(guest.session).value())->person.name == "Ada");
}

TEST_CASE("No token, ticket, session or password is found in any file of the data folder") {
  test::TempFolder temp;
  WithBob hub(temp.path());
  std::vector<std::string> secrets{kPassword, "another horse", "wrong horses"};
  for (int i = 0; i < 5; ++i) {
    secrets.push_back(hub.token(hub.bob, {"t" + std::to_string(i), {Permission::play}, {}, 10})->secret);
    secrets.push_back(hub.signIn("bob")->token);
    secrets.push_back(hub.identity->tickets().issue(*hub.identity->findToken(secrets[3])).value());
  }
  CHECK_FALSE(hub.signIn("bob", "wrong horses"));
  const auto made = store::waitFor<Identity::Given>(
      [&](auto done) { hub.identity->addUser("eve", Role::viewer, std::nullopt, test::kRoot, done); });
  REQUIRE(made);
  REQUIRE(made->made_password);
  CHECK(hub.signIn("eve", *made->made_password));
  secrets.push_back(*made->made_password);
  REQUIRE(store::waitFor<Identity::Given>(
      [&](auto done) { hub.identity->setPassword("bob", "another horse", test::kRoot, done); }));
  CHECK(hub.signIn("bob", "another horse"));
  CHECK(hub.foundOnDisk(temp.path(), secrets).empty());
}
