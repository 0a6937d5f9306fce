#include "identity/audit.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/json.hpp"
#include "unit/identity/audit_rig.hpp"

using namespace robohub;
using namespace robohub::identity;
using namespace robohub::identity::test;
using namespace std::chrono_literals;
using robohub::test::TempFolder;

TEST_CASE("a known head may be any row of the chain, in either case of its digits") {
  TempFolder temp;
  Trail trail(temp.path());
  trail.rows(3);
  std::string head = trail.verify().head;
  trail.rows(3);
  CHECK(trail.verify(head).good);
  std::transform(head.begin(), head.end(), head.begin(), ::toupper);
  CHECK(trail.verify(head).good);
  head[0] = head[0] == '1' ? '2' : '1';
  CHECK_FALSE(trail.verify(head).good);
}

TEST_CASE("the audit's rows cannot be changed or removed through the database") {
  TempFolder temp;
  Trail trail(temp.path());
  trail.rows(3);
  for (const char* sql : {"UPDATE audit SET actor_name = 'Eve' WHERE seq = 2", "DELETE FROM audit WHERE seq = 3"})
    CHECK_FALSE(trail.database->writeNow([&](store::Session& session) -> Status {
      auto done = session.run(sql);
      return done ? Status{} : Status(fail(done.error()));
    }));
  CHECK(trail.verify().rows == 3);
}

TEST_CASE("an empty audit is whole, and fifty thousand rows are verified quickly") {
  TempFolder temp;
  Trail trail(temp.path());
  const AuditVerdict empty = trail.verify();
  CHECK(empty.good);
  CHECK(empty.rows == 0);
  CHECK(empty.head == std::string(64, '0'));
  trail.rows(50'000);
  const auto begun = std::chrono::steady_clock::now();
  const AuditVerdict verdict = trail.verify();
  CHECK(verdict.good);
  CHECK(verdict.rows == 50'000);
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

TEST_CASE("whatever stands in a name, the row is one line of JSON that reads back") {
  TempFolder temp;
  Trail trail(temp.path());
  const std::vector<std::string> nasty = {
      "a\r\nb", "\x1b[31mred\x1b[0m", "\"},{\"x\":\"", std::string("nul\0l", 5), "\xff\xfe", "ünïcödé", "\xe2\x80\xae"};
  for (const std::string& name : nasty) REQUIRE(trail.append({{"u-1", name, name}, name, name, Outcome::ok, "{}"}));
  const auto rows = trail.find({.oldest_first = true});
  REQUIRE(rows.size() == nasty.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string line = toJson(rows[i]);
    INFO(line);
    for (const char each : line) CHECK(static_cast<unsigned char>(each) >= 0x20);
    const auto object = json::parseObject(line);
    REQUIRE(object);
    const std::string name = json::getString(*json::getObject(**object, "actor").value(), "name").value();
    CHECK(name == (nasty[i] == "\xff\xfe" ? "??" : nasty[i]));
  }
  CHECK(trail.verify().good);
}

TEST_CASE("texts are cut between characters, and a detail that is too long or no object is not kept") {
  TempFolder temp;
  Trail trail(temp.path());
  std::string name;
  for (int i = 0; i < 100; ++i) name += "\xe2\x82\xac";  // 300 bytes
  REQUIRE(trail.append({{"u-1", name, ""}, "user.add", "", Outcome::ok, "{\"x\":\"" + std::string(5000, 'x') + "\"}"}));
  REQUIRE(trail.append({{"u-1", "Ada", ""}, "user.add", "", Outcome::ok, "{broken"}));
  REQUIRE(trail.append({{"u-1", "Ada", ""}, "user.add", "", Outcome::ok, "[]"}));
  const auto rows = trail.find({.oldest_first = true});
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].entry.actor.name.size() == 255);
  for (const AuditRow& row : rows) CHECK(row.entry.detail_json == "{\"truncated\":true}");
  CHECK(trail.verify().good);
}

TEST_CASE("an entry goes with the write that it stands in, or not at all") {
  TempFolder temp;
  Trail trail(temp.path());
  CHECK_FALSE(trail.database->writeNow([&](store::Session& session) -> Status {
    if (Status done = trail.audit->append(session, {Actor::hub(), "user.add", "user:ada", Outcome::ok, "{}"}); !done)
      return done;
    return fail(ErrorCode::conflict, "There is an account of this name.");
  }));
  REQUIRE(trail.append({Actor::hub(), "user.add", "user:bob", Outcome::ok, "{}"}));
  const auto rows = trail.find({});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].seq == 1);
  CHECK(rows[0].entry.object == "user:bob");
  CHECK(trail.verify().good);
}

TEST_CASE("entries of many threads make one chain") {
  TempFolder temp;
  Trail trail(temp.path());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        trail.audit->note({{"g-" + std::to_string(t), "Ada", ""}, "turn.begin", "", Outcome::ok, "{}"});
        if (i % 20 == 0) (void)trail.append({Actor::hub(), "user.add", "", Outcome::ok, "{}"});
      }
    });
  while (!trail.verify().good) FAIL("a chain that grows is whole at any time");
  for (std::thread& thread : threads) thread.join();
  trail.flush();
  const AuditVerdict verdict = trail.verify();
  CHECK(verdict.good);
  CHECK(verdict.rows + static_cast<std::int64_t>(trail.audit->lost()) == 840);
  CHECK(trail.audit->lost() == 0);
}

TEST_CASE("what cannot be written is counted") {
  TempFolder temp;
  Trail trail(temp.path());
  trail.database->close();
  trail.audit->note({Actor::hub(), "hub.start", "", Outcome::ok, "{}"});
  CHECK(trail.audit->lost() == 1);
}

TEST_CASE("a hub that is killed in the middle of its entries leaves a whole chain with all that it acknowledged") {
  TempFolder temp;
  int told[2];
  REQUIRE(::pipe(told) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(told[0]);
    Trail trail(temp.path());
    for (int i = 0;; ++i) {
      trail.audit->note({Actor::hub(), "turn.begin", "", Outcome::ok, "{}"});
      if (trail.append({Actor::hub(), "user.add", "n:" + std::to_string(i), Outcome::ok, "{}"}))
        (void)!::write(told[1], &i, sizeof i);
    }
  }
  ::close(told[1]);
  int last = -1, seen = -1;
  while (last < 50 && ::read(told[0], &seen, sizeof seen) == sizeof seen) last = seen;
  ::kill(child, SIGKILL);
  while (::read(told[0], &seen, sizeof seen) == sizeof seen) last = seen;
  ::close(told[0]);
  ::waitpid(child, nullptr, 0);
  Trail trail(temp.path());
  CHECK(trail.verify().good);
  CHECK(trail.find({.object = "n:" + std::to_string(last)}).size() == 1);
  REQUIRE(trail.append({Actor::hub(), "hub.start", "", Outcome::ok, "{}"}));
  CHECK(trail.verify().good);
}

TEST_CASE("old rows go, and the chain then begins at the anchor") {
  TempFolder temp;
  Trail trail(temp.path());
  trail.rows(5000);  // at 1 s ... 5000 s of 1970
  const std::string head = trail.verify().head;
  const Duration keep = trail.clock.wall().time_since_epoch() - 4001s;
  REQUIRE(trail.expire(keep));
  const AuditVerdict verdict = trail.verify(head);
  CHECK(verdict.good);
  CHECK(verdict.rows == 1000 + 1);
  const auto oldest = trail.find({.limit = 1, .oldest_first = true});
  CHECK(oldest.at(0).seq == 4001);
  const auto newest = trail.find({.limit = 1});
  CHECK(newest.at(0).entry.action == "audit.expire");
  CHECK(newest.at(0).entry.detail_json == "{\"removed\":4000}");
  REQUIRE(trail.expire(keep));  // nothing more to remove, so nothing is said
  CHECK(trail.find({.limit = 1}).at(0).seq == newest.at(0).seq);

  SECTION("a row behind the anchor that is changed is still found") {
    trail.database->close();
    trail.folder.reset();
    byHand(temp.path(), "UPDATE audit SET actor_name = 'Eve' WHERE seq = 4001");
    CHECK(Trail(temp.path()).verify().first_bad_seq == 4001);
  }
  SECTION("all may go, and the numbers go on") {
    trail.clock.advance(1h);
    REQUIRE(trail.expire(1ms));
    CHECK(trail.verify().good);
    CHECK(trail.find({}).at(0).seq == 5002);
  }
}

TEST_CASE("a row whose clock was wrong does not let younger ones before it go") {
  TempFolder temp;
  Trail trail(temp.path());
  auto at = [&](std::int64_t at_ms) {
    REQUIRE(trail.database->writeNow([&](store::Session& session) {
      return appendRow(session, {Actor::hub(), "hub.start", "", Outcome::ok, "{}"}, at_ms);
    }));
  };
  for (const std::int64_t at_ms : {1000, 2'000'000, 3000}) at(at_ms);
  REQUIRE(trail.expire(trail.clock.wall().time_since_epoch() - 1000s));
  CHECK(trail.find({.limit = 1, .oldest_first = true}).at(0).seq == 2);
  CHECK(trail.verify().good);
}

TEST_CASE("entries are found by time, actor, action, object and text, page by page") {
  TempFolder temp;
  Trail trail(temp.path());
  trail.rows(100);
  REQUIRE(trail.append(
      {{"g-x", "Grüß 100%_\\", "192.0.2.9"}, "session.sign_in", "", Outcome::refused, "{\"why\":\"No\"}"}));
  auto seqs = [&](AuditQuery query) {
    std::vector<std::int64_t> out;
    for (const AuditRow& row : trail.find(query)) out.push_back(row.seq);
    return out;
  };
  CHECK(seqs({.limit = 3}) == std::vector<std::int64_t>{101, 100, 99});
  CHECK(seqs({.before_seq = 99, .limit = 2}) == std::vector<std::int64_t>{98, 97});
  CHECK(seqs({.after_seq = 98, .limit = 2, .oldest_first = true}) == std::vector<std::int64_t>{99, 100});
  CHECK(seqs({.from_ms = 10'000, .to_ms = 13'000}) == std::vector<std::int64_t>{12, 11, 10});
  CHECK(seqs({.from_ms = std::int64_t(1) << 60}).empty());
  CHECK(seqs({.to_ms = 0}).empty());
  CHECK(seqs({.actor = "u-3", .limit = 1000}).size() == 20);
  CHECK(seqs({.actor = "Grüß 100%_\\"}) == std::vector<std::int64_t>{101});
  CHECK(seqs({.action = "turn.", .limit = 1000}).size() == 100);
  CHECK(seqs({.action = "turn.begin", .limit = 1000}).size() == 50);
  CHECK(seqs({.action = "turn"}).empty());
  CHECK(seqs({.object = "device:lab-3", .limit = 1000}).size() == 14);
  CHECK(seqs({.text = "100%_\\"}) == std::vector<std::int64_t>{101});
  CHECK(seqs({.text = "SIGN_IN"}) == std::vector<std::int64_t>{101});
  CHECK(seqs({.text = "\"why\":\"no\""}) == std::vector<std::int64_t>{101});
  CHECK(seqs({.from_ms = 1, .to_ms = 50'001, .actor = "u-0", .action = "turn.end", .object = "device:lab-3"}) ==
        std::vector<std::int64_t>{10});
  CHECK(seqs({.limit = 100'000}).size() == 101);
  CHECK(seqs({.limit = 0}).size() == 1);
}

TEST_CASE("what is asked for often is read by an index and not sorted") {
  TempFolder temp;
  Trail trail(temp.path());
  const auto [query, index] = GENERATE(
      table<AuditQuery, std::string>({{AuditQuery{}, "SCAN audit"},
                                      {AuditQuery{.before_seq = 50}, "INTEGER PRIMARY KEY"},
                                      {AuditQuery{.from_ms = 1, .to_ms = 2}, "COVERING INDEX audit_by_time"},
                                      {AuditQuery{.from_ms = 1, .to_ms = 2}, "INTEGER PRIMARY KEY"},
                                      {AuditQuery{.actor = "u-1"}, "audit_by_actor"},
                                      {AuditQuery{.action = "turn.begin"}, "audit_by_action"},
                                      {AuditQuery{.object = "device:a", .before_seq = 9}, "audit_by_object"}}));
  std::string plan;
  REQUIRE(trail.database->readNow([&, query = query](store::Session& session) -> Status {
    auto explained = explainFind(session, query);
    if (!explained) return fail(explained.error());
    plan = *explained;
    return {};
  }));
  INFO(plan);
  CHECK(plan.find(index) != std::string::npos);
  CHECK(plan.find("TEMP B-TREE") == std::string::npos);
}
