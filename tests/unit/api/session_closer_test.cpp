// What is open ends with time and with the configuration too: no request says so.
#include "api/session_closer.hpp"

#include <catch2/catch.hpp>

#include "support/slowness.hpp"
#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::live::test;
using api::SessionCloser;
using identity::Permission;

namespace {

constexpr std::chrono::seconds kWithin{2 * robohub::test::kSlowness};

// The system's clocks, the wall's ahead as it is told to.
class WallAhead final : public Clock {
 public:
  MonoTime now() const override { return system_.now(); }
  WallTime wall() const override { return system_.wall() + std::chrono::milliseconds(ahead_ms_); }
  void ahead(std::chrono::milliseconds by) { ahead_ms_ += by.count(); }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> ahead_ms_{0};
};

struct Bench {
  Bench()
      : people(identity::Identity::open(*live.data, *live.database, *live.audit, {.access = {true, true}}, clock,
                                        {1, 8192})
                   .value()),
        closer(*live.loops, *people, *live.devices, clock) {}
  ~Bench() {
    for (auto& [loop, held] : opened) onLoop(loop, [&, held = held] { held->reset(); });
    live.database->close();
    people->endWorkers();
    live.loops->stop();
  }

  identity::AccountPtr add(const std::string& name, identity::Role role) {
    return store::waitFor<identity::Identity::Given>(
               [&](auto done) { people->addUser(name, role, "correct horse", identity::Actor::hub(), done); })
        .value()
        .account;
  }
  identity::Session program(const identity::AccountPtr& owner) {
    const auto issued = store::waitFor<identity::Tokens::Issued>([&](auto done) {
      people->tokens().add(owner->person.id, {"arm", {Permission::play}, {}, 1}, identity::Actor::hub(), done);
    });
    return people->findToken(issued.value().secret).value();
  }
  // Keeps something open for this session; what happens to it is recorded under `name`.
  void open(const std::string& name, const identity::Session& session, std::function<bool()> still_may = nullptr,
            std::size_t loop = 0) {
    const auto held = std::make_shared<std::shared_ptr<void>>();
    opened.emplace_back(loop, held);
    onLoop(loop, [&] {
      *held = closer.keep(
          live.loops->at(loop), session,
          [this, name, weak = std::weak_ptr(held)](SessionCloser::Why why) {
            closed.add(name + (why == SessionCloser::Why::ended ? " ended" : " changed"));
            if (const auto alive = weak.lock()) alive->reset();
          },
          still_may);
    });
  }
  void onLoop(std::size_t loop, const std::function<void()>& work) {
    std::promise<void> done;
    live.loops->at(loop).post([&] {
      work();
      done.set_value();
    });
    done.get_future().get();
  }
  bool gets(const std::string& what) {
    return closed.wait([&](const std::string& each) { return each == what; }, kWithin).has_value();
  }
  std::string holder() {
    const auto turn = live.on([](live::LiveDevice& device) { return device.turn(); });
    return turn.holder ? turn.holder->id.str() : "";
  }
  bool holderGoes() {
    const auto end = std::chrono::steady_clock::now() + kWithin;
    while (!holder().empty())
      if (std::chrono::steady_clock::now() > end) return false;
    return true;
  }

  WallAhead clock;
  LiveBench live;
  std::unique_ptr<identity::Identity> people;
  SessionCloser closer;
  Record<std::string> closed;
  std::vector<std::pair<std::size_t, std::shared_ptr<std::shared_ptr<void>>>> opened;
};

}  // namespace

TEST_CASE("A token that expires ends its sockets and its turn within two seconds") {
  Bench bench;
  const auto session = bench.program(bench.add("bob", identity::Role::player));
  const auto port = bench.live.ready();
  REQUIRE(bench.live.drive(session.person, *port, true) > 0);
  bench.open("program", session);
  CHECK(bench.closed.all().empty());
  bench.clock.ahead(std::chrono::hours(24));
  CHECK(bench.gets("program ended"));
  CHECK(bench.holderGoes());
}

TEST_CASE("Guests whom the configuration no longer lets play lose the turn; who may still watch goes on watching") {
  Bench bench;
  const auto ada = bench.people->signInGuest("Ada")->session, eve = bench.people->signInGuest("Eve")->session;
  const auto bob = bench.program(bench.add("bob", identity::Role::player));
  const auto port = bench.live.ready();
  REQUIRE(bench.live.drive(ada.person, *port, true) > 0);
  bench.open("ada's socket", ada);
  bench.open(
      "ada's pictures", ada, [&] { return bench.people->may(&ada, Permission::watch); }, 1);
  bench.open("eve's socket", eve, nullptr, 1);
  bench.open("bob's socket", bob);
  bench.people->configure({.access = {true, false}});
  CHECK(bench.gets("ada's socket changed"));
  CHECK(bench.gets("eve's socket changed"));
  CHECK(bench.holderGoes());
  bench.live.settle();
  CHECK(bench.closed.all().size() == 2);
  bench.people->configure({.access = {false, false}});
  CHECK(bench.gets("ada's pictures changed"));
  bench.live.settle();
  CHECK(bench.closed.all().size() == 3);
}

TEST_CASE("Rights that grow leave whoever drives alone and reach everybody else") {
  Bench bench;
  bench.people->configure({.access = {true, true}});
  const auto bob = bench.add("bob", identity::Role::player);
  const auto driving = bench.program(bob), idle = bench.program(bob);
  const auto port = bench.live.ready();
  REQUIRE(bench.live.drive(driving.person, *port, true) > 0);
  bench.open("driving", driving);
  bench.open("idle", idle, nullptr, 1);
  bench.open("pictures", idle, [] { return true; });
  REQUIRE(store::waitFor<identity::AccountPtr>([&](auto done) {
    bench.people->directory().change("bob", {.role = identity::Role::administrator, .disabled = {}},
                                     identity::Actor::hub(), done);
  }));
  CHECK(bench.gets("idle changed"));
  bench.live.settle();
  CHECK(bench.closed.all().size() == 1);
  CHECK(bench.holder() == driving.person.id.str());
}

TEST_CASE("What is opened just as its session ends is closed as well") {
  Bench bench;
  const auto ada = bench.people->signInGuest("Ada")->session;
  bench.people->endGuest(ada.person.id);
  bench.open("late", ada);
  CHECK(bench.gets("late ended"));
}

TEST_CASE("What was opened on a device ends when the device's new place does not allow it, and nothing else does") {
  std::atomic<bool> may{true};
  Bench bench;
  const auto ada = bench.people->signInGuest("Ada")->session;
  bench.open(
      "ada's pictures", ada, [&] { return may.load(); }, 1);
  bench.open("ada's other pictures", ada, [] { return true; });
  bench.open("ada's socket", ada);
  bench.closer.placeChanged();
  bench.live.settle();
  CHECK(bench.closed.all().empty());
  may = false;
  bench.closer.placeChanged();
  CHECK(bench.gets("ada's pictures changed"));
  bench.live.settle();
  CHECK(bench.closed.all().size() == 1);
  // The place changed between the request's look at it and its stream.
  bench.open("late pictures", ada, [&] { return may.load(); });
  CHECK(bench.gets("late pictures changed"));
}
