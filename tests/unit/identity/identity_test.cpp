#include "identity/identity.hpp"

#include "identity/accounts.hpp"
#include "unit/identity/people_rig.hpp"

using namespace robohub;
using namespace robohub::identity;
using Hub = robohub::test::PeopleHub;
using robohub::test::kPassword;
using namespace std::chrono_literals;

TEST_CASE("a guest comes in by name, survives a restart of the hub, and is gone after signing out") {
  test::TempFolder temp;
  std::string token, other;
  {
    Hub hub(temp.path());
    auto guest = hub.identity->signInGuest("  Ada ");
    REQUIRE(guest);
    CHECK(guest->session.person.name == "Ada");
    CHECK(guest->session.person.id.str().starts_with("g-"));
    CHECK(guest->session.person.role == Role::guest);
    CHECK(guest->session.expires == hub.clock.wall() + 12h);
    token = guest->token;
    other = hub.identity->signInGuest("Ada")->token;
    CHECK(hub.identity->find(token)->person.id != hub.identity->find(other)->person.id);
  }
  Hub hub(temp.path());
  REQUIRE(hub.identity->find(token));
  std::vector<std::string> ended;
  hub.identity->onSessionEnded([&](const EndedSession& each) { ended.push_back(each.handle); });
  std::string handle = hub.identity->find(token)->handle;
  REQUIRE(hub.signOut(token));
  CHECK_FALSE(hub.identity->find(token));
  CHECK(hub.identity->find(other));
  CHECK(ended == std::vector{handle});
  hub.clock.advance(12h);
  CHECK_FALSE(hub.identity->find(other));
}

TEST_CASE("guests stay out where the configuration does not let them in") {
  test::TempFolder temp;
  Hub hub(temp.path(), Settings{});
  CHECK(hub.identity->signInGuest("Ada").error().code == ErrorCode::permission_denied);
}

TEST_CASE("guests leave nothing on the disk and a flood of them signing out stays bounded") {
  test::TempFolder temp;
  Hub hub(temp.path());
  std::string last;
  for (int i = 0; i < 10'100; ++i) {
    last = hub.identity->signInGuest("Ada")->token;
    hub.identity->signOut(*hub.identity->find(last), {}, [](Status) {});
    hub.clock.advance(1ms);
  }
  CHECK_FALSE(hub.identity->find(last));
  REQUIRE(hub.database->readNow([](store::Session& db) -> Status {
    auto rows = db.prepare("SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM account_sessions)");
    REQUIRE(rows->step().value());
    CHECK(rows->integer(0) == 0);
    return {};
  }));
}

TEST_CASE("the first administrator is made once, by the code in the data folder") {
  test::TempFolder temp;
  std::string code, token;
  {
    Hub hub(temp.path());
    code = hub.identity->administratorCode().value();
    CHECK(hub.identity->administratorCodeIsNew());
    CHECK(hub.identity->setupNeeded());
    CHECK(hub.folder->readSecret("administrator-code").value() == code + "\n");
  }
  {
    Hub hub(temp.path());
    CHECK(hub.identity->administratorCode() == code);
    CHECK_FALSE(hub.identity->administratorCodeIsNew());
    auto wrong = hub.setup("0000-0000-0000");
    CHECK(wrong.error().code == ErrorCode::permission_denied);
    CHECK(wrong.error().where == "/code");
    CHECK(hub.setup("").error().code == ErrorCode::permission_denied);
    CHECK(hub.setup(code, "Ada").error().where == "/username");
    CHECK(hub.setup(code, "ada", "short").error().where == "/password");
    CHECK(hub.identity->setupNeeded());

    std::string typed = code;
    for (char& c : typed) c = static_cast<char>(std::tolower(c));
    auto first = hub.setup(typed);
    REQUIRE(first);
    CHECK(first->session.person.role == Role::administrator);
    CHECK(first->session.person.id.str() == "u-1");
    CHECK_FALSE(hub.identity->setupNeeded());
    CHECK_FALSE(hub.identity->administratorCode());
    CHECK_FALSE(hub.folder->readSecret("administrator-code").value());
    CHECK(hub.setup(code, "eve").error().code == ErrorCode::conflict);
    token = first->token;
  }
  Hub hub(temp.path());
  CHECK_FALSE(hub.identity->administratorCode());
  CHECK(hub.identity->find(token)->person.name == "ada");
  CHECK(hub.signIn("ada", kPassword));
}

TEST_CASE("two who type the code at once: one becomes administrator") {
  test::TempFolder temp;
  Hub hub(temp.path());
  std::string code = *hub.identity->administratorCode();
  std::promise<Result<SignedIn>> one, two;
  hub.identity->setup(code, "ada", kPassword, {"192.0.2.1"}, [&](auto result) { one.set_value(std::move(result)); });
  hub.identity->setup(code, "eve", kPassword, {"192.0.2.2"}, [&](auto result) { two.set_value(std::move(result)); });
  auto first = one.get_future().get(), second = two.get_future().get();
  REQUIRE(first.has_value() != second.has_value());
  CHECK((first ? second : first).error().code == ErrorCode::conflict);
}

TEST_CASE("guessing the code or a password is slowed down where it comes from, and nowhere else") {
  test::TempFolder temp;
  Hub hub(temp.path());
  std::string code = *hub.identity->administratorCode();
  for (int i = 0; i < 21; ++i) CHECK(hub.setup("0000-0000-0000").error().code == ErrorCode::permission_denied);
  CHECK(hub.setup(code).error().code == ErrorCode::exhausted);
  const auto elsewhere =
      store::waitFor<SignedIn>([&](auto done) { hub.identity->setup(code, "ada", kPassword, {"192.0.2.9"}, done); });
  REQUIRE(elsewhere);

  for (int i = 0; i < 6; ++i)
    CHECK(hub.signIn("ada", "wrong password", "192.0.2.2").error().code == ErrorCode::unauthenticated);
  auto slowed = hub.signIn("ada", kPassword, "192.0.2.2");
  CHECK(slowed.error().code == ErrorCode::exhausted);
  CHECK(slowed.error().message == "Too many wrong tries; try again in 1 s.");
  CHECK(hub.signIn("ada", kPassword, "192.0.2.3"));
  hub.clock.advance(2s);
  CHECK(hub.signIn("ada", kPassword, "192.0.2.2"));
  for (int i = 0; i < 40; ++i) (void)hub.signIn("user" + std::to_string(i), "wrong password", "192.0.2.4");
  CHECK(hub.signIn("ada", kPassword, "192.0.2.4").error().code == ErrorCode::exhausted);
  CHECK(hub.signIn("ada", kPassword, "192.0.2.5"));
}

TEST_CASE("whoever knows a name cannot keep its owner out, however long and often he guesses") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode()));
  for (int second = 0; second < 600; ++second) {
    for (int i = 0; i < 5; ++i) (void)hub.signIn("ada", "wrong password", "198.51.100.1");
    hub.clock.advance(1s);
  }
  CHECK(hub.signIn("ada", kPassword, "198.51.100.1").error().code == ErrorCode::exhausted);
  CHECK(hub.signIn("ada", kPassword, "192.0.2.7"));
}

TEST_CASE("a crowd of guessers gets few tries, and the owner comes in where the account is signed in") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode()));  // from 192.0.2.1
  int tried = 0;
  const auto guess = [&](int from) {
    const std::string address = "10.1." + std::to_string(from / 250) + "." + std::to_string(from % 250);
    const auto answer = hub.signIn("ada", "wrong password", address);
    tried += answer.error().code == ErrorCode::unauthenticated ? 1 : 0;
  };
  for (int from = 0; from < 1000; ++from) guess(from);
  CHECK(tried < 110);
  CHECK(hub.signIn("ada", kPassword, "192.0.2.7").error().code == ErrorCode::exhausted);
  CHECK(hub.signIn("ada", kPassword, "192.0.2.1"));
  // Elsewhere it is let in soon, when there is room between two guesses.
  hub.clock.advance(2s);
  CHECK(hub.signIn("ada", kPassword, "192.0.2.7"));
}

TEST_CASE("whoever is signed in gives his password again whatever others guess, and guesses slowly himself") {
  test::TempFolder temp;
  Hub hub(temp.path());
  const auto first = hub.setup(*hub.identity->administratorCode());
  REQUIRE(first);
  const auto second = hub.signIn("ada");
  REQUIRE(second);
  for (int i = 0; i < 40; ++i) (void)hub.signIn("ada", "wrong password", "192.0.2.1");
  CHECK(hub.signIn("ada").error().code == ErrorCode::exhausted);
  const auto confirm = [&](const Session& session, const std::string& password) {
    return Hub::status([&](auto done) { hub.identity->confirm(session, password, {"192.0.2.1"}, done); });
  };
  CHECK(confirm(first->session, kPassword));
  for (int i = 0; i < 6; ++i)
    CHECK(confirm(first->session, "wrong password").error().code == ErrorCode::unauthenticated);
  CHECK(confirm(first->session, kPassword).error().code == ErrorCode::exhausted);
  // Somebody with a stolen session does not keep the owner from changing the password in his own.
  CHECK(confirm(second->session, kPassword));
}

TEST_CASE("many who come from this machine are not counted together, over IPv4 and IPv6") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode()));
  for (const char* here : {"127.0.0.1", "::1", "unix"}) {
    INFO(here);
    for (int i = 0; i < 30; ++i) (void)hub.signIn("user" + std::to_string(i), "wrong password", here);
    CHECK(hub.signIn("ada", kPassword, here));
  }
}

TEST_CASE("an account of before the rule for its name's first letter signs in") {
  test::TempFolder temp;
  {
    Hub hub(temp.path());
    REQUIRE(hub.add("bob", Role::player));
    REQUIRE(hub.database->writeNow([](store::Session& db) -> Status {
      auto change = db.prepare("UPDATE accounts SET username = '_bob' WHERE username = 'bob'");
      REQUIRE(change);
      REQUIRE(change->step());
      return {};
    }));
  }
  Hub hub(temp.path());
  CHECK(hub.signIn("_bob"));
  CHECK(hub.add("_eve", Role::player).error().where == "/username");
}

TEST_CASE("a wrong name and a wrong password get the same answer") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode()));
  auto password = hub.signIn("ada", "wrong password"), name = hub.signIn("bob", kPassword);
  CHECK(password.error().code == ErrorCode::unauthenticated);
  CHECK(name.error().code == ErrorCode::unauthenticated);
  CHECK(password.error().message == name.error().message);
  CHECK(hub.signIn("Ada' OR 1=1", kPassword).error().message == name.error().message);
}

TEST_CASE("an account's session ends when it is signed out, idle or old, and observers are told") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.setup(*hub.identity->administratorCode()));
  std::vector<std::string> ended;
  hub.identity->onSessionEnded([&](const EndedSession& each) { ended.push_back(each.handle); });
  auto out = hub.signIn("ada", kPassword).value(), idle = hub.signIn("ada", kPassword).value(),
       used = hub.signIn("ada", kPassword).value();
  REQUIRE(hub.signOut(out.token));
  CHECK_FALSE(hub.identity->find(out.token));
  CHECK(ended == std::vector{out.session.handle});

  for (int day = 0; day < 29; ++day) {
    hub.clock.advance(24h);
    CHECK(hub.identity->find(used.token));
    hub.identity->maintain();
  }
  CHECK_FALSE(hub.identity->find(idle.token));
  CHECK(std::count(ended.begin(), ended.end(), idle.session.handle) == 1);
  hub.clock.advance(24h);
  CHECK_FALSE(hub.identity->find(used.token));
  hub.identity->maintain();
  CHECK(std::count(ended.begin(), ended.end(), used.session.handle) == 1);
  hub.flush();
  REQUIRE(hub.database->readNow([](store::Session& db) -> Status {
    auto rows = db.prepare("SELECT count(*) FROM account_sessions");
    REQUIRE(rows->step().value());
    CHECK(rows->integer(0) == 0);
    return {};
  }));
}

TEST_CASE("last use is written down, and a session that was signed out stays out after a restart") {
  test::TempFolder temp;
  std::string kept, out;
  {
    Hub hub(temp.path());
    kept = hub.setup(*hub.identity->administratorCode())->token;
    out = hub.signIn("ada", kPassword)->token;
    hub.clock.advance(5 * 24h);
    REQUIRE(hub.identity->find(kept));
    hub.identity->maintain();
    REQUIRE(hub.signOut(out));
  }
  Hub hub(temp.path());
  hub.clock.advance(9 * 24h);
  CHECK(hub.identity->find(kept));
  CHECK_FALSE(hub.identity->find(out));
}

TEST_CASE("one account keeps at most 32 sessions; the one used longest ago gives way") {
  test::TempFolder temp;
  Hub hub(temp.path());
  std::vector<std::string> tokens{hub.setup(*hub.identity->administratorCode())->token};
  for (int i = 0; i < 34; ++i) {
    hub.clock.advance(1s);
    tokens.push_back(hub.signIn("ada", kPassword)->token);
    if (i == 10) CHECK(hub.identity->find(tokens[0]));
  }
  CHECK(hub.identity->find(tokens[0]));
  CHECK_FALSE(hub.identity->find(tokens[1]));
  CHECK_FALSE(hub.identity->find(tokens[3]));
  CHECK(hub.identity->find(tokens[4]));
  CHECK(std::count_if(tokens.begin(), tokens.end(),
                      [&](auto& token) { return hub.identity->find(token).has_value(); }) == 32);
}

TEST_CASE("the data folder holds no token, code or password that would let a thief in") {
  test::TempFolder temp;
  std::vector<std::string> secrets{kPassword};
  {
    Hub hub(temp.path());
    secrets.push_back(*hub.identity->administratorCode());
    secrets.push_back(hub.setup(secrets[1])->token);
    secrets.push_back(hub.identity->signInGuest("Ada")->token);
    hub.flush();
    for (auto& entry : std::filesystem::directory_iterator(temp.path())) {
      std::stringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      for (const std::string& secret : secrets) CHECK(text.str().find(secret) == std::string::npos);
    }
  }
}

TEST_CASE("accounts are added on the command line while no hub runs, and sign in afterwards") {
  test::TempFolder temp;
  {
    auto folder = store::DataFolder::open(temp.path(), "robohub user").value();
    auto database = store::Database::open(*folder).value();
    ManualClock clock;
    auto person = addAccount(*database, "bob", kPassword, Role::player, clock);
    REQUIRE(person);
    CHECK(person->role == Role::player);
    CHECK(addAccount(*database, "bob", kPassword, Role::player, clock).error().code == ErrorCode::conflict);
    CHECK(addAccount(*database, "eve", kPassword, Role::guest, clock).error().code == ErrorCode::invalid_argument);
  }
  Hub hub(temp.path());
  CHECK(hub.signIn("bob", kPassword)->session.person.role == Role::player);
  CHECK(hub.identity->setupNeeded());
}
