#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "steps.hpp"

using namespace robohub;
using namespace robohub::telemetry;
using namespace robohub::telemetry::test;

namespace {

const DeviceId kDevice = *DeviceId::parse("d1");

Settings quickRolls() {
  Settings settings;
  settings.flush = std::chrono::milliseconds(3);
  settings.roll = std::chrono::milliseconds(40);
  return settings;
}

// Records until it is killed.
[[noreturn]] void recordUntilKilled(const std::filesystem::path& folder, unsigned seed) {
  const SystemClock clock;
  History history({folder, &clock, [](const std::string&) {}}, quickRolls());
  history.open();
  const auto type = manifest();
  history.describe(kDevice, &type->types[0]);
  std::mt19937 random(seed);
  while (true) {
    // Some minutes around now, so that more than one step is touched, backwards as well.
    const std::int64_t t = toMs(clock.wall()) - static_cast<std::int64_t>(random() % 1'500'000);
    const std::string value = std::to_string(random() % 100);
    history.record(kDevice, "climate", t, "{\"temperature_cel\":" + value + ",\"pressure_pa\":" + value + "}");
    if (random() % 10 == 0) ::usleep(100);
  }
}

void openAndClose(const std::filesystem::path& folder) {
  const SystemClock clock;
  History history({folder, &clock, [](const std::string& text) { UNSCOPED_INFO(text); }}, quickRolls());
  history.open();
  history.flush();
  CHECK(history.figures().state == State::ready);
}

}  // namespace

TEST_CASE("after kill -9 roll-ups are made again and say exactly what the single values say, round after round") {
  robohub::test::TempFolder folder;
  std::mt19937 random(99);
  for (unsigned round = 0; round < 6; ++round) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) recordUntilKilled(folder.path(), round);
    ::usleep(30'000 + static_cast<useconds_t>(random() % 120'000));
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    openAndClose(folder.path());
    for (std::size_t level = 0; level < kSteps.size(); ++level) {
      INFO("round " << round << " level " << level);
      CHECK(rolled(folder.path(), level) == bruteForce(folder.path(), kSteps[level]));  // whole numbers: exact
    }
  }
  CHECK(bruteForce(folder.path(), 1).size() > 100);
}

TEST_CASE("a lost history.db is made anew from the single values, series and all") {
  robohub::test::TempFolder folder;
  const SystemClock clock;
  const auto type = manifest();
  {
    History history({folder.path(), &clock, [](const std::string&) {}}, quickRolls());
    history.open();
    history.describe(kDevice, &type->types[0]);
    const std::int64_t now = toMs(clock.wall());
    for (int i = 0; i < 1000; ++i)
      history.record(kDevice, "climate", now - i * 500, "{\"temperature_cel\":" + std::to_string(i) + "}");
  }
  const Steps before = rolled(folder.path(), 0);
  REQUIRE(before.size() >= 8);
  removeDatabase(folder.path() / "history.db");
  openAndClose(folder.path());
  for (std::size_t level = 0; level < kSteps.size(); ++level)
    CHECK(rolled(folder.path(), level) == bruteForce(folder.path(), kSteps[level]));
  CHECK(rolled(folder.path(), 0) == before);
}
