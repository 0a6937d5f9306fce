#include "store/reserve.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <thread>

#include "unit/store/small_disk.hpp"

using namespace robohub;
using namespace robohub::store;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kMiB = 1024 * 1024;

ReserveSettings small() {
  return {.warn_bytes = 6 * kMiB, .critical_bytes = 2 * kMiB, .ballast_bytes = 1 * kMiB, .every = 10ms};
}

bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (!holds())
    if (std::chrono::steady_clock::now() > end)
      return false;
    else
      std::this_thread::sleep_for(1ms);
  return true;
}

}  // namespace

TEST_CASE("The ballast is of the size that was asked for, for its owner alone, and goes when none is asked for") {
  test::TempFolder folder;
  ReserveSettings settings;
  settings.warn_bytes = settings.critical_bytes = 0;
  settings.ballast_bytes = kMiB;
  settings.every = 1h;  // only when it is told to
  Reserve reserve(folder.path(), settings);
  struct stat about {};
  REQUIRE(::stat((folder.path() / "ballast").c_str(), &about) == 0);
  CHECK(about.st_size == kMiB);
  CHECK((about.st_mode & 0777) == 0600);
  CHECK(about.st_blocks * 512 >= kMiB);
  CHECK(reserve.figures().ballast_kept);
  CHECK(reserve.figures().room == Room::plenty);
  CHECK(reserve.figures().free_bytes > 0);
  CHECK(reserve.figures().total_bytes > reserve.figures().free_bytes / 2);

  settings.ballast_bytes = 2 * kMiB;
  reserve.configure(settings);
  CHECK(eventually(
      [&] { return ::stat((folder.path() / "ballast").c_str(), &about) == 0 && about.st_size == 2 * kMiB; }));
  settings.ballast_bytes = 0;
  reserve.configure(settings);
  CHECK(eventually([&] { return !std::filesystem::exists(folder.path() / "ballast"); }));
  CHECK(reserve.roomForExtras());
}

TEST_CASE("A symbolic link in the ballast's place is not followed") {
  test::TempFolder folder;
  std::filesystem::create_symlink(folder.path() / "elsewhere", folder.path() / "ballast");
  ReserveSettings settings;
  settings.ballast_bytes = kMiB;
  settings.critical_bytes = 0;
  { Reserve reserve(folder.path(), settings); }
  CHECK_FALSE(std::filesystem::exists(folder.path() / "elsewhere"));
}

TEST_CASE("A disk that fills up is low, then critical, gives its ballast up, and takes it back when there is room") {
  test::SmallDisk disk(16);
  if (!disk.mounted()) {
    WARN("left out: no file system may be mounted here");
    return;
  }
  Reserve reserve(disk.path(), small());
  std::atomic<int> told{0};
  reserve.onLook([&](const ReserveFigures&) { ++told; });
  const auto ballast = disk.path() / "ballast";
  CHECK(reserve.figures().room == Room::plenty);
  CHECK(std::filesystem::exists(ballast));
  disk.fill(5 * kMiB);
  CHECK(eventually([&] { return reserve.figures().room == Room::low; }));
  CHECK(reserve.roomForExtras());
  disk.fill(kMiB);
  CHECK(eventually([&] { return reserve.figures().room == Room::critical; }));
  CHECK(std::filesystem::exists(ballast));
  disk.fill(0);
  reserve.full();
  CHECK(eventually([&] { return !std::filesystem::exists(ballast); }));
  // What was given up is room for stops, and for nothing that can wait.
  CHECK(eventually([&] { return reserve.figures().free_bytes >= kMiB / 2; }));
  CHECK_FALSE(reserve.roomForExtras());
  disk.free();
  CHECK(eventually([&] { return reserve.figures().room == Room::plenty && std::filesystem::exists(ballast); }));
  CHECK(told > 0);
}
