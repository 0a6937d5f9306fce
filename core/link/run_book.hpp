// A command must run once, however often it arrives, and must be answered once, however it ends. This remembers what
// runs now and the ids of what was taken on this connection. Bounded: the newest `kRemembered` ids.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace robohub::link {

class RunBook {
 public:
  static constexpr std::size_t kRemembered = 1024;

  struct Run {
    std::string id;
    Epoch epoch = 0;
    MonoTime deadline;
  };

  // False when the id was taken before on this connection.
  bool remember(const std::string& id);
  void start(Run run) { runs_.push_back(std::move(run)); }
  // False when it does not run (any more).
  bool finish(std::string_view id);
  const std::vector<Run>& running() const { return runs_; }
  MonoTime nextDeadline() const;
  void forgetAll();  // a new connection: its ids begin afresh

 private:
  std::vector<Run> runs_;
  std::unordered_set<std::string> seen_;
  std::vector<std::string> order_;  // ring of the ids in seen_
  std::size_t oldest_ = 0;
};

}  // namespace robohub::link
