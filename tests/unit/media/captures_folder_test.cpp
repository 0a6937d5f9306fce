// The folder of captures and a database that is not the one whose captures lie there: after a restore, after a new
// beginning, or with the folder of another hub.
#include <catch2/catch.hpp>

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
