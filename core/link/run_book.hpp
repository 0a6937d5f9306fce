// A command must run once, however often it arrives, and must be answered once, however it ends. This remembers what
// runs now and the ids of what was taken on this connection. Bounded: the newest `kRemembered` ids.
#pragma once
#include <cstdint>
#include <optional>
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
  enum class Which { all, of_turns };

  struct Run {
    std::uint64_t run = 0;
    std::string id;
    Epoch epoch = 0;
    MonoTime deadline;
    bool acknowledged = false;
  };

  // Runs are numbered from `first` on.
  explicit RunBook(std::uint64_t first = 1) : next_run_(first) {}

  // False when the id was taken before on this connection.
  bool remember(const std::string& id);
  // The number of the new run.
  std::uint64_t start(std::string id, Epoch epoch, MonoTime deadline);
  // Takes out one run, by its number or the hub's id; nothing when it does not run (any more).
  std::optional<Run> finish(std::uint64_t run);
  std::optional<Run> finish(std::string_view id);
  // Takes out runs: those of turns or all; those whose deadline has come.
  std::vector<Run> take(Which which);
  std::vector<Run> takeExpired(MonoTime now);
  // The ids of those that run and were not in an answer of this before, in the order started.
  std::vector<std::string> acknowledge();

  std::size_t count() const { return runs_.size(); }
  MonoTime nextDeadline() const;
  void forgetIds();  // a new connection: the hub's ids begin afresh

 private:
  std::uint64_t next_run_;
  std::vector<Run> runs_;
  std::unordered_set<std::string> seen_;
  std::vector<std::string> order_;  // ring of the ids in seen_
  std::size_t oldest_ = 0;
};

}  // namespace robohub::link
