// A viewer that is no person: it takes the pictures of a stream as any viewer does, keeps the newest one only, and
// hands it to a thread of the hub's own.
#pragma once
#include <optional>

#include "base/mutex.hpp"
#include "media/picture.hpp"
#include "media/picture_stream.hpp"

namespace robohub::media {

class PictureTap final : public net::HttpStream {
 public:
  struct Taken {
    SharedBytes part;  // as framePicture() made it
    std::string_view jpeg;
    MonoTime at{};
  };
  explicit PictureTap(const Clock& clock) : clock_(clock) {}

  // Waits for a picture that was not taken yet. Nothing: none came in time, or there will be none. [one thread]
  std::optional<Taken> take(Duration patience);
  // [any-thread]
  bool open() const override;

  // Of the stream, on its loop.
  bool send(std::span<const SharedBytes> parts, net::SendClass send_class) override;
  void onClosed(std::function<void()>) override {}
  void onDrained(std::function<void()>) override {}
  void close() override;
  std::size_t queuedBytes() const override { return 0; }
  net::OutputCounts counts() const override { return {}; }

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  Condition changed_;
  std::optional<Taken> newest_ RH_GUARDED_BY(mutex_);
  bool open_ RH_GUARDED_BY(mutex_) = true;
};

}  // namespace robohub::media
