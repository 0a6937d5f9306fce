// Whom a ban keeps out, for how long, and what is left of it after a restart.
#include "identity/bans.hpp"

#include <catch2/catch.hpp>
#include <future>

#include "identity/guest_token.hpp"
#include "store/data_folder.hpp"
#include "store/wait_for.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::identity;
using namespace std::chrono_literals;

namespace {

class MovedClock final : public Clock {
 public:
  MonoTime now() const override { return MonoTime(std::chrono::hours(1)) + by; }
  WallTime wall() const override {
    return WallTime(1'700'000'000'000ms) + std::chrono::duration_cast<std::chrono::milliseconds>(by);
  }
  Duration by{};
};

struct Bench {
  Bench() { open(); }
  ~Bench() { close(); }
  void open() {
    data = store::DataFolder::open(folder.path() / "data", "test").value();
    database = store::Database::open(*data).value();
    audit = std::make_unique<Audit>(*database, clock);
    bans = Bans::load(*database, *audit, clock).value();
  }
  void close() {
    database->close();
    bans.reset();
    audit.reset();
    database.reset();
    data.reset();
  }
  Result<Ban> add(const char* who, const std::string& device, Duration length, std::string_view reason = "") {
    return store::waitFor<Ban>([&](auto done) {
      bans->add(*PersonId::parse(who), device, length, reason, {"u-1", "Mo", "192.0.2.9"}, done);
    });
  }
  void here(const char* who, const char* address) {
    bans->remember({*PersonId::parse(who), "Name", PersonKind::guest, Role::guest}, address);
  }
  bool out(const char* who, const char* device = "") {
    return bans->refusal(*PersonId::parse(who), device).has_value();
  }

  MovedClock clock;
  robohub::test::TempFolder folder;
  std::unique_ptr<store::DataFolder> data;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<Audit> audit;
  std::unique_ptr<Bans> bans;
};

}  // namespace

TEST_CASE("a ban keeps a guest and whoever comes from the same address from that device alone") {
  Bench bench;
  bench.here("g-a", "198.51.100.7");
  bench.here("g-b", "198.51.100.7");
  bench.here("g-c", "198.51.100.8");
  const auto ban = bench.add("g-a", "d1", 10min, "throws darts");
  REQUIRE(ban);
  CHECK(ban->by == "Mo");
  CHECK(ban->person_name == "Name");
  CHECK(bench.out("g-a", "d1"));
  CHECK(bench.out("g-b", "d1"));
  CHECK_FALSE(bench.out("g-c", "d1"));
  CHECK_FALSE(bench.out("g-a", "d2"));
  CHECK_FALSE(bench.out("g-a"));
  CHECK_FALSE(bench.bans->refusalOf("198.51.100.7"));
  const auto why = bench.bans->refusal(*PersonId::parse("g-a"), "d1");
  CHECK(why->code == ErrorCode::permission_denied);
  CHECK(why->message.find("10 minutes") != std::string::npos);
  CHECK(why->message.find("throws darts") != std::string::npos);
}

TEST_CASE("a ban from the hub holds on every device and at the door, for an IPv6 address by its /64") {
  Bench bench;
  bench.here("g-a", "2001:db8:1:2::7");
  REQUIRE(bench.add("g-a", "", 1h));
  CHECK(bench.out("g-a"));
  CHECK(bench.out("g-a", "d1"));
  CHECK(bench.bans->refusalOf("2001:db8:1:2:ffff::1"));
  CHECK_FALSE(bench.bans->refusalOf("2001:db8:1:3::7"));
}

TEST_CASE("this machine's addresses never count, nor do accounts and tokens") {
  Bench bench;
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "unix"}) {
    INFO(address);
    bench.here("g-a", address);
    bench.here("g-b", address);
    REQUIRE(bench.add("g-a", "", 1h));
    CHECK(bench.out("g-a"));
    CHECK_FALSE(bench.out("g-b"));
    CHECK_FALSE(bench.bans->refusalOf(address));
  }
  CHECK_FALSE(bench.out("u-3"));
  CHECK_FALSE(bench.out("t-3"));
  CHECK(bench.add("u-3", "", 1h).error().where == "/person");
}

TEST_CASE("a ban is over when its time is, and when it is lifted") {
  Bench bench;
  bench.here("g-a", "198.51.100.7");
  bench.here("g-b", "198.51.100.8");
  REQUIRE(bench.add("g-a", "", 10min));
  const auto second = bench.add("g-b", "d1", 10min);
  REQUIRE(second);
  CHECK(bench.bans->list().size() == 2);
  CHECK(bench.bans->list("d1").size() == 1);
  CHECK(store::waitFor<void>([&](auto done) { bench.bans->lift(second->id, Actor::hub(), done); }));
  CHECK_FALSE(bench.out("g-b", "d1"));
  CHECK(store::waitFor<void>([&](auto done) { bench.bans->lift(second->id, Actor::hub(), done); }).error().code ==
        ErrorCode::not_found);
  bench.clock.by = 9min;
  CHECK(bench.out("g-a"));
  bench.clock.by = 10min + 1s;
  CHECK_FALSE(bench.out("g-a"));
  CHECK(bench.bans->list().empty());
}

TEST_CASE("bans and their addresses outlive a restart; a second one takes the place of the first") {
  Bench bench;
  bench.here("g-a", "198.51.100.7");
  REQUIRE(bench.add("g-a", "", 10min));
  REQUIRE(bench.add("g-a", "", 20min, "again"));
  CHECK(bench.bans->list().size() == 1);
  bench.close();
  bench.open();
  REQUIRE(bench.bans->list().size() == 1);
  CHECK(bench.bans->list()[0].reason == "again");
  CHECK(bench.out("g-a"));
  CHECK(bench.bans->refusalOf("198.51.100.7"));
}

TEST_CASE("what cannot be a ban is refused: unknown guests, times without sense, reasons that hide") {
  Bench bench;
  CHECK(bench.add("g-a", "", 1h).error().code == ErrorCode::not_found);
  bench.here("g-a", "198.51.100.7");
  CHECK(bench.add("g-a", "", 1ms).error().where == "/for_ms");
  CHECK(bench.add("g-a", "", 24h * 400).error().where == "/for_ms");
  CHECK(bench.add("g-a", "", 1h, "a\nb").error().where == "/reason");
  CHECK(bench.add("g-a", "", 1h, std::string(201, 'x')).error().where == "/reason");
  CHECK(bench.bans->list().empty());
}

TEST_CASE("bans from one device take nobody's place elsewhere, and those from all devices leave some for the hub") {
  Bench bench;
  const auto made = [&](const std::string& device, int count) {
    std::vector<std::future<bool>> answers;
    for (int i = 0; i < count; ++i) {
      const auto answer = std::make_shared<std::promise<bool>>();
      answers.push_back(answer->get_future());
      bench.bans->add(newGuestId(), device, 1h, "", Actor::hub(),
                      [answer](const Result<Ban>& ban) { answer->set_value(ban.has_value()); });
    }
    int bans = 0;
    for (auto& each : answers) bans += each.get();
    return bans;
  };
  REQUIRE(made("d1", 200) == 200);
  const auto more = bench.add(newGuestId().str().c_str(), "d1", 1h);
  REQUIRE_FALSE(more);
  CHECK(more.error().code == ErrorCode::exhausted);
  CHECK(more.error().message.find("this device") != std::string::npos);
  CHECK(bench.add(bench.bans->list("d1").front().person.str().c_str(), "d1", 2h));  // in the place of its former one
  CHECK(made("", 1) == 1);
  for (const char* device : {"d2", "d3", "d4"}) CHECK(made(device, 200) == 200);
  CHECK(made("d5", 1) == 0);
  CHECK(made("", 199) == 199);
  CHECK(made("", 1) == 0);
}

TEST_CASE("only so many guests are remembered, the newest") {
  Bench bench;
  for (int i = 0; i < 5000; ++i) {
    const std::string id = "g-" + std::to_string(i);
    bench.here(id.c_str(), "198.51.100.7");
  }
  CHECK(bench.add("g-1", "", 1h).error().code == ErrorCode::not_found);
  CHECK(bench.add("g-4999", "", 1h));
}

TEST_CASE("a guest who is remembered no more is banned by the id, or by what a line knows") {
  Bench bench;
  const std::string forgotten = newGuestId().str();
  const auto alone = bench.add(forgotten.c_str(), "", 1h);
  REQUIRE(alone);
  CHECK(alone->person_name == forgotten);
  CHECK(alone->address.empty());
  CHECK(bench.out(forgotten.c_str()));

  const auto id = [](const char* text) { return *PersonId::parse(text); };
  bench.here("g-b", "198.51.100.7");
  bench.bans->recall(id("g-b"), "Somebody", "");  // who is remembered
  bench.bans->recall(id("g-c"), "Cleo", "198.51.100.7");
  CHECK(bench.bans->addressOf(id("g-b")) == "198.51.100.7");
  CHECK(bench.bans->addressOf(id("g-d")).empty());
  const auto by_line = bench.add("g-c", "d1", 1h);
  REQUIRE(by_line);
  CHECK(by_line->person_name == "Cleo");
  CHECK(bench.out("g-b", "d1"));
  CHECK_FALSE(bench.out("g-d", "d1"));
  CHECK(bench.bans->refusal(id("g-d"), "d1", "198.51.100.7"));
  CHECK_FALSE(bench.bans->refusal(id("g-b"), "d2", "198.51.100.7"));
}

TEST_CASE("each ban stands in the audit, written with it") {
  Bench bench;
  bench.here("g-a", "198.51.100.7");
  const auto ban = bench.add("g-a", "d1", 10min);
  REQUIRE(ban);
  REQUIRE(store::waitFor<void>([&](auto done) { bench.bans->lift(ban->id, Actor::hub(), done); }));
  const auto rows = store::waitFor<std::vector<AuditRow>>([&](auto done) { bench.audit->find({}, done); });
  REQUIRE(rows);
  REQUIRE(rows->size() == 2);
  CHECK((*rows)[0].entry.action == "ban.remove");
  CHECK((*rows)[1].entry.action == "ban.add");
  CHECK((*rows)[1].entry.object == "device:d1");
  CHECK((*rows)[1].entry.actor.address == "192.0.2.9");
}
