// Video that comes in fills the kernel's cache of files, and pushes out of it what the hub, its database and everybody
// else on the machine need; each new page must be found and cleared besides, which makes a long upload slower than its
// disk. So only the newest segments stay in memory, for the worker that reads them next; older ones are let go of once
// they are on disk. Internal to media. Thread-safe.
#pragma once
#include <cstdint>
#include <deque>

#include "base/mutex.hpp"
#include "media/capture_files.hpp"

namespace robohub::media {

class CacheWindow {
 public:
  static constexpr std::int64_t kBytes = 64 * 1024 * 1024;
  static constexpr std::size_t kMostSegments = 256;

  explicit CacheWindow(const CaptureFiles& files) : files_(files) {}
  // This segment is on disk, synced and under its name; the oldest that are too much are let go of. Opens files.
  void add(CaptureId id, std::uint32_t number, std::int64_t bytes);

 private:
  struct Kept {
    CaptureId id;
    std::uint32_t number;
    std::int64_t bytes;
  };
  const CaptureFiles& files_;
  Mutex mutex_;
  std::deque<Kept> kept_ RH_GUARDED_BY(mutex_);
  std::int64_t bytes_ RH_GUARDED_BY(mutex_) = 0;
};

// Lets go of what is synced of an open file before `end`. [any-thread]
void letGoOfPages(int descriptor, std::uint64_t begin, std::uint64_t end);

}  // namespace robohub::media
