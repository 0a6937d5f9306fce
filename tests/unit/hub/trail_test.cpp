#include "hub/trail.hpp"

#include <catch2/catch.hpp>

#include "store/wait_for.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::hub;
using namespace std::chrono_literals;

namespace {

constexpr Duration kDay = 24h, kKeep = 365 * kDay;

class SetClock final : public Clock {
 public:
  MonoTime now() const override { return MonoTime(Duration(now_.load())); }
  WallTime wall() const override { return WallTime(std::chrono::milliseconds((now_ + ahead_) / 1'000'000)); }
  void advance(Duration by) { now_ += by.count(); }
  void stepWall(Duration by) { ahead_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{3'600'000'000'000}, ahead_{1'700'000'000'000'000'000};
};

struct Rig {
  robohub::test::TempFolder temp;
  SetClock clock;
  std::unique_ptr<store::DataFolder> folder = store::DataFolder::open(temp.path(), "test").value();
  std::unique_ptr<store::Database> database = store::Database::open(*folder).value();
  identity::Audit audit{*database, clock};
  std::unique_ptr<identity::Certificates> certificates =
      identity::Certificates::open(*folder, *database, audit, clock).value();
  Trail trail{audit, *certificates, clock};

  ~Rig() { database->close(); }
  void keepUp() {
    trail.keepUp(kKeep);
    REQUIRE(database->writeNow([](store::Session&) -> Status { return {}; }));
  }
  // The actions of the audit, the oldest first.
  std::vector<std::string> actions() {
    identity::AuditQuery query;
    query.oldest_first = true;
    std::vector<std::string> found;
    const auto rows =
        store::waitFor<std::vector<identity::AuditRow>>([&](auto done) { audit.find(query, done); }).value();
    for (const auto& row : rows) found.push_back(row.entry.action);
    return found;
  }
};

}  // namespace

TEST_CASE("a wall clock that jumps to another year costs the audit nothing") {
  Rig rig;
  rig.trail.ending();
  rig.keepUp();
  rig.clock.advance(11min);
  rig.keepUp();
  rig.clock.advance(25h);
  rig.clock.stepWall(2 * kKeep);
  rig.keepUp();
  rig.clock.advance(9min);
  rig.keepUp();
  rig.clock.stepWall(-2 * kKeep);
  for (int i = 0; i < 3; ++i) {
    rig.clock.advance(9min);
    rig.keepUp();
  }
  CHECK(rig.actions() == std::vector<std::string>{"hub.stop"});
  // What really is so old goes.
  rig.clock.advance(kKeep + kDay);
  rig.keepUp();
  rig.database->writeNow([](store::Session&) -> Status { return {}; });
  CHECK(rig.actions() == std::vector<std::string>{"audit.expire"});
}
