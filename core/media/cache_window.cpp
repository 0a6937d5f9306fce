#include "media/cache_window.hpp"

#include <fcntl.h>

#include <vector>

namespace robohub::media {

void CacheWindow::add(CaptureId id, std::uint32_t number, std::int64_t bytes) {
  std::vector<Kept> old;
  {
    Lock lock(mutex_);
    kept_.push_back({id, number, bytes});
    bytes_ += bytes;
    while (!kept_.empty() && (bytes_ > kBytes || kept_.size() > kMostSegments)) {
      old.push_back(kept_.front());
      bytes_ -= kept_.front().bytes;
      kept_.pop_front();
    }
  }
  for (const Kept& each : old)
    if (const auto file = files_.open(each.id, segmentFile(each.number), O_RDONLY); file)  // else it was deleted
      letGoOfPages(file->get(), 0, static_cast<std::uint64_t>(each.bytes));
}

void letGoOfPages(int descriptor, std::uint64_t begin, std::uint64_t end) {
  // An advice: where it is not followed the pages stay, which is no fault. Those not written yet stay as well.
  ::posix_fadvise(descriptor, static_cast<off_t>(begin), static_cast<off_t>(end - begin), POSIX_FADV_DONTNEED);
}

}  // namespace robohub::media
