// Segments that were begun and not finished lie on the disk as <number>.part, so that they can go on where they were.
// Nobody may ever come for them: so their bytes count for the quotas until they go on, are stored or are removed, and
// they go when their capture is ready or has failed. Internal to media. Thread-safe; what looks at files says so.
#pragma once
#include <functional>
#include <map>
#include <utility>

#include "base/mutex.hpp"
#include "media/capture_files.hpp"
#include "media/capture_index.hpp"

namespace robohub::media {

class UnfinishedSegments {
 public:
  // Whether somebody sends this segment just now.
  using IsSent = std::function<bool(CaptureId, std::uint32_t number)>;

  // What is given must outlive it.
  UnfinishedSegments(CaptureIndex& index, const CaptureFiles& files, IsSent is_sent)
      : index_(index), files_(files), is_sent_(std::move(is_sent)) {}

  // Holds room for what lies there of a capture, at the start. Looks at files.
  void find(const Capture& capture);
  // The segment goes on: so many bytes of room that were held for it are the caller's promise now.
  std::int64_t take(CaptureId id, std::uint32_t number);
  // Its sender is gone, and gives back what it was promised. What is there stays held. Looks at files: on the file
  // thread of the capture.
  void leave(CaptureId id, std::uint32_t number, const DeviceId& device, std::int64_t promised);
  // Removes what nobody sends just now. Looks at files: on the file thread of the capture.
  void clear(CaptureId id);

 private:
  struct Held {
    DeviceId device;
    std::int64_t bytes = 0;
  };
  void hold(CaptureId id, std::uint32_t number, const DeviceId& device, std::int64_t bytes);

  CaptureIndex& index_;
  const CaptureFiles& files_;
  const IsSent is_sent_;
  Mutex mutex_;
  std::map<std::pair<CaptureId, std::uint32_t>, Held> held_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::media
