// Recording a live stream: pictures are taken as any viewer takes them (the newest wins when the encoder is slower), go
// to a confined worker that makes H.264 of them with the times at which they came, and end up as a capture like those
// of devices.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "media/captures.hpp"
#include "media/picture_stream.hpp"

namespace robohub::media {

struct RecordStart {
  DeviceId device;
  std::string stream_name;
  std::shared_ptr<PictureStream> stream;
  Duration length{};  // 1 s to the setting max_duration
  identity::Actor by;
};

// Thread-safe; a thread for each recording, at most kMaxRecordings.
class Recorder {
 public:
  static constexpr std::size_t kMaxRecordings = 4;

  // `captures` and `loops` must outlive it.
  Recorder(Captures& captures, net::LoopPool& loops, const Clock& clock, const identity::Audit& audit,
           std::filesystem::path worker);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // The capture that was begun (open). It ends by itself when its time is over, when the stream ends or sends nothing
  // for 10 s, or by end(). Errors: invalid_argument, conflict (this stream is being recorded), exhausted.
  void begin(RecordStart start, std::function<void(Result<CapturePtr>)> done);
  // False: this capture is not being recorded.
  bool end(CaptureId id);
  // Ends all and waits for their last bytes. Before captures end. Blocks. Idempotent.
  void endAll();
  std::size_t running() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace robohub::media
