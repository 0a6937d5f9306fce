#include "store/backup.hpp"

#include <sys/stat.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "store/backups.hpp"
#include "unit/store/backup_state.hpp"
#include "unit/store/small_disk.hpp"

using namespace robohub;
using namespace robohub::store;
using namespace robohub::test;

TEST_CASE("a backup holds everything, is for its owner's eyes, and says what it is") {
  State state;
  const auto made = state.backup(state.file());
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  struct stat about {};
  REQUIRE(::stat(state.file().c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  std::vector<std::string> names;
  for (const auto& member : made->files) names.push_back(member.name);
  CHECK(names == std::vector<std::string>{"hub.db", "secret.key", "tls/own.crt", "settings/robohub.yaml"});
  const auto checked = checkBackup(state.file());
  REQUIRE(checked);
  CHECK(checked->version == "1.2.3");
  CHECK(checked->made_at_ms == 1'750'000'000'123);
  CHECK(checked->schema == hubMigrations().back().number);
  CHECK(namesIn(state.temp.path()) == std::vector<std::string>{"b.tar", "data", "my.yaml"});
}

TEST_CASE("a backup overwrites nothing and wants a place that is there") {
  State state;
  write(state.file(), "mine");
  CHECK(state.backup(state.file()).error().code == ErrorCode::conflict);
  CHECK(read(state.file()) == "mine");
  fs::create_symlink("/nonexistent", state.file("link.tar"));
  CHECK(state.backup(state.file("link.tar")).error().code == ErrorCode::conflict);
  CHECK(state.backup("b.tar").error().code == ErrorCode::invalid_argument);
  CHECK(state.backup(state.temp.path() / "no/b.tar").error().code == ErrorCode::not_found);
  CHECK(state.backup(state.data / "x/").error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a backup takes what a hub with hundreds of certificates has, and says when it is too much") {
  State state;
  for (int i = 0; i < 200; ++i) write(state.data / "tls" / ("device-" + std::to_string(i) + ".crt"), "a certificate");
  const auto made = state.backup(state.file());
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  CHECK(made->files.size() == 204);
  CHECK(checkBackup(state.file()).value().files.size() == 204);

  for (std::size_t i = 0; i < kMaxBackupFiles; ++i) write(state.data / "tls" / std::to_string(i), "");
  const auto refused = state.backup(state.file("c.tar"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::too_large);
  CHECK(refused.error().message.find((state.data / "tls").string()) != std::string::npos);
  CHECK_FALSE(fs::exists(state.file("c.tar.partial")));
}

TEST_CASE("the longest manifest of a backup is read again") {
  BackupManifest manifest{"1.2.3", 1, 1, {{"hub.db", 1, std::string(64, 'a')}}};
  for (std::size_t i = 1; i < kMaxBackupFiles; ++i) {
    std::string name = std::to_string(i);
    name.insert(0, 64 - name.size(), 'x');
    manifest.files.push_back({"tls/" + name, 1'000'000'000'000, std::string(64, 'a')});
  }
  const std::string text = manifestText(manifest);
  CHECK(text.size() < 1024 * 1024);
  CHECK(readManifest(text).value().files.size() == kMaxBackupFiles);
}

TEST_CASE("a backup that would take what the disk keeps for stops is not begun") {
  State state;
  BackupRequest request{state.file(), state.settings, "1.2.3", kNow};
  request.keep_free_bytes = 1LL << 60;
  const auto refused = makeBackup(*state.folder, request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::exhausted);
  CHECK(refused.error().message.find("are kept for stops") != std::string::npos);
  CHECK(namesIn(state.temp.path()) == std::vector<std::string>{"data", "my.yaml"});
  request.keep_free_bytes = 4096;
  CHECK(makeBackup(*state.folder, request));

  // Another disk has nothing to keep for them, but must have room.
  SmallDisk large(16), small(1);
  if (!large.mounted() || !small.mounted()) {
    WARN("left out: no file system may be mounted here");
    return;
  }
  request.keep_free_bytes = 1LL << 60;
  request.file = large.path() / "b.tar";
  CHECK(makeBackup(*state.folder, request));
  request.file = small.path() / "b.tar";
  CHECK(makeBackup(*state.folder, request).error().code == ErrorCode::exhausted);
  CHECK(namesIn(small.path()).empty());
}

TEST_CASE("a backup under load is of one moment and keeps no writer waiting") {
  State state;
  // Pairs that are always written together: a copy with half of one would be of two moments.
  REQUIRE(state.database->writeNow([](Session& s) -> Status {
    return s.runScript(
        "CREATE TABLE pairs (n INTEGER PRIMARY KEY, fill TEXT);"
        "CREATE TABLE others (n INTEGER PRIMARY KEY, fill TEXT)");
  }));
  std::atomic<bool> end{false};
  std::atomic<std::int64_t> written{0}, slowest_us{0};
  auto writeOne = [&](std::int64_t n) {
    const auto began = std::chrono::steady_clock::now();
    const Status done = state.database->writeNow([n](Session& s) -> Status {
      const std::string fill(2000, 'x');
      if (auto a = s.run("INSERT INTO pairs VALUES ($1, $2)", n, fill); !a) return fail(a.error());
      auto b = s.run("INSERT INTO others VALUES ($1, $2)", n, fill);
      return b ? Status{} : fail(b.error());
    });
    if (!done) return false;
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    slowest_us = std::max<std::int64_t>(slowest_us, us.count());
    written = n;
    return true;
  };
  for (std::int64_t n = 1; n <= 500; ++n) REQUIRE(writeOne(n));
  slowest_us = 0;
  std::thread writer([&] {
    for (std::int64_t n = 501; !end && writeOne(n); ++n) {
    }
  });
  const std::int64_t before = written;
  const auto made = state.backup(state.file());
  const std::int64_t after = written;
  end = true;
  writer.join();
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  INFO("slowest write " << slowest_us << " us");
  CHECK(slowest_us < 2'000'000);
  test::TempFolder out;
  REQUIRE(readBackupFile(state.file(), out.path()));
  auto copy = Session::open((out.path() / "hub.db").string(), Session::Role::writer);
  REQUIRE(copy);
  auto rows = (*copy)->prepare("SELECT (SELECT count(*) FROM pairs), (SELECT count(*) FROM others)");
  REQUIRE(rows);
  REQUIRE(rows->step());
  CHECK(rows->integer(0) == rows->integer(1));
  CHECK(rows->integer(0) >= before);
  CHECK(rows->integer(0) <= after + 1);
}

TEST_CASE("backups by schedule are made when one is due, and only the newest are kept") {
  State state;
  const fs::path shelf = state.temp.path() / "shelf";
  fs::create_directory(shelf);
  write(shelf / "robohub-20200101T000000Z.tar", "an old one");
  write(shelf / "robohub-20200102T000000Z.tar", "another");
  write(shelf / "robohub-mine.tar", "not of the schedule");
  SystemClock clock;
  std::mutex mutex;
  std::condition_variable changed;
  int made = 0;
  Backups backups(*state.folder, state.settings, "1.2.3", clock, [&](const fs::path&, const Status& status, bool) {
    const std::lock_guard lock(mutex);
    made += status ? 1 : 100;
    changed.notify_all();
  });
  auto wait = [&](int count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return made == count; });
  };
  CHECK_FALSE(backups.state().scheduled);
  backups.configure({shelf, std::chrono::hours(24), 2});
  REQUIRE(wait(1));
  CHECK(namesIn(shelf).size() == 3);
  CHECK_FALSE(fs::exists(shelf / "robohub-20200101T000000Z.tar"));
  CHECK(read(shelf / "robohub-mine.tar") == "not of the schedule");
  CHECK(backups.state().scheduled);
  CHECK(backups.state().newest_at_ms > 0);
  // One is there now, so that a new look makes none; asking for one does.
  backups.configure({shelf, std::chrono::hours(24), 2});
  std::promise<bool> answered;
  backups.make(state.file(), [&](Result<BackupManifest> manifest) { answered.set_value(manifest.has_value()); });
  CHECK(answered.get_future().get());
  REQUIRE(wait(2));
  // A folder that cannot be used is told.
  backups.configure({state.settings / "no", std::chrono::hours(24), 2});
  REQUIRE(wait(102));
  CHECK(backups.state().last_failed.has_value());
}

namespace {

// Stands still, so that what is later than it stays later.
class StandingClock final : public Clock {
 public:
  MonoTime now() const override { return MonoTime(std::chrono::hours(1)); }
  WallTime wall() const override { return kNow; }
};

// Scheduled backups into a shelf beside the state, and how many were made.
struct Shelf {
  State state;
  fs::path path = state.temp.path() / "shelf";
  StandingClock clock;
  std::mutex mutex;
  std::condition_variable changed;
  int made = 0;

  Shelf() { fs::create_directory(path); }
  void keep(Backups& backups, std::size_t count) { backups.configure({path, std::chrono::hours(24), count}); }
  bool wait(const std::function<bool()>& there) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), there);
  }
  Backups::Observer observer() {
    return [this](const fs::path&, const Status& status, bool) {
      const std::lock_guard lock(mutex);
      made += status ? 1 : 100;
      changed.notify_all();
    };
  }
};

constexpr const char* kMadeNow = "robohub-20250615T150640Z.tar";  // at kNow

}  // namespace

TEST_CASE("a backup that was just made stays, also beside those of a clock that ran ahead, which go first") {
  Shelf shelf;
  write(shelf.path / "robohub-20240101T000000Z.tar", "of before");
  for (const char* day : {"01", "02", "03"})
    write(shelf.path / ("robohub-299901" + std::string(day) + "T000000Z.tar"), "of a wrong clock");
  Backups backups(*shelf.state.folder, shelf.state.settings, "1.2.3", shelf.clock, shelf.observer());
  shelf.keep(backups, 3);
  REQUIRE(shelf.wait([&] { return shelf.made == 1; }));
  CHECK(namesIn(shelf.path) ==
        std::vector<std::string>{"robohub-20240101T000000Z.tar", kMadeNow, "robohub-29990103T000000Z.tar"});
  CHECK(checkBackup(shelf.path / kMadeNow));
  // Read from the names again: what is not yet counts as none there as well, so the next is due in a day.
  shelf.keep(backups, 3);
  const auto looked = [&] { return backups.state().newest_at_ms % 1000 == 0; };
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
       !looked() && std::chrono::steady_clock::now() < end;)
    std::this_thread::yield();
  CHECK(backups.state().newest_at_ms == toMs(kNow) / 1000 * 1000);
  // Where the newest that is kept is the only one, the one just made is it.
  backups.end();
  fs::remove(shelf.path / kMadeNow);
  Backups others(*shelf.state.folder, shelf.state.settings, "1.2.3", shelf.clock, shelf.observer());
  shelf.keep(others, 1);
  REQUIRE(shelf.wait([&] { return shelf.made == 2; }));
  CHECK(namesIn(shelf.path) == std::vector<std::string>{kMadeNow});
}

TEST_CASE("a backup takes away the work folder of one that was cut, and nothing else that is called so") {
  State state;
  const fs::path partial = state.file("b.tar.partial");
  fs::create_directory(partial);
  for (const char* name : {"hub.db", "hub.db-journal", "backup.tar"}) write(partial / name, "of a hub that was killed");
  REQUIRE(state.backup(state.file()));
  CHECK_FALSE(fs::exists(partial));
  fs::remove(state.file());

  fs::create_directory(partial);
  write(partial / "hub.db", "a copy");
  write(partial / "photo.jpg", "somebody's");
  const auto refused = state.backup(state.file());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::conflict);
  CHECK(refused.error().message.find(partial.string()) != std::string::npos);
  CHECK(namesIn(partial) == std::vector<std::string>{"hub.db", "photo.jpg"});
  fs::remove_all(partial);

  fs::create_directories(partial / "hub.db");  // a folder
  CHECK(state.backup(state.file()).error().code == ErrorCode::conflict);
  CHECK(fs::exists(partial / "hub.db"));
  fs::remove_all(partial);

  write(partial, "a file");
  CHECK(state.backup(state.file()).error().code == ErrorCode::conflict);
  CHECK(read(partial) == "a file");
  fs::remove(partial);

  fs::create_directory(state.file("elsewhere"));
  write(state.file("elsewhere") / "hub.db", "another's");
  fs::create_directory_symlink(state.file("elsewhere"), partial);
  CHECK(state.backup(state.file()).error().code == ErrorCode::conflict);
  CHECK(read(state.file("elsewhere") / "hub.db") == "another's");
}

TEST_CASE("a scheduled backup for which there is no room leaves the disk alone, and says so until there is") {
  Shelf shelf;
  std::atomic<std::int64_t> kept{1LL << 60};
  Backups backups(*shelf.state.folder, shelf.state.settings, "1.2.3", shelf.clock, shelf.observer(),
                  [&kept] { return kept.load(); });
  shelf.keep(backups, 3);
  REQUIRE(shelf.wait([&] { return shelf.made == 100; }));
  CHECK(namesIn(shelf.path).empty());
  REQUIRE(backups.state().last_failed);
  CHECK(backups.state().last_failed->code == ErrorCode::exhausted);
  kept = 0;
  shelf.keep(backups, 3);
  REQUIRE(shelf.wait([&] { return shelf.made == 101; }));
  CHECK(namesIn(shelf.path) == std::vector<std::string>{kMadeNow});
  CHECK_FALSE(backups.state().last_failed);
}

TEST_CASE("what a hub that was killed has left of a scheduled backup goes with the next one") {
  Shelf shelf;
  for (const char* name :
       {"robohub-20240101T000000Z.tar.partial", "robohub-20240102T000000Z.tar.partial", "robohub-mine.tar.partial"}) {
    fs::create_directory(shelf.path / name);
    write(shelf.path / name / "hub.db", "a copy of everything");
  }
  write(shelf.path / "robohub-20240102T000000Z.tar.partial" / "photo.jpg", "somebody's");
  Backups backups(*shelf.state.folder, shelf.state.settings, "1.2.3", shelf.clock, shelf.observer());
  shelf.keep(backups, 3);
  REQUIRE(shelf.wait([&] { return shelf.made == 1; }));
  CHECK(namesIn(shelf.path) ==
        std::vector<std::string>{"robohub-20240102T000000Z.tar.partial", kMadeNow, "robohub-mine.tar.partial"});
}
