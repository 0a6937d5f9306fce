// What waits for a disk must wait on no loop. A few threads, each with a line of its own: what is queued under the same
// number runs one after another, in its order.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace robohub::media {

// Thread-safe.
class FileThreads {
 public:
  FileThreads(std::size_t count, std::string name, std::size_t longest_line = 4096);
  ~FileThreads();
  FileThreads(const FileThreads&) = delete;
  FileThreads& operator=(const FileThreads&) = delete;

  // False: not queued (the line is full, or the threads end).
  [[nodiscard]] bool run(std::int64_t number, std::function<void()> work);
  // Runs what is queued, joins. Blocks. Idempotent.
  void end();

 private:
  struct Line;
  const std::size_t longest_line_;
  std::vector<std::unique_ptr<Line>> lines_;
};

}  // namespace robohub::media
