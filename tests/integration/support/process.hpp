// A program under test: started with its output in our hands, watched, and never left behind.
#pragma once
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace robohub::integration {

using namespace std::chrono_literals;

// Not thread-safe. Killed at the end of its life, and with the test program.
class Process {
 public:
  Process() = default;
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Throws when it cannot be started.
  void start(const std::filesystem::path& program, const std::vector<std::string>& arguments);
  bool running();
  pid_t pid() const { return pid_; }

  // The first line of its output (not among the first `from`) that begins with `start`; nothing when none comes in time
  // or the program ends. `behind` becomes the number of the line behind it.
  std::optional<std::string> line(const std::string& start, std::chrono::milliseconds patience = 10s,
                                  std::size_t from = 0, std::size_t* behind = nullptr);
  std::string output();
  // From now on nobody takes its output, and there is no room for more of it.
  void holdOutput();

  void signal(int number);
  // SIGKILL, and waits until it is gone.
  void kill();
  // SIGTERM; its exit code, or nothing when it had to be killed or died by a signal.
  std::optional<int> end(std::chrono::milliseconds patience = 5s);
  // Waits for its own end.
  std::optional<int> exitCode(std::chrono::milliseconds patience = 5s);

 private:
  void read(int fd);
  bool reap(std::chrono::milliseconds patience);
  void join();

  pid_t pid_ = 0;
  int status_ = 0;
  int pipe_ = -1;
  std::thread reader_;
  std::atomic<bool> leave_{false};
  std::atomic<bool> hold_{false}, held_{false};
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  bool ended_ = true;  // its output has ended
};

// Polls until it holds; false when it does not in time.
bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience = 5s);

std::int64_t monotonicNs();

}  // namespace robohub::integration
