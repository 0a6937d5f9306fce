// The worker against bytes that no camera would send: truncated, mutated, endless, playlists. It may refuse or join; it
// must answer, in time, and never harm more than its own job.
#include "media/video_worker.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <random>
#include <thread>

#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;
using process::FileDescriptor;

namespace {

FileDescriptor fileOf(const std::string& bytes) {
  FileDescriptor file(::memfd_create("segment", MFD_CLOEXEC));
  if (::pwrite(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("no memory for a file");
  return file;
}

struct Joined {
  Result<JoinReport> report = fail(ErrorCode::internal, "");
  std::optional<std::uint32_t> reading;
  FileDescriptor output{::memfd_create("video", MFD_CLOEXEC)};
};

Joined join(const std::vector<std::string>& segments, WorkerLimits limits = {}) {
  VideoWorker worker(TEST_MEDIA_WORKER, limits);
  std::vector<JoinInput> inputs;
  for (std::uint32_t i = 0; i < segments.size(); ++i)
    inputs.push_back({i, static_cast<std::int64_t>(segments[i].size()),
                      [&segments, i]() -> Result<FileDescriptor> { return fileOf(segments[i]); }});
  Joined joined;
  joined.report = worker.join(inputs, joined.output.get(), joined.reading);
  return joined;
}

}  // namespace

TEST_CASE("mutated and truncated videos are joined or refused with a reason, and nothing hangs") {
  std::mt19937 random(4711);
  const auto mp4 = mp4WithSound(), ts = tsSilent();
  int refused = 0, taken = 0;
  // Eight at a time in one run of the worker, so that many are tried in little time.
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> segments{round % 2 ? ts[0] : mp4[0]};
    for (int i = 0; i < 8; ++i) {
      std::string bytes = (round % 2 ? ts : mp4)[random() % 3];
      for (unsigned flips = 1 + random() % 40; flips > 0; --flips) {
        // Half of them where the index is.
        const std::size_t span = flips % 2 ? bytes.size() : std::min<std::size_t>(bytes.size(), 4096);
        bytes[(flips % 4 == 0 ? bytes.size() - span : 0) + random() % span] = static_cast<char>(random());
      }
      if (random() % 4 == 0) bytes.resize(random() % bytes.size());
      segments.push_back(std::move(bytes));
    }
    const Joined joined = join(segments);
    if (joined.report) {
      refused += static_cast<int>(joined.report->refused.size());
      taken += static_cast<int>(segments.size() - joined.report->refused.size());
      for (const auto& [number, why] : joined.report->refused) CHECK(why.size() > 10);
    } else {
      // It broke on one of them, which is named: the capture goes on without that one.
      INFO(joined.report.error().message);
      CHECK(joined.reading);
    }
  }
  CHECK(refused > 40);
  CHECK(taken > 20);
}

TEST_CASE("what is no video is refused whatever it is called") {
  const std::string hundred(100 * 1024 * 1024, 'G');
  std::string zeros(1000, '\0'), ftyp_only = std::string(
                                     "\0\0\0\x18"
                                     "ftypisom\0\0\0\0isommp42",
                                     24);
  std::string huge_box = ftyp_only + std::string("\0\0\0\1moov\x7f\xff\xff\xff\xff\xff\xff\xff", 16);
  const Joined joined =
      join({"", "x", zeros, ftyp_only, huge_box, hundred, "#EXTM3U\nfile:///etc/passwd\n",
            "ffconcat version 1.0\nfile /etc/passwd\n", "RIFF....AVI ", "<?xml version=\"1.0\"?><MPD/>"});
  REQUIRE_FALSE(joined.report);
  CHECK(joined.report.error().code == ErrorCode::invalid_argument);
  CHECK(joined.report.error().message.find("No segment of it can be read.") == 0);
}

TEST_CASE("a fragmented MP4 whose end is missing is shown as far as it goes") {
  const auto parts =
      makeSegments("fragmented", "-map 0 -segment_format_options movflags=+frag_keyframe+empty_moov", "mp4");
  REQUIRE(parts[0].find("moof") != std::string::npos);
  const Joined joined = join({parts[0].substr(0, parts[0].size() - 20'000)});
  REQUIRE(joined.report);
  CHECK(joined.report->note.find("Its end is missing.") != std::string::npos);
  CHECK(joined.report->duration_ms > 500);
}

TEST_CASE("a worker that takes too long, dies or may write too little is told as such") {
  const auto parts = mp4Silent();
  WorkerLimits none;
  none.shortest = Duration::zero();
  none.bytes_per_second = 1LL << 40;
  CHECK(join(parts, none).report.error().message == "The program that reads videos took too long.");
#ifndef ROBOHUB_SANITIZED  // where memory is not limited
  WorkerLimits poor;
  poor.memory_bytes = 8 << 20;
  const Joined starved = join(parts, poor);
  REQUIRE_FALSE(starved.report);
#endif
  VideoWorker nothing("/bin/true");
  std::optional<std::uint32_t> reading;
  const FileDescriptor output(::memfd_create("video", MFD_CLOEXEC));
  CHECK(nothing.join({}, output.get(), reading).error().message == "The program that reads videos exited with code 0.");
  VideoWorker stopped(TEST_MEDIA_WORKER);
  stopped.stop();
  CHECK(stopped.join({}, output.get(), reading).error().code == ErrorCode::unavailable);
}

TEST_CASE("a worker goes on when the service that it belongs to is told to end") {
  const auto parts = mp4Silent();
  VideoWorker worker(TEST_MEDIA_WORKER);
  int told = 0;
  const JoinInput input{0, static_cast<std::int64_t>(parts[0].size()), [&]() -> Result<FileDescriptor> {
                          // Of this thread, which has started it: it has said its first word and waits for the file.
                          std::ifstream children("/proc/thread-self/children");
                          for (pid_t child = 0; children >> child; ++told)
                            for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) ::kill(child, number);
                          return fileOf(parts[0]);
                        }};
  std::optional<std::uint32_t> reading;
  const FileDescriptor output(::memfd_create("video", MFD_CLOEXEC));
  const auto report = worker.join({input}, output.get(), reading);
  INFO((report ? "" : report.error().message));
  CHECK(told == 1);
  REQUIRE(report);
  CHECK(report->duration_ms > 500);
}

TEST_CASE("what a worker says that was taken over is not believed") {
  for (const char* said : {"", "done", "done 1", "done 1 2", "done -1 2 3", "done 99999999999999999999 1 1",
                           "done 1 20000 1", "done 1e3 2 3", "hello", "joined 1 2"}) {
    INFO(said);
    CHECK_FALSE(readEnding(said));
  }
  const auto good = readEnding("done 6000 320 240 A note.\x1b[2J\xff");
  REQUIRE(good);
  CHECK(good->duration_ms == 6000);
  CHECK(good->note == "A note.?[2J?");
  CHECK(readEnding("failed input " + std::string(5000, 'x')).error().message.size() == 300);
  CHECK(readEnding("failed full x").error().code == ErrorCode::exhausted);
  CHECK(readEnding("failed segment x").error().code == ErrorCode::corrupt);
}
