// Joining where files lack, where the worker breaks, and where a fault passes.
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

namespace {

template <class Look>
bool comes(Look look) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < until) {
    if (look()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

// Speaks as the worker does (media/worker_words.hpp) and ends at once where it gets a segment of these numbers.
void writeBreakingWorker(const fs::path& file, const std::string& breaks_at, const std::string& ends = "exit 1") {
  std::ofstream(file) << "#!/bin/sh\n"
                         "[ \"$1\" = join ] || { printf 'failed input no' >&3; exit 0; }\n"
                         "while :; do\n"
                         "  printf next >&3\n"
                         "  said=$(dd bs=100 count=1 <&3 2>/dev/null)\n"
                         "  [ \"$said\" = end ] && break\n"
                         "  number=${said#segment }\n"
                         "  case \" "
                      << breaks_at << " \" in *\" $number \"*) " << ends
                      << " ;; esac\n"
                         "  printf 'joined %s 100' \"$number\" >&3\n"
                         "  printf '%s ' \"$number\" >&4\n"
                         "done\n"
                         "printf 'done 100 320 240' >&3\n";
  REQUIRE(::chmod(file.c_str(), 0755) == 0);
}

// The real one, which does something else where it is to take a picture.
void writeWorkerWithoutStills(const fs::path& file, const std::string& instead) {
  fs::remove(file);
  std::ofstream(file) << "#!/bin/sh\n[ \"$1\" = still ] && { " << instead << "; }\nexec " TEST_MEDIA_WORKER " \"$@\"\n";
  REQUIRE(::chmod(file.c_str(), 0755) == 0);
}

void useWorker(const fs::path& place, const fs::path& program) {
  fs::remove(place);
  fs::create_symlink(program, place);
}

}  // namespace

TEST_CASE("a segment whose file is missing is named, and the rest is joined") {
  CaptureBench bench;
  const auto parts = mp4Silent();
  const CaptureId id = bench.begin("k").value();
  for (std::uint32_t i = 0; i < 3; ++i) REQUIRE(bench.send(id, i, parts[i]));
  fs::remove(bench.file(id, "00001.seg"));
  REQUIRE(bench.end(id, 3));
  const CapturePtr capture = bench.joined(id);
  INFO(capture->message);
  REQUIRE(capture->state == CaptureState::ready);
  CHECK(capture->gaps == std::vector<std::uint32_t>{1});
  CHECK(std::abs(capture->duration_ms - 4000) <= 20);
  CHECK(bench.segments(id)[1].message == "Its file is gone from the disk of the hub.");
}

TEST_CASE("however many segments break the worker, they are named and what stands before them is joined") {
  robohub::test::TempFolder programs;
  const fs::path worker = programs.path() / "worker";
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { parts.worker = worker; });
  writeBreakingWorker(worker, "1 2 4 5 6 7 8");
  const CaptureId id = bench.begin("k").value();
  for (std::uint32_t i = 0; i < 10; ++i) REQUIRE(bench.send(id, i, "segment " + std::to_string(i)));
  REQUIRE(bench.end(id, 10));
  const CapturePtr capture = bench.joined(id);
  INFO(capture->message);
  REQUIRE(capture->state == CaptureState::ready);
  CHECK(readFile(bench.file(id, "video.mp4")) == "0 3 ");
  CHECK(capture->gaps == std::vector<std::uint32_t>{1, 2, 4, 5, 6, 7, 8, 9});
  const auto segments = bench.segments(id);
  CHECK(segments[2].message == "The program that reads videos exited with code 1.");
  CHECK(segments[9].message.find("before it") != std::string::npos);
  CHECK(fs::exists(bench.file(id, "00009.seg")));
}

TEST_CASE("a worker that breaks before it reads anything is tried again, and given up only after some times") {
  robohub::test::TempFolder programs;
  const fs::path worker = programs.path() / "worker";
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { parts.worker = worker; });
  const auto failOnce = [&](CaptureId id) {
    useWorker(worker, "/bin/true");
    REQUIRE(bench.send(id, 0, mp4Silent()[0]));
    REQUIRE(bench.end(id, 1));
    REQUIRE(comes([&] { return bench.captures->figures().worker_failed_ms > 0; }));
  };
  const CaptureId id = bench.begin("passes").value();
  failOnce(id);
  CHECK(bench.captures->find(id)->state == CaptureState::joining);
  useWorker(worker, TEST_MEDIA_WORKER);
  CHECK(comes([&] {
    bench.captures->tick();
    return bench.captures->find(id)->state != CaptureState::joining;
  }));
  CHECK(bench.joined(id)->state == CaptureState::ready);

  const CaptureId stays = bench.begin("stays").value();
  failOnce(stays);
  CHECK(comes([&] {
    bench.captures->tick();
    return bench.captures->find(stays)->state != CaptureState::joining;
  }));
  CHECK(bench.captures->find(stays)->message ==
        "It cannot be joined. The program that reads videos exited with code 0.");
  CHECK(fs::exists(bench.file(stays, "00000.seg")));
}

TEST_CASE("a worker that a stop of the whole service ends is no segment's fault, and works later") {
  robohub::test::TempFolder programs;
  const fs::path worker = programs.path() / "worker";
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { parts.worker = worker; });
  for (const char* name : {"TERM", "HUP"}) {
    INFO(name);
    fs::remove(worker);
    writeBreakingWorker(worker, "0", std::string("kill -") + name + " $$");
    const auto before = bench.captures->figures().joins_failed_total;
    const std::int64_t told_ms = bench.captures->figures().worker_failed_ms;
    const CaptureId id = bench.begin(name).value();
    REQUIRE(bench.send(id, 0, mp4Silent()[0]));
    bench.clock.advance(std::chrono::seconds(1));
    REQUIRE(bench.end(id, 1));
    REQUIRE(comes([&] { return bench.captures->figures().worker_failed_ms > told_ms; }));
    CHECK(bench.captures->find(id)->state == CaptureState::joining);
    useWorker(worker, TEST_MEDIA_WORKER);
    CHECK(comes([&] {
      bench.captures->tick();
      return bench.captures->find(id)->state != CaptureState::joining;
    }));
    CHECK(bench.joined(id)->state == CaptureState::ready);
    CHECK(bench.captures->figures().joins_failed_total == before);
  }
}

TEST_CASE("a segment that cannot be opened for want of descriptors is tried again later") {
  rlimit usual{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    parts.step = [usual, first = true](std::string_view step) mutable {
      if (step != "reading" || !std::exchange(first, false)) return;
      const rlimit none{3, usual.rlim_max};
      ::setrlimit(RLIMIT_NOFILE, &none);
    };
  });
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, mp4Silent()[0]));
  REQUIRE(bench.end(id, 1));
  const bool is_told = comes([&] { return bench.captures->figures().worker_failed_ms > 0; });
  const CaptureState state = bench.captures->find(id)->state;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
  CHECK(is_told);
  CHECK(state == CaptureState::joining);
  CHECK(comes([&] {
    bench.captures->tick();
    return bench.captures->find(id)->state != CaptureState::joining;
  }));
  CHECK(bench.joined(id)->state == CaptureState::ready);
}

TEST_CASE("a disk of captures that is at fault when a capture ends fails none, however long that lasts") {
  std::atomic<int> waiting{0}, joins{0};
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    parts.log = [&](bool, const std::string& text) {
      if (text.find("waits to be joined") != std::string::npos) ++waiting;
    };
    parts.step = [&](std::string_view step) { joins += step == "join" ? 1 : 0; };
  });
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, mp4Silent()[0]));
  fs::create_directories(bench.file(id, "video.part"));  // so that no file can be written under this name
  REQUIRE(bench.end(id, 1));
  CHECK(comes([&] {
    bench.captures->tick();
    return joins >= 8;
  }));
  CHECK(bench.captures->find(id)->state == CaptureState::joining);
  CHECK(waiting == 1);
  fs::remove(bench.file(id, "video.part"));
  CHECK(comes([&] {
    bench.captures->tick();
    return bench.captures->find(id)->state != CaptureState::joining;
  }));
  CHECK(bench.joined(id)->state == CaptureState::ready);
}

TEST_CASE("a hub that ends while the picture of a video is taken takes it after its next start") {
  robohub::test::TempFolder programs;
  const fs::path worker = programs.path() / "worker";
  writeWorkerWithoutStills(worker, "exec sleep 60");
  std::atomic<bool> takes_picture{false};
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    parts.worker = worker;
    parts.step = [&](std::string_view step) {
      if (step == "still") takes_picture = true;
    };
  });
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, mp4Silent()[0]));
  REQUIRE(bench.end(id, 1));
  REQUIRE(comes([&] { return takes_picture.load(); }));
  bench.close();
  useWorker(worker, TEST_MEDIA_WORKER);
  bench.open();
  const CapturePtr capture = bench.joined(id);
  CHECK(capture->state == CaptureState::ready);
  CHECK(capture->message.empty());
  CHECK(fs::exists(bench.file(id, "still.jpg")));
}

TEST_CASE("a picture that cannot be taken now is taken later, and only a video that gives none has none") {
  robohub::test::TempFolder programs;
  const fs::path worker = programs.path() / "worker";
  writeWorkerWithoutStills(worker, "exit 1");
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { parts.worker = worker; });
  const CaptureId id = bench.begin("later").value();
  REQUIRE(bench.send(id, 0, mp4Silent()[0]));
  REQUIRE(bench.end(id, 1));
  REQUIRE(comes([&] { return bench.captures->figures().worker_failed_ms > 0; }));
  CHECK(bench.captures->find(id)->state == CaptureState::joining);
  useWorker(worker, TEST_MEDIA_WORKER);
  CHECK(comes([&] {
    bench.captures->tick();
    return bench.captures->find(id)->state != CaptureState::joining;
  }));
  CHECK(bench.joined(id)->message.empty());
  CHECK(fs::exists(bench.file(id, "still.jpg")));

  writeWorkerWithoutStills(worker, "printf next >&3; dd bs=100 count=1 <&3 >/dev/null 2>&1; exit 1");
  const CaptureId none = bench.begin("none").value();
  REQUIRE(bench.send(none, 0, mp4Silent()[0]));
  REQUIRE(bench.end(none, 1));
  const CapturePtr without = bench.joined(none);
  CHECK(without->state == CaptureState::ready);
  CHECK(without->message == "No picture could be taken of it.");
}
