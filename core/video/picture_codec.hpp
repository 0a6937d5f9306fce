// Pictures in and out of codecs: decoded, brought to a size, encoded. One thread each; not thread-safe.
#pragma once
#include <functional>

#include "base/result.hpp"
#include "video/av.hpp"

namespace robohub::video {

class Decoder {
 public:
  // Errors: internal.
  static Result<Decoder> open(const AVCodecParameters& parameters);
  static Result<Decoder> openJpeg();
  // Gives `packet` (null: the end) to the decoder and calls `take` for each picture that comes out. Errors:
  // invalid_argument (damaged; the next packet may be fine).
  Status feed(const AVPacket* packet, const std::function<void(AVFrame&)>& take);

 private:
  static Result<Decoder> open(AVCodecID id, const AVCodecParameters* parameters);
  Av<AVCodecContext> codec_;
  Av<AVFrame> frame_;
};

// Even sizes, at most 1920 x 1080, of the same shape.
struct PictureSize {
  int width = 0, height = 0;
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};
PictureSize fitting(int width, int height);

// Brings pictures of any size to one, with black beside or above where the shape differs.
class Scaler {
 public:
  Scaler(PictureSize to, AVPixelFormat format) : to_(to), format_(format) {}
  // Null: it cannot be done (no memory, a format that nobody knows).
  AVFrame* scale(const AVFrame& from);

 private:
  const PictureSize to_;
  const AVPixelFormat format_;
  Av<SwsContext> scaler_;
  Av<AVFrame> frame_;
  int from_width_ = 0, from_height_ = 0, from_format_ = -1;
  PictureSize inner_;
  int left_ = 0, top_ = 0;
};

}  // namespace robohub::video
