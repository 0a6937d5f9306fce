// A loop that does not come round serves nobody: its sockets wait, its devices' beats are late. So a timer on each loop
// says when it last ran and how late, for health, readiness and figures.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.hpp"
#include "net/loop_pool.hpp"

namespace robohub::hub {

// Make it and begin() before the loops start; let it go after they have ended.
class LoopWatch {
 public:
  explicit LoopWatch(net::LoopPool& loops);
  LoopWatch(const LoopWatch&) = delete;
  LoopWatch& operator=(const LoopWatch&) = delete;
  void begin();

  struct Figures {
    Duration lag{0};         // the worst of the last ten to twenty seconds
    Duration silent_for{0};  // since it last came round
  };
  // One for each loop. Does not block. [any-thread]
  std::vector<Figures> figures() const;
  // Every loop has come round within `limit`. [any-thread]
  bool alive(Duration limit = std::chrono::seconds(2)) const;

 private:
  struct alignas(64) Beat {
    std::atomic<std::int64_t> last_ns{0};
    std::atomic<std::int64_t> worst_now_ns{0}, worst_before_ns{0};  // of this period of ten seconds and of the last
    std::int64_t due_ns = 0, period_ns = 0;                         // [its loop]
  };
  void tick(std::size_t index);

  net::LoopPool& loops_;
  std::unique_ptr<Beat[]> beats_;
};

}  // namespace robohub::hub
