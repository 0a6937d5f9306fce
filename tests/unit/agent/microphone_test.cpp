// A microphone by the real library, on PCMs that a configuration of its own makes up: one that reads a file, and none.
#include "agent/microphone.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <future>
#include <mutex>
#include <optional>
#include <vector>

#include "net/loop_pool.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace std::chrono_literals;
using agent::Microphone;

namespace {

constexpr int kRate_hz = 16000;

struct Studio {
  Studio() {
    std::string pcm;
    for (int i = 0; i < 60 * kRate_hz; ++i) {
      pcm += static_cast<char>(i);
      pcm += static_cast<char>(i >> 8 & 0x7f);
    }
    std::ofstream(folder.path() / "heard.raw", std::ios::binary) << pcm;
    ::setenv("ALSA_CONFIG_PATH", (folder.path() / "asound.conf").c_str(), 1);
    plug(true);
    loops.start();
  }
  ~Studio() {
    on([&] { microphone.reset(); });
    loops.stop();
    ::unsetenv("ALSA_CONFIG_PATH");
  }
  // With the microphone `mic`, or without.
  void plug(bool in) {
    const auto next = folder.path() / "next.conf";
    std::ofstream(next)
        << "# " << in << "\n"
        << (in ? "pcm.mic { type plug slave.pcm { type file slave.pcm { type null } file /dev/null infile \"" +
                     (folder.path() / "heard.raw").string() + "\" format raw } }\n"
               : std::string("pcm.other { type null }\n"));
    std::filesystem::rename(next, folder.path() / "asound.conf");
  }
  template <class Work>
  void on(Work work) {
    std::promise<void> done;
    loops.at(0).post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  void open(const std::string& device = "mic") {
    on([&] {
      microphone.emplace(
          loops.at(0), device, kRate_hz,
          [this](std::string_view pcm, std::int64_t) { note([&] { chunks.emplace_back(pcm); }); },
          [this](const std::string& fault) { note([&] { faults.push_back(fault); }); });
      microphone->listen(true);
    });
  }
  void listen(bool on_off) {
    on([&] { microphone->listen(on_off); });
  }
  template <class Note>
  void note(Note add) {
    std::lock_guard lock(mutex);
    add();
    changed.notify_all();
  }
  bool faulty() {
    std::lock_guard lock(mutex);
    return !faults.empty();
  }
  template <class Holds>
  bool eventually(Holds holds) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 15s, holds);
  }

  robohub::test::TempFolder folder;
  net::LoopPool loops{1};
  std::optional<Microphone> microphone;
  std::mutex mutex;  // guards the lists
  std::condition_variable changed;
  std::vector<std::string> chunks, faults;
};

}  // namespace

TEST_CASE("what the microphone hears comes in chunks of 40 ms, no faster than its rate, while somebody listens") {
  Studio studio;
  studio.open();
  const auto began = std::chrono::steady_clock::now();
  REQUIRE(studio.eventually([&] { return studio.chunks.size() >= 20; }));
  const auto took = std::chrono::steady_clock::now() - began;
  studio.listen(false);
  CHECK(took > 20 * Microphone::kChunk - 500ms);  // the file has no rate of its own
  const std::lock_guard lock(studio.mutex);
  CHECK(studio.faults.empty());
  int expected = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    REQUIRE(studio.chunks[i].size() == 2 * 640);
    for (std::size_t at = 0; at < studio.chunks[i].size(); at += 2, ++expected) {
      const int sample =
          static_cast<unsigned char>(studio.chunks[i][at]) | static_cast<unsigned char>(studio.chunks[i][at + 1]) << 8;
      REQUIRE(sample == (expected & 0x7fff));
    }
  }
}

TEST_CASE("a microphone that is missing is told once, and heard when it is there") {
  Studio studio;
  studio.plug(false);
  studio.open();
  REQUIRE(studio.eventually([&] { return !studio.faults.empty(); }));
  {
    const std::lock_guard lock(studio.mutex);
    CHECK(studio.faults[0].rfind("The microphone mic cannot be opened: ", 0) == 0);
    CHECK(studio.chunks.empty());
  }
  studio.plug(true);
  REQUIRE(studio.eventually([&] { return !studio.chunks.empty(); }));
  const std::lock_guard lock(studio.mutex);
  REQUIRE(studio.faults.size() == 2);
  CHECK(studio.faults[1].empty());
}

TEST_CASE("nothing is open while nobody listens, and it is heard again by the next one") {
  Studio studio;
  studio.open();
  REQUIRE(studio.eventually([&] { return !studio.chunks.empty(); }));
  studio.plug(false);
  // It notices within a tenth of a second that nobody listens; who listens again sooner has not missed anything.
  for (int i = 0; i < 20 && !studio.faulty(); ++i) {
    studio.listen(false);
    std::this_thread::sleep_for(200ms);
    studio.listen(true);  // opens anew, and so finds it gone
    std::this_thread::sleep_for(100ms);
  }
  CHECK(studio.faulty());
  studio.plug(true);
  std::size_t before = 0;
  studio.note([&] { before = studio.chunks.size(); });
  CHECK(studio.eventually([&] { return studio.chunks.size() > before; }));
}
