// Lines of a log whose reader may take nothing for a while: a terminal that is held, a pipe or a journal that hangs.
// Whoever logs may be a loop that has a stop to send, so lines are lost then, and how many is said later.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace robohub {

// Not thread-safe.
class LossyLines {
 public:
  // The line that says how many are missing before it, with its end.
  using Notice = std::function<std::string(std::uint64_t lost)>;
  // Writes `line`, which ends with a line end; where some are missing, `notice` first. Never waits but for a disk.
  void write(int file, std::string_view line, const Notice& notice);

 private:
  bool writeNow(int file, std::string_view text);

  std::uint64_t lost_ = 0;  // since one was taken
  bool cut_ = false;        // the newest that was begun was not taken whole
};

}  // namespace robohub
