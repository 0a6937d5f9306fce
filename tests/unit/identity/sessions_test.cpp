// Passwords, confirming and the list of sessions; sign-ins in the audit; guests whom the configuration lets in or not.
#include <mutex>

#include "unit/identity/people_rig.hpp"

using namespace robohub;
using namespace robohub::identity;
using Hub = robohub::test::PeopleHub;
using robohub::test::kPassword;
using namespace std::chrono_literals;

namespace {

Status confirm(Hub& hub, const Session& session, const std::string& password) {
  return Hub::status([&](auto done) { hub.identity->confirm(session, password, {"192.0.2.1"}, done); });
}
Status changePassword(Hub& hub, const Session& session, const std::string& current, const std::string& password) {
  return Hub::status([&](auto done) { hub.identity->changePassword(session, current, password, {"192.0.2.1"}, done); });
}
Result<Identity::Given> setPassword(Hub& hub, const std::string& name, std::optional<std::string> password) {
  return store::waitFor<Identity::Given>(
      [&](auto done) { hub.identity->setPassword(name, password, test::kRoot, done); });
}

}  // namespace

TEST_CASE("Signing in confirms for ten minutes, the password again for ten more, also over a restart") {
  test::TempFolder temp;
  std::string token;
  {
    Hub hub(temp.path());
    const SignedIn in = hub.setup(*hub.identity->administratorCode()).value();
    token = in.token;
    CHECK(hub.identity->confirmed(in.session));
    CHECK(hub.identity->confirmedUntil(in.session) == hub.clock.wall() + 10min);
    hub.clock.advance(10min);
    CHECK_FALSE(hub.identity->confirmed(in.session));
    CHECK(confirm(hub, in.session, "wrong horses").error().code == ErrorCode::unauthenticated);
    CHECK_FALSE(hub.identity->confirmed(in.session));
    REQUIRE(confirm(hub, in.session, kPassword));
    CHECK(hub.identity->confirmed(in.session));
    hub.clock.advance(9min);
  }
  {
    Hub hub(temp.path(), {.access = {true, true}}, 19min);
    const Session session = *hub.identity->find(token);
    CHECK(hub.identity->confirmed(session));
    hub.clock.advance(1min);
    CHECK_FALSE(hub.identity->confirmed(session));
    const Session guest = hub.identity->signInGuest("Ada")->session;
    CHECK_FALSE(hub.identity->confirmed(guest));
    CHECK(confirm(hub, guest, kPassword).error().code == ErrorCode::permission_denied);
    for (int i = 0; i < 6; ++i) (void)confirm(hub, session, "wrong horses");
    CHECK(confirm(hub, session, kPassword).error().code == ErrorCode::exhausted);
    CHECK(hub.signIn("ada"));
  }
}

TEST_CASE("A new password of one's own ends all other sessions, and the old one opens nothing") {
  test::TempFolder temp;
  Hub hub(temp.path());
  const SignedIn here = hub.setup(*hub.identity->administratorCode()).value();
  const SignedIn there = hub.signIn("ada").value();
  CHECK(changePassword(hub, here.session, "wrong horses", "another horse").error().where == "/current");
  CHECK(changePassword(hub, here.session, kPassword, "short").error().where == "/password");
  CHECK(hub.identity->find(there.token));
  REQUIRE(changePassword(hub, here.session, kPassword, "another horse"));
  CHECK(hub.identity->find(here.token));
  CHECK_FALSE(hub.identity->find(there.token));
  CHECK(hub.signIn("ada").error().code == ErrorCode::unauthenticated);
  CHECK(hub.signIn("ada", "another horse"));
  CHECK(hub.audited("account.password user:ada ok") == 1);
  CHECK(hub.audited("account.password user:ada refused") == 1);
}

TEST_CASE("A password that an administrator gives ends every session; one that was not given is made") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode(), "root"));
  REQUIRE(hub.add("bob", Role::viewer));
  const SignedIn bob = hub.signIn("bob").value();
  const auto made = setPassword(hub, "bob", std::nullopt);
  REQUIRE(made);
  REQUIRE(made->made_password);
  CHECK_FALSE(hub.identity->find(bob.token));
  CHECK(hub.signIn("bob").error().code == ErrorCode::unauthenticated);
  CHECK(hub.signIn("bob", *made->made_password));
  CHECK(setPassword(hub, "bob", "short").error().where == "/password");
  CHECK(setPassword(hub, "nobody", std::nullopt).error().code == ErrorCode::not_found);
  const auto given = setPassword(hub, "bob", "another horse");
  REQUIRE(given);
  CHECK_FALSE(given->made_password);
  CHECK(hub.audited("user.password user:bob ok") == 2);
}

TEST_CASE("A sign-in whose password is changed while it is checked does not come in") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode(), "root"));
  REQUIRE(hub.add("bob", Role::viewer));
  for (int round = 0; round < 20; ++round) {
    const std::string next = "correct horse " + std::to_string(round);
    const std::string now = round == 0 ? kPassword : "correct horse " + std::to_string(round - 1);
    std::promise<Result<SignedIn>> in;
    std::promise<bool> set;
    hub.identity->setPassword("bob", next, test::kRoot, [&](const auto& given) { set.set_value(given.has_value()); });
    hub.identity->signIn("bob", now, {"192.0.2.1"}, [&](Result<SignedIn> result) { in.set_value(std::move(result)); });
    REQUIRE(set.get_future().get());
    const auto signed_in = in.get_future().get();
    // Whichever came first: no session of the old password is left.
    CHECK_FALSE((signed_in && hub.identity->find(signed_in->token)));
    hub.clock.advance(1min);
  }
}

TEST_CASE("The list of sessions says where they were begun, and each can be ended") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode(), "root"));
  REQUIRE(hub.add("bob", Role::viewer));
  const auto in = [&](const std::string& address, const std::string& agent) {
    hub.clock.advance(1s);
    return store::waitFor<SignedIn>([&](auto done) {
             hub.identity->signIn("bob", kPassword, {address, agent}, done);
           })
        .value();
  };
  const SignedIn one = in("192.0.2.1", "Firefox/1 \x1b[31m" + std::string(500, 'x')), two = in("2001:db8::1", "curl"),
                 three = in("192.0.2.3", "");
  const PersonId bob = one.session.person.id;
  auto list = hub.identity->sessionsOf(bob);
  REQUIRE(list.size() == 3);
  CHECK(list[0].handle == three.session.handle);
  CHECK(list[1].address == "2001:db8::1");
  CHECK(list[2].user_agent.size() == 120);
  CHECK(list[2].user_agent.starts_with("Firefox/1 ?[31mxx"));
  CHECK(hub.identity->sessionCounts().at(bob) == 3);

  const auto end = [&](const PersonId& whose, const std::string& handle) {
    return Hub::status([&](auto done) { hub.identity->endSession(whose, handle, test::kRoot, done); });
  };
  // Another's session is not there.
  CHECK(end(*PersonId::parse("u-1"), one.session.handle).error().code == ErrorCode::not_found);
  for (const char* handle : {"", "s-", "s-000000000000000000000000", "t-1", "g-1"})
    CHECK(end(bob, handle).error().code == ErrorCode::not_found);
  REQUIRE(end(bob, one.session.handle));
  CHECK_FALSE(hub.identity->find(one.token));
  REQUIRE(Hub::status([&](auto done) { hub.identity->endSessions(bob, three.session.handle, test::kRoot, done); }));
  CHECK_FALSE(hub.identity->find(two.token));
  CHECK(hub.identity->find(three.token));
  CHECK(hub.audited("session.end user:bob ok") == 2);
  REQUIRE(hub.signOut(three.token));
  CHECK(hub.audited("session.sign_out user:bob ok") == 1);
}

TEST_CASE("Wrong sign-ins are in the audit with the name and never the password, and a flood of them is not") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode(), "root"));
  CHECK_FALSE(hub.signIn("root", "wrong horses"));
  CHECK_FALSE(hub.signIn("Not A Name", "wrong horses"));
  CHECK(hub.audited("session.sign_in user:root refused") == 1);
  for (int i = 0; i < 2000; ++i) (void)hub.signIn("root", "wrong horses", "198.51.100." + std::to_string(i % 250));
  CHECK(hub.audited("session.sign_in user:root refused") == 1);
  hub.clock.advance(2min);
  hub.identity->maintain();
  CHECK(hub.audited("session.sign_in  refused") == 1);
  CHECK(hub.foundOnDisk(temp.path(), {"wrong horses"}).empty());
  REQUIRE(hub.signIn("root"));
  CHECK(hub.audited("session.sign_in user:root ok") == 1);
}

TEST_CASE("What guests may is changed while the hub runs, and counts at once") {
  test::TempFolder temp;
  Hub hub(temp.path(), Settings{.access = {true, true}});
  std::vector<std::string> told;
  hub.identity->onRightsChanged([&](const RightsChange& change) {
    told.push_back((change.person.empty() ? "guests" : change.person.str()) + (change.reduced ? " reduced" : " grew"));
  });
  const Session guest = hub.identity->signInGuest("Ada")->session;
  CHECK(hub.identity->may(&guest, Permission::play));
  hub.identity->configure({.access = {true, false}});
  CHECK_FALSE(hub.identity->may(&guest, Permission::play));
  CHECK(hub.identity->may(&guest, Permission::watch));
  hub.identity->configure({.access = {true, false}, .guest_session = 1min});
  hub.identity->configure({.access = {false, false}});
  CHECK_FALSE(hub.identity->may(&guest, Permission::watch));
  CHECK_FALSE(hub.identity->signInGuest("Eve"));
  hub.identity->configure({.access = {false, true}});
  hub.identity->configure({.access = {true, true}});
  CHECK(hub.identity->may(&guest, Permission::play));
  CHECK(told == std::vector<std::string>{"guests reduced", "guests reduced", "guests grew"});
}

TEST_CASE("Whoever is asked about guests keeps them out with a sentence") {
  test::TempFolder temp;
  Hub hub(temp.path());
  hub.identity->onGuest([](const Session& guest, const Caller& caller) -> Status {
    CHECK(guest.person.kind == PersonKind::guest);
    if (caller.address == "192.0.2.66") return fail(ErrorCode::permission_denied, "Banned until tomorrow.");
    return {};
  });
  CHECK(hub.identity->signInGuest("Ada", {"192.0.2.66"}).error().message == "Banned until tomorrow.");
  const SignedIn guest = hub.identity->signInGuest("Ada", {"192.0.2.1"}).value();
  hub.identity->endGuest(guest.session.person.id);
  CHECK_FALSE(hub.identity->find(guest.token));
  CHECK_FALSE(hub.identity->renew(guest.session));
}

TEST_CASE("Of very many guests that have ended the one that would soonest have expired is forgotten, and no other") {
  test::TempFolder temp;
  Hub hub(temp.path());
  const SignedIn ada = hub.identity->signInGuest("Ada").value(), bob = hub.identity->signInGuest("Bob").value();
  const auto end = [&](const PersonId& guest) {
    hub.identity->endGuest(guest);
    hub.clock.advance(1ms);
  };
  for (const int again : {1, 2}) {  // to end twice counts once
    INFO(again);
    end(bob.session.person.id);
  }
  end(ada.session.person.id);
  end(bob.session.person.id);
  for (int i = 0; i < 9998; ++i) end(*PersonId::parse("g-" + std::to_string(i)));
  CHECK_FALSE(hub.identity->find(ada.token));
  CHECK_FALSE(hub.identity->find(bob.token));
  end(*PersonId::parse("g-last"));
  CHECK(hub.identity->find(ada.token));
  CHECK_FALSE(hub.identity->find(bob.token));
}

TEST_CASE("Whom an issuer vouches for comes in by the link, or as a new account under a name that is free") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode(), "root"));
  const auto come = [&](const std::string& subject, const std::string& hint, std::optional<Role> role) {
    return store::waitFor<SignedIn>(
        [&](auto done) { hub.identity->signInBySubject(subject, hint, role, {"192.0.2.1"}, done); });
  };
  CHECK(come("https://issuer|1", "root", std::nullopt).error().code == ErrorCode::permission_denied);
  CHECK(come("", "root", Role::viewer).error().code == ErrorCode::permission_denied);
  const auto first = come("https://issuer|1", "root", Role::viewer);
  REQUIRE(first);
  // The administrator's name does not make him the administrator.
  CHECK(first->session.person.name == "root-2");
  CHECK(first->session.person.role == Role::viewer);
  CHECK(hub.identity->confirmed(first->session));
  CHECK(come("https://issuer|1", "somebody", Role::administrator)->session.person.name == "root-2");
  CHECK(come("https://issuer|2", "Zo\xc3\xab Q.", Role::member)->session.person.name == "zo-q.");
  CHECK(come("https://issuer|3", "\xe2\x82\xac", Role::member)->session.person.name == "person");
  CHECK(come("https://issuer|4", "", Role::member)->session.person.name == "person-2");
  CHECK(come("https://issuer|7", "..", Role::member)->session.person.name == "person-3");
  CHECK(come("https://issuer|8", "._.dots_", Role::member)->session.person.name == "dots_");
  CHECK(come("https://issuer|5", std::string(300, 'a'), Role::member)->session.person.name == std::string(28, 'a'));
  // Nobody signs in there with a password, least of all an empty one.
  CHECK(hub.signIn("root-2", "").error().code == ErrorCode::unauthenticated);
  CHECK(hub.signIn("root-2", kPassword).error().code == ErrorCode::unauthenticated);
  CHECK(confirm(hub, first->session, kPassword).error().code == ErrorCode::unauthenticated);
  REQUIRE(hub.change("root-2", {.role = {}, .disabled = true}));
  CHECK(come("https://issuer|1", "root", Role::viewer).error().code == ErrorCode::permission_denied);
  std::vector<std::promise<Result<SignedIn>>> twins(8);
  for (auto& twin : twins)
    hub.identity->signInBySubject("https://issuer|6", "twin", Role::member, {},
                                  [&twin](Result<SignedIn> in) { twin.set_value(std::move(in)); });
  for (auto& twin : twins) CHECK(twin.get_future().get().value().session.person.name == "twin");
}
