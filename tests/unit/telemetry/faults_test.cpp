#include <signal.h>
#include <sys/resource.h>

#include "damage.hpp"
#include "unit/store/small_disk.hpp"

using namespace robohub;
using namespace robohub::telemetry;
using namespace robohub::telemetry::test;

namespace {

// Files of this process may have at most so many bytes while it lives: a write beyond fails as on a full disk.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) {
    before_handler_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    struct rlimit less = before_;
    less.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, before_handler_);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  struct rlimit before_ {};
  void (*before_handler_)(int) = SIG_DFL;
};

}  // namespace

TEST_CASE("a damaged history.db is set aside, a new one begun, and what the single values know is not lost") {
  Rig rig;
  rig.open();
  for (int i = 0; i < 500; ++i) rig.temperature(i, kStart + i);
  rig.close();
  spoil(rig.folder.path() / "history.db");
  rig.open();
  CHECK(rig.history->figures().state == State::ready);
  const std::string aside = rig.history->figures().set_aside;
  CHECK(aside.find("history.db.damaged-") != std::string::npos);
  CHECK(std::filesystem::exists(aside));
  CHECK(rig.saidSomething("is damaged"));
  CHECK(rig.points(kStart, kStart + 1000, 1000).size() == 500);
  CHECK(rig.points(kStart - 90LL * 24 * 3'600'000, kStart + 60'000, 10).at(0).n == 500);
  rig.temperature(1, kStart + 600);
  rig.history->flush();
  CHECK(rig.points(kStart, kStart + 1000, 1000).size() == 501);
}

TEST_CASE("a damaged file of single values is set aside, and the roll-ups of it stay") {
  Rig rig;
  rig.open();
  for (int i = 0; i < 500; ++i) rig.temperature(i, kStart + i);
  rig.close();
  spoil(rawFileOf(rig));
  rig.open();
  rig.temperature(1, kStart + 600);
  rig.history->flush();
  (void)rig.ask(kStart, kStart + 1000, 1000);  // who reads finds it, if nobody has before
  rig.history->flush();
  rig.temperature(2, kStart + 700);
  rig.history->flush();
  CHECK(rig.history->figures().state == State::ready);
  CHECK_FALSE(rig.history->figures().set_aside.empty());
  const auto months = rig.points(kStart - 90LL * 24 * 3'600'000, kStart + 60'000, 10);
  REQUIRE(months.size() == 1);
  CHECK(months[0].n >= 501);
  CHECK(rig.points(kStart + 700, kStart + 701, 10).size() == 1);
}

TEST_CASE("a file that is no database at all, and one of a newer program, leave the hub running") {
  Rig rig;
  std::ofstream(rig.folder.path() / "history.db") << "This is a letter to my aunt, and no database whatsoever.";
  rig.open();
  rig.temperature(1, kStart);
  rig.history->flush();
  CHECK(rig.history->figures().state == State::ready);
  CHECK(rig.history->figures().recorded == 1);
  rig.close();
  {
    auto session = store::Session::open((rig.folder.path() / "history.db").string(), store::Session::Role::writer);
    REQUIRE((*session)->runScript("PRAGMA user_version=99"));
  }
  rig.open();
  rig.temperature(1, kStart);
  rig.history->flush();
  const auto figures = rig.history->figures();
  CHECK(figures.state == State::broken);
  CHECK(figures.trouble.find("newer robohub") != std::string::npos);
  CHECK(figures.dropped == 1);
  CHECK(rig.ask(kStart, kStart + 5, 5).error().code == ErrorCode::unavailable);
  CHECK(std::filesystem::exists(rig.folder.path() / "history.db"));  // it is somebody's, and stays
}

TEST_CASE("while the disk is nearly full values are lost and counted, and later ones are kept again") {
  Rig rig;
  rig.open();
  rig.temperature(1, kStart);
  rig.history->flush();
  rig.room = false;
  for (int i = 0; i < 10; ++i) rig.temperature(1, kStart + 10 + i);
  rig.history->flush();
  CHECK(rig.history->figures().dropped == 10);
  CHECK(rig.history->figures().dropped_lately == 10);
  CHECK(rig.saidSomething("values are being lost"));
  rig.room = true;
  rig.temperature(1, kStart + 100);
  rig.history->flush();
  CHECK(rig.history->figures().recorded == 2);
  rig.clock.advance(std::chrono::minutes(11));
  CHECK(rig.history->figures().dropped_lately == 0);
  CHECK(rig.points(kStart, kStart + 1000, 100).size() == 2);
}

TEST_CASE("a write that the disk refuses costs what was being written and nothing else") {
  Rig rig;
  rig.open();
  for (int i = 0; i < 100; ++i) rig.temperature(i, kStart + i);
  rig.history->flush();
  {
    SmallFiles small(64 * 1024);
    for (int i = 0; i < 20'000; ++i) rig.temperature(i % 10, kStart + 1000 + i);
    rig.history->flush();
  }
  const auto full = rig.history->figures();
  CHECK(full.dropped > 0);
  CHECK(full.recorded + full.dropped == 20'100);
  CHECK(full.state == State::ready);
  for (int i = 0; i < 100; ++i) rig.temperature(i, kStart + 30'000 + i);
  rig.history->flush();
  const auto after = rig.history->figures();
  CHECK(after.recorded == full.recorded + 100);
  const auto day = rig.points(kStart - 30LL * 24 * 3'600'000, kStart + 60'000, 5);
  REQUIRE(day.size() == 1);
  CHECK(day[0].n == static_cast<std::int64_t>(after.recorded));
}

TEST_CASE("a full disk of its own is survived, also by roll-ups, and everything is right afterwards") {
  robohub::test::SmallDisk disk(6);
  if (!disk.mounted()) {
    WARN("left out: no file system may be mounted here");
    return;
  }
  TestClock clock;
  Settings settings = Rig::quick();
  settings.roll = std::chrono::milliseconds(0);
  const DeviceId device = *DeviceId::parse("d1");
  const auto type = manifest();
  auto history = std::make_unique<History>(History::Ground{disk.path(), &clock, [](const std::string&) {}}, settings);
  history->open();
  history->describe(device, &type->types[0]);
  history->flush();
  auto put = [&](int from, int count) {
    for (int i = from; i < from + count; ++i)
      history->record(device, "climate", kStart + i, "{\"temperature_cel\":" + std::to_string(i % 10) + "}");
    history->flush();
  };
  put(0, 1000);
  disk.fill();
  for (int i = 0; i < 10; ++i) put(1000 + i * 4000, 4000);
  CHECK(history->figures().dropped > 0);
  disk.free();
  put(50'000, 1000);
  const auto figures = history->figures();
  CHECK(figures.state == State::ready);
  CHECK(figures.recorded + figures.dropped == 42'000);
  history = std::make_unique<History>(History::Ground{disk.path(), &clock, [](const std::string&) {}}, settings);
  history->open();
  history->flush();
  std::promise<Result<Answer>> answer;
  history->ask({device, "climate", kStart - 30LL * 24 * 3'600'000, kStart + 60'000, 5},
               [&](Result<Answer> result) { answer.set_value(std::move(result)); });
  const auto got = answer.get_future().get();
  REQUIRE(got);
  REQUIRE(got->series.size() == 1);
  CHECK(got->series[0].points.at(0).n == static_cast<std::int64_t>(figures.recorded));
}
