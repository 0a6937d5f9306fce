#include "media/unfinished_segments.hpp"

#include <vector>

namespace robohub::media {

void UnfinishedSegments::find(const Capture& capture) {
  for (const std::uint32_t number : files_.unfinished(capture.id))
    hold(capture.id, number, capture.device, files_.size(capture.id, segmentPart(number)));
}

std::int64_t UnfinishedSegments::take(CaptureId id, std::uint32_t number) {
  Lock lock(mutex_);
  const auto at = held_.find({id, number});
  if (at == held_.end()) return 0;
  const std::int64_t bytes = at->second.bytes;
  held_.erase(at);
  return bytes;
}

void UnfinishedSegments::leave(CaptureId id, std::uint32_t number, const DeviceId& device, std::int64_t promised) {
  // A newer sender has a promise of its own, and a deleted capture has no files.
  const bool stays = !is_sent_(id, number) && index_.find(id) != nullptr;
  hold(id, number, device, stays ? files_.size(id, segmentPart(number)) : 0);
  if (promised > 0) index_.release(device, promised);
}

void UnfinishedSegments::hold(CaptureId id, std::uint32_t number, const DeviceId& device, std::int64_t bytes) {
  std::int64_t before = 0;
  {
    Lock lock(mutex_);
    const auto at = held_.find({id, number});
    if (at != held_.end()) before = at->second.bytes;
    if (bytes > 0)
      held_.insert_or_assign({id, number}, Held{device, bytes});
    else if (at != held_.end())
      held_.erase(at);
  }
  if (bytes != before) index_.release(device, before - bytes);
}

void UnfinishedSegments::clear(CaptureId id) {
  for (const std::uint32_t number : files_.unfinished(id))
    if (!is_sent_(id, number)) files_.remove(id, segmentPart(number));
  std::vector<Held> gone;
  {
    Lock lock(mutex_);
    for (auto at = held_.lower_bound({id, 0}); at != held_.end() && at->first.first == id;) {
      if (files_.has(id, segmentPart(at->first.second))) {
        ++at;
        continue;
      }
      gone.push_back(at->second);
      at = held_.erase(at);
    }
  }
  for (const Held& each : gone) index_.release(each.device, each.bytes);
}

}  // namespace robohub::media
