// Damage that a reader meets before the writer does, and files that cannot be read for another reason.
#include <sqlite3.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <thread>

#include "damage.hpp"

using namespace robohub;
using namespace robohub::telemetry;
using namespace robohub::telemetry::test;

namespace {

std::string contentOf(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::filesystem::path> setAsideIn(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".damaged-") != std::string::npos && !name.ends_with("-wal")) found.push_back(entry.path());
  }
  return found;
}

// All of the file but its head.
void ruin(const std::filesystem::path& file) {
  const auto size = std::filesystem::file_size(file);
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(100);
  stream << std::string(size - 100, '\xa5');
}

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 2000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return holds();
}

// So many values, one a millisecond.
void fill(Rig& rig, int count) {
  for (int i = 0; i < count; ++i) rig.temperature(i % 100, kStart + i);
  rig.history->flush();
}

// While it lives, a file can be made one that a disk does not read: all of it but the first page, which SQLite reads
// when it opens it. One at a time, made and gone while no connection is open.
class ReadFaults {
 public:
  explicit ReadFaults(const std::filesystem::path& file) : base_(sqlite3_vfs_find(nullptr)), vfs_(*base_) {
    path_ = file.string();
    failing_ = false;
    vfs_.zName = "read-faults";
    vfs_.pAppData = base_;
    vfs_.xOpen = &ReadFaults::open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~ReadFaults() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(base_, 1);
  }
  ReadFaults(const ReadFaults&) = delete;
  ReadFaults& operator=(const ReadFaults&) = delete;
  void begin() { failing_ = true; }
  void end() { failing_ = false; }

 private:
  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* base = static_cast<sqlite3_vfs*>(vfs->pAppData);
    const int done = base->xOpen(base, name, file, flags, out_flags);
    if (done != SQLITE_OK || !name || path_ != name) return done;
    std::call_once(once_, [&] {
      plain_ = file->pMethods;
      methods_ = *plain_;
      methods_.xRead = &ReadFaults::read;
    });
    file->pMethods = &methods_;
    return done;
  }
  static int read(sqlite3_file* file, void* into, int size, sqlite3_int64 at) {
    return failing_ && at >= 4096 ? SQLITE_IOERR_READ : plain_->xRead(file, into, size, at);
  }

  static inline std::string path_;
  static inline std::atomic<bool> failing_{false};
  static inline std::once_flag once_;
  static inline const sqlite3_io_methods* plain_ = nullptr;
  static inline sqlite3_io_methods methods_{};
  sqlite3_vfs* base_;
  sqlite3_vfs vfs_;
};

ExportQuery exportOf(const Rig& rig, std::int64_t from_ms, std::int64_t to_ms) {
  ExportQuery query;
  query.query = {rig.device, "climate", from_ms, to_ms, 500};
  query.level = Level::raw;
  return query;
}

}  // namespace

TEST_CASE("a damaged history.db is set aside once, however many readers meet the damage") {
  Rig rig;
  rig.open();
  fill(rig, 500);
  rig.close();
  rig.open();
  REQUIRE(rig.points(kStart, kStart + 1000, 1000).size() == 500);  // the reader has it open
  ruin(rig.folder.path() / "history.db");
  // A new series: what the reader has in memory no longer counts.
  rig.history->record(rig.device, "climate", kStart + 550, R"({"temperature_cel":1,"pressure_pa":5})");
  rig.history->flush();
  REQUIRE_FALSE(rig.ask(kStart, kStart + 1000, 10));
  // The next thing that the writer does is to move it away.
  rig.clock.advance(std::chrono::seconds(5));
  rig.temperature(1, kStart + 600);
  REQUIRE(eventually([&] { return !rig.history->figures().set_aside.empty(); }));
  const std::string bytes = contentOf(rig.history->figures().set_aside);
  (void)rig.ask(kStart, kStart + 1000, 10);
  rig.clock.advance(std::chrono::seconds(5));
  rig.temperature(1, kStart + 700);
  rig.history->flush();
  rig.history->flush();
  const auto aside = setAsideIn(rig.folder.path());
  REQUIRE(aside.size() == 1);
  CHECK((contentOf(aside[0]) == bytes));  // in brackets: a failure need not show megabytes
  const auto after = rig.ask(kStart + 700, kStart + 701, 10);
  REQUIRE(after);
  CHECK(after->series.at(1).points.size() == 1);
  CHECK(rig.history->figures().state == State::ready);
}

TEST_CASE("a question that comes while a damaged history.db is replaced is answered, or put off, and then answered") {
  Rig rig;
  rig.open();
  fill(rig, 500);
  rig.close();
  rig.open();
  spoil(rig.folder.path() / "history.db");
  CHECK_FALSE(rig.ask(kStart, kStart + 1000, 10));
  rig.temperature(1, kStart + 600);
  // Without another value: nobody waits for the writer's next turn.
  REQUIRE(eventually([&] { return bool(rig.ask(kStart, kStart + 1000, 1000)); }));
  CHECK(rig.points(kStart, kStart + 550, 1000).size() == 500);
}

TEST_CASE("a damaged file of single values is set aside once, also when another reader still has it open") {
  Rig rig;
  rig.open();
  fill(rig, 60'000);  // more than a connection keeps in memory
  rig.close();
  rig.open();
  const auto file = rawFileOf(rig);
  // Both readers have the file open, and its beginning read.
  REQUIRE(rig.tryExport(exportOf(rig, kStart, kStart + 10)));
  REQUIRE(rig.points(kStart, kStart + 10, 100).size() == 10);
  spoil(file);
  const std::string bytes = contentOf(file);
  (void)rig.ask(kStart, kStart + 60'000, 10);
  rig.history->flush();
  REQUIRE_FALSE(rig.history->figures().set_aside.empty());
  rig.clock.advance(std::chrono::seconds(65));
  rig.temperature(7, kStart + 60'500);  // begins the file of this period anew
  rig.history->flush();
  (void)rig.tryExport(exportOf(rig, kStart, kStart + 61'000));
  rig.history->flush();
  const auto aside = setAsideIn(rig.folder.path() / "history");
  REQUIRE(aside.size() == 1);
  CHECK((contentOf(aside[0]) == bytes));  // in brackets: a failure need not show megabytes
  CHECK(rig.points(kStart + 60'500, kStart + 60'501, 10).size() == 1);
}

TEST_CASE("a file of single values that cannot be read is an error and no gap, and is read again when it can be") {
  std::unique_ptr<ReadFaults> faults;  // outlives every connection
  Rig rig;
  rig.open();
  fill(rig, 100);
  rig.clock.advance(std::chrono::milliseconds(kPeriodMs));
  for (int i = 0; i < 100; ++i) rig.temperature(i, kStart + kPeriodMs + i);
  rig.history->flush();
  rig.close();
  REQUIRE(rawPeriodsIn(rig.folder.path() / "history").size() == 2);
  faults = std::make_unique<ReadFaults>(rawFileOf(rig));
  rig.open();
  const auto query = exportOf(rig, kStart, kStart + kPeriodMs + 1000);
  faults->begin();
  CHECK_FALSE(rig.tryExport(query));
  CHECK_FALSE(rig.ask(kStart, kStart + kPeriodMs + 1000, 5000));
  rig.history->flush();
  CHECK(rig.history->figures().set_aside.empty());
  faults->end();
  const std::string whole = rig.exported(query);
  CHECK(std::count(whole.begin(), whole.end(), '\n') == 201);
  CHECK(rig.points(kStart, kStart + kPeriodMs + 1000, 5000).size() == 200);
}

TEST_CASE("a file of single values that cannot be read at the start is not taken for a damaged one, and counts later") {
  std::unique_ptr<ReadFaults> faults;  // outlives every connection
  Rig rig;
  rig.open();
  fill(rig, 100);
  rig.close();
  const auto file = rawFileOf(rig);
  const bool without_rolls = GENERATE(false, true);
  INFO(without_rolls);
  if (without_rolls) std::filesystem::remove(rig.folder.path() / "history.db");
  faults = std::make_unique<ReadFaults>(file);
  faults->begin();
  rig.open();
  CHECK(rig.history->figures().state == State::broken);
  CHECK(rig.history->figures().trouble.find(file.filename().string()) != std::string::npos);
  CHECK(setAsideIn(rig.folder.path() / "history").empty());
  CHECK(rig.history->figures().set_aside.empty());
  faults->end();
  rig.clock.advance(std::chrono::seconds(31));
  rig.history->flush();
  CHECK(rig.history->figures().state == State::ready);
  CHECK(rig.history->figures().trouble.empty());
  CHECK(rig.points(kStart, kStart + 1000, 1000).size() == 100);
}

TEST_CASE("a file of single values that a crash has left without tables is set aside, and the history goes on") {
  Rig rig;
  std::filesystem::create_directories(rig.folder.path() / "history");
  std::ofstream(RawPeriod::of(rig.folder.path() / "history", kStart).path).flush();
  rig.open();
  CHECK(rig.history->figures().state == State::ready);
  rig.temperature(1, kStart);
  rig.history->flush();
  CHECK(rig.points(kStart, kStart + 1, 10).size() == 1);
}
