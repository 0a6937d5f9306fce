// The folder of captures and a database that is not the one whose captures lie there: after a restore, after a new
// beginning, or with the folder of another hub.
#include <catch2/catch.hpp>
#include <thread>

#include "store/database_id.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

namespace {

// The one folder that is not a capture's.
fs::path setAside(const fs::path& captures) {
  for (const auto& entry : fs::directory_iterator(captures))
    if (entry.path().filename().string().starts_with("before-")) return entry.path();
  return {};
}

CaptureId makeReady(CaptureBench& bench, const std::string& key) {
  const CaptureId id = bench.begin(key).value();
  REQUIRE(bench.send(id, 0, mp4Silent()[0]));
  REQUIRE(bench.end(id, 1));
  REQUIRE(bench.joined(id)->state == CaptureState::ready);
  bench.settle(id);
  return id;
}

struct Log {
  std::mutex mutex;
  std::string all;
  std::function<void(bool, const std::string&)> writer() {
    return [this](bool, const std::string& text) {
      std::lock_guard lock(mutex);
      all += text + "\n";
    };
  }
};

}  // namespace

TEST_CASE("a database that is begun anew deletes no capture: what it does not know is set aside, and it says so") {
  robohub::test::TempFolder folder;
  Log log;
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { parts.log = log.writer(); }, folder.path());
  const fs::path captures = folder.path() / "captures";
  const CaptureId first = makeReady(bench, "first"), second = makeReady(bench, "second");
  const std::string video = readFile(bench.file(second, "video.mp4"));
  bench.close();
  for (const char* name : {"hub.db", "hub.db-wal", "hub.db-shm"}) fs::remove(folder.path() / name);
  bench.open();
  const fs::path aside = setAside(captures);
  REQUIRE_FALSE(aside.empty());
  CHECK(fs::exists(aside / std::to_string(first) / "video.mp4"));
  CHECK((readFile(aside / std::to_string(second) / "video.mp4") == video));
  CHECK(log.all.find(aside.string()) != std::string::npos);
  CHECK(bench.captures->figures().set_aside == 2);
  CHECK(bench.captures->figures().set_aside_folder == aside);
  // Numbers are not given twice, so that what is put back by hand is never taken for another's.
  CHECK(bench.begin("new").value() > second);
  bench.restart();
  CHECK(bench.captures->figures().set_aside == 0);
  CHECK((readFile(aside / std::to_string(second) / "video.mp4") == video));
}

TEST_CASE("a folder of captures without a mark is one of a database before this one") {
  robohub::test::TempFolder folder;
  fs::create_directories(folder.path() / "captures/12");
  std::ofstream(folder.path() / "captures/12/video.mp4") << "a video";
  CaptureBench bench({}, folder.path());
  CHECK((readFile(setAside(folder.path() / "captures") / "12/video.mp4") == "a video"));
}

TEST_CASE("after a restore what came since the backup is set aside, also segments, and a finished video stays one") {
  robohub::test::TempFolder folder;
  CaptureBench bench({}, folder.path());
  const fs::path database = folder.path() / "hub.db", backup = folder.path() / "backup.db";
  const auto parts = mp4Silent();
  const CaptureId open = bench.begin("open then, ready now").value();
  REQUIRE(bench.send(open, 0, parts[0]));
  REQUIRE(bench.send(open, 1, parts[1]));
  const CaptureId gap = bench.begin("with a gap").value();
  REQUIRE(bench.send(gap, 0, parts[0]));
  REQUIRE(bench.end(gap, 2));
  REQUIRE(bench.joined(gap)->state == CaptureState::ready);
  bench.close();
  fs::copy_file(database, backup);
  bench.open();
  REQUIRE(bench.end(open, 2));
  REQUIRE(bench.joined(open)->state == CaptureState::ready);
  bench.settle(open);
  const std::string video = readFile(bench.file(open, "video.mp4"));
  REQUIRE(bench.send(gap, 1, parts[1]));
  const CaptureId later = makeReady(bench, "later");
  bench.close();
  fs::copy_file(backup, database, fs::copy_options::overwrite_existing);
  {  // as a restore does
    const auto data = store::DataFolder::open(folder.path(), "test").value();
    const auto restored = store::Database::open(*data).value();
    REQUIRE(restored->writeNow([](store::Session& session) { return store::renewDatabaseId(session); }));
    restored->close();
  }
  bench.open();
  const fs::path aside = setAside(folder.path() / "captures");
  REQUIRE_FALSE(aside.empty());
  CHECK(fs::exists(aside / std::to_string(later) / "video.mp4"));
  CHECK((readFile(aside / std::to_string(gap) / "00001.seg") == parts[1]));
  CHECK(bench.captures->find(open)->state == CaptureState::open);
  bench.clock.advance(std::chrono::minutes(11));
  bench.captures->tick();
  const CapturePtr found = bench.joined(open);
  INFO(found->message);
  CHECK(found->state == CaptureState::ready);
  CHECK(found->width == 320);
  CHECK((readFile(bench.file(open, "video.mp4")) == video));
  CHECK(found->bytes == static_cast<std::int64_t>(video.size() + fs::file_size(bench.file(open, "still.jpg"))));
}

TEST_CASE("captures whose disk is not mounted when the hub starts wait for it, and lose nothing by that") {
  robohub::test::TempFolder folder, programs;
  const fs::path captures = folder.path() / "captures", away = folder.path() / "away";
  // As by a stop of the whole service: it is tried again later.
  const fs::path stopped_worker = programs.path() / "worker";
  std::ofstream(stopped_worker) << "#!/bin/sh\nkill -TERM $$\n";
  fs::permissions(stopped_worker, fs::perms::owner_all);
  Log log;
  bool has_worker = false;
  CaptureBench bench(
      [&](CaptureSettings&, CaptureParts& parts) {
        parts.log = log.writer();
        if (!has_worker) parts.worker = stopped_worker;
      },
      folder.path());
  const CaptureId joining = bench.begin("joining").value();
  REQUIRE(bench.send(joining, 0, mp4Silent()[0]));
  REQUIRE(bench.end(joining, 1));
  const CaptureId cut = bench.begin("record-0", "lab-camera", "record").value();
  fs::create_directories(bench.file(cut, ""));
  std::ofstream(bench.file(cut, "00000.part"), std::ios::binary) << mp4Silent()[0];
  bench.close();
  has_worker = true;
  fs::rename(captures, away);
  const auto told = [&](CaptureId id) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const std::string line = "capture " + std::to_string(id) + " waits: ";
    for (; std::chrono::steady_clock::now() < until; std::this_thread::sleep_for(std::chrono::milliseconds(5))) {
      std::lock_guard lock(log.mutex);
      if (log.all.find(line) != std::string::npos) return true;
    }
    return false;
  };
  for (int start = 0; start < 2; ++start) {  // the folder that the first start makes is no reason for the second
    INFO(start);
    bench.open();
    CHECK(told(joining));
    CHECK(told(cut));
    bench.clock.advance(std::chrono::minutes(11));
    bench.captures->tick();
    CHECK(bench.captures->find(joining)->state == CaptureState::joining);
    CHECK(bench.captures->find(cut)->state == CaptureState::open);
    {
      std::lock_guard lock(log.mutex);
      log.all.clear();
    }
    if (start == 0) bench.close();
  }
  // Mounted while the hub runs.
  fs::remove_all(captures);
  fs::rename(away, captures);
  bench.clock.advance(std::chrono::minutes(11));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  do {
    bench.captures->tick();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  } while (bench.captures->find(joining)->state == CaptureState::joining && std::chrono::steady_clock::now() < until);
  CHECK(bench.joined(joining)->state == CaptureState::ready);
  CHECK(bench.joined(cut)->state == CaptureState::ready);
}
