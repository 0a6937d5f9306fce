// Roll-ups that had to be let go of while history.db could not be written.
#include "steps.hpp"
#include "telemetry/series_file.hpp"

using namespace robohub;
using namespace robohub::telemetry;
using namespace robohub::telemetry::test;

namespace {

// Nobody else can write the file while it lives.
class Held {
 public:
  explicit Held(const std::filesystem::path& file)
      : session_(std::move(store::Session::open(file.string(), store::Session::Role::writer).value())) {
    REQUIRE(session_->runScript("BEGIN IMMEDIATE"));
  }
  ~Held() { (void)session_->runScript("ROLLBACK"); }

 private:
  std::unique_ptr<store::Session> session_;
};

void checkRolls(Rig& rig) {
  for (std::size_t level = 0; level < kSteps.size(); ++level) {
    INFO("level " << level);
    CHECK(rolled(rig.folder.path(), level) == bruteForce(rig.folder.path(), kSteps[level]));  // whole numbers: exact
  }
}

// More roll-ups than may wait: a value a minute of half an hour.
void recordMoreThanWaits(Rig& rig) {
  rig.clock.advance(std::chrono::minutes(31));
  for (int minute = 0; minute < 30; ++minute) rig.temperature(minute, kStart + minute * 60'000 + 30'000);
  rig.history->flush();
}

void openWithOneValue(Rig& rig) {
  rig.most_rolls = 20;
  rig.open();
  rig.temperature(1, kStart);
  rig.history->flush();
}

void loseRolls(Rig& rig) {
  const Held held(rig.folder.path() / "history.db");
  recordMoreThanWaits(rig);
}

std::int64_t countOf(Rig& rig) {
  std::int64_t all = 0;
  for (const Point& point : rig.points(kStart - 30LL * 24 * 3'600'000, kStart + 24LL * 3'600'000, 5)) all += point.n;
  return all;
}

}  // namespace

TEST_CASE("roll-ups that could not be kept in memory are made again from the single values, once they can be written") {
  Rig rig;
  openWithOneValue(rig);
  loseRolls(rig);
  rig.clock.advance(std::chrono::minutes(2));
  rig.temperature(5, kStart + 32 * 60'000);
  rig.history->flush();
  CHECK(rig.history->figures().recorded == 32);
  CHECK(rig.history->figures().dropped == 0);
  CHECK(countOf(rig) == 32);
  rig.close();
  rig.open();
  CHECK(countOf(rig) == 32);
  rig.close();
  checkRolls(rig);
}

TEST_CASE("roll-ups that could not be kept in memory are made again after a restart too") {
  Rig rig;
  openWithOneValue(rig);
  loseRolls(rig);
  rig.close();
  rig.open();
  CHECK(countOf(rig) == 31);
  rig.close();
  checkRolls(rig);
}

TEST_CASE("while roll-ups lack, a question is answered from all single values, in as many points as were asked for") {
  Rig rig;
  openWithOneValue(rig);
  const Held held(rig.folder.path() / "history.db");
  for (int i = 1; i <= 12'000; ++i) rig.temperature(i % 50, kStart + i);
  recordMoreThanWaits(rig);
  REQUIRE(rig.history->figures().recorded == 12'031);
  CHECK(countOf(rig) == 12'031);
}

TEST_CASE("a commit that fails says of no roll-up that it is written") {
  robohub::test::TempFolder folder;
  const std::atomic<bool> stop{false};
  auto file = SeriesFile::open(folder.path() / "history.db", stop);
  REQUIRE(file);
  REQUIRE((*file)->begin());
  REQUIRE((*file)->setRolled(3));
  REQUIRE((*file)->commit());
  REQUIRE((*file)->begin());
  REQUIRE((*file)->setRolled(7));
  (*file)->rollback();
  CHECK((*file)->rolled() == 3);
}
