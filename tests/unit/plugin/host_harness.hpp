// A loop of the test's own (the thread that waits) and a record of what a driver host reported.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>

#include "base/time.hpp"
#include "plugin/driver_host.hpp"
#include "plugins/outputs.hpp"

namespace harness {

using namespace robohub;
using namespace robohub::plugin;
using namespace std::chrono_literals;

inline std::int64_t nowNs() {
  return toNs(std::chrono::steady_clock::now());
}

class Recorder final : public DriverEvents {
 public:
  int opened = 0;
  std::vector<Error> open_failures;
  std::vector<Reply> replies;
  struct Halted {
    std::uint64_t id;
    bool confirmed;
    std::string message;
  };
  std::vector<Halted> halts;
  struct Published {
    std::string channel, json;
  };
  std::vector<Published> published;
  struct Pictured {
    std::string stream;
    SharedBytes jpeg;
  };
  std::vector<Pictured> frames;
  std::vector<std::string> lines;
  std::vector<LogLevel> levels;  // of the lines
  std::vector<std::string> deaths;
  std::vector<CaptureSegment> segments;
  std::vector<std::pair<std::string, std::uint32_t>> capture_ends;

  void onOpened() override { ++opened; }
  void onOpenFailed(const Error& error) override { open_failures.push_back(error); }
  void onReply(const Reply& reply) override { replies.push_back(reply); }
  void onHalted(std::uint64_t id, bool ok, const std::string& message) override { halts.push_back({id, ok, message}); }
  void onPublish(const std::string& channel, const std::string& json, std::int64_t) override {
    published.push_back({channel, json});
  }
  void onFrame(const std::string& stream, SharedBytes jpeg, std::int64_t) override { frames.push_back({stream, jpeg}); }
  void onLog(LogLevel level, const std::string& line) override {
    lines.push_back(line);
    levels.push_back(level);
  }
  void onDied(const std::string& reason) override { deaths.push_back(reason); }
  void onSegment(const CaptureSegment& segment) override { segments.push_back(segment); }
  void onCaptureEnd(const std::string& key, std::uint32_t n) override { capture_ends.emplace_back(key, n); }

  bool logged(const std::string& line) const { return std::find(lines.begin(), lines.end(), line) != lines.end(); }
  std::optional<Reply> replyTo(std::uint64_t id) const {
    for (const Reply& reply : replies)
      if (reply.request == id) return reply;
    return std::nullopt;
  }
  std::optional<Halted> haltOf(std::uint64_t id) const {
    for (const Halted& halt : halts)
      if (halt.id == id) return halt;
    return std::nullopt;
  }
};

class Bench {
 public:
  explicit Bench(const std::string& plugin, const std::string& config = "", bool in_child = true) {
    outputs_path = std::filesystem::temp_directory_path() /
                   ("robohub-outputs-" + std::to_string(getpid()) + "-" + std::to_string(++count));
    outputs = TestOutputs::map(outputs_path);
    REQUIRE(outputs);
    auto installed = readInstalled(std::filesystem::path(TEST_PLUGINS) / ("test_" + plugin) / "1.0.0");
    REQUIRE(installed);
    setup.plugin = *installed;
    setup.type = "test_" + plugin;
    setup.device = "bench";
    setup.config = "{\"outputs\":\"" + outputs_path.string() + "\"" + (config.empty() ? "" : "," + config) + "}";
    setup.state_file = outputs_path.string() + ".state";
    setup.host_program = std::filesystem::path(TEST_BIN) / "robohub-plugin-host";
    child = in_child;
  }
  ~Bench() {
    host.reset();
    munmap(outputs, sizeof(TestOutputs));
    std::error_code ignored;
    std::filesystem::remove(outputs_path, ignored);
    std::filesystem::remove(setup.state_file, ignored);
  }

  void open() {
    Post post = [this](std::function<void()> fn) {
      std::lock_guard lock(mutex);
      inbox.push_back(std::move(fn));
      wake.notify_all();
    };
    if (child) {
      host = makeChildHost(setup, seen, post);
    } else {
      auto made = makeInlineHost(setup, seen, post);
      REQUIRE(made);
      host = std::move(*made);
    }
    host->open();
  }
  void openAndWait() {
    open();
    const bool ready = until([&] { return seen.opened > 0 || !seen.open_failures.empty(); });
    if (!seen.open_failures.empty()) FAIL("open failed: " << seen.open_failures[0].message);
    REQUIRE(ready);
  }
  // Runs what is posted until `done`, for at most `patience`.
  template <class Done>
  bool until(Done done, Duration patience = 5s) {
    const auto end = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock(mutex);
    for (;;) {
      while (!inbox.empty()) {
        auto fn = std::move(inbox.front());
        inbox.pop_front();
        lock.unlock();
        fn();
        lock.lock();
      }
      if (done()) return true;
      // Outputs change in another process, unannounced: look again after a millisecond.
      if (std::chrono::steady_clock::now() >= end) return false;
      wake.wait_for(lock, 1ms);
    }
  }
  Reply call(const std::string& command, const std::string& params = "{}", Duration within = 2s, Epoch epoch = 0) {
    const auto id = ask(command, params, within, epoch);
    REQUIRE(until([&] { return seen.replyTo(id).has_value(); }));
    return *seen.replyTo(id);
  }
  std::uint64_t ask(const std::string& command, const std::string& params = "{}", Duration within = 2s,
                    Epoch epoch = 0) {
    host->handle({++last_id, command, params, epoch, nowNs() + within.count()});
    return last_id;
  }
  Recorder::Halted haltAndWait() {
    host->halt(++last_halt, "test");
    REQUIRE(until([&] { return seen.haltOf(last_halt).has_value(); }));
    return *seen.haltOf(last_halt);
  }
  void permitFor(Epoch epoch, Duration time) { host->permit(epoch, nowNs() + time.count()); }

  static inline int count = 0;
  std::filesystem::path outputs_path;
  TestOutputs* outputs = nullptr;
  DriverSetup setup;
  bool child = true;
  Recorder seen;
  std::unique_ptr<DriverHost> host;
  std::uint64_t last_id = 0, last_halt = 100;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> inbox;
};

// The children of this process.
inline std::vector<pid_t> children() {
  std::vector<pid_t> out;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (FILE* file = std::fopen((task.path() / "children").c_str(), "r")) {
      int pid = 0;
      while (std::fscanf(file, "%d", &pid) == 1) out.push_back(pid);
      std::fclose(file);
    }
  }
  return out;
}

}  // namespace harness
