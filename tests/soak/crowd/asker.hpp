// People and programs who ask the hub's API all the time, at a fixed pace: what an answer takes counts from when it was
// due to be asked, so that an answer that hangs is not counted once but for everybody behind it.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "soak/crowd/timings.hpp"

namespace soak {

struct AskerSettings {
  std::uint16_t port = 0;
  std::string device;  // whose line is joined and left, among what is asked
  double per_s = 20;
  bool fresh = false;  // a new connection for each request, as a page that opens
  std::string from = "127.0.0.1";
};

// Thread-safe. One thread of its own, from its making to its end.
class Asker {
 public:
  explicit Asker(AskerSettings settings);
  ~Asker();
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  Timings& timings() { return timings_; }
  std::uint64_t asked() const { return asked_; }
  // Not answered, or otherwise than expected.
  std::uint64_t failed() const { return failed_; }
  std::string lastFault() const;
  // p99 of each request, in words.
  std::string byRequest() const;

 private:
  struct Question {
    const char* method;
    std::string target, body;
    bool signs_in = false;
  };
  void run();
  void ask(const Question& question, std::int64_t due_ns);
  bool connect();
  void disconnect();
  bool exchange(const std::string& request, std::string* answer);

  const AskerSettings settings_;
  std::vector<Question> questions_;
  Timings timings_;
  std::atomic<std::uint64_t> asked_{0}, failed_{0};
  std::atomic<bool> ending_{false};
  mutable std::mutex mutex_;  // guards both
  std::string fault_;
  std::map<std::string, Histogram> by_request_;
  int socket_ = -1;  // of the thread, as cookie_
  std::string cookie_;
  std::thread thread_;
};

}  // namespace soak
