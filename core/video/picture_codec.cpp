#include "video/picture_codec.hpp"

#include <algorithm>
#include <cstring>

namespace robohub::video {

Result<Decoder> Decoder::open(const AVCodecParameters& parameters) {
  return open(parameters.codec_id, &parameters);
}
Result<Decoder> Decoder::openJpeg() {
  return open(AV_CODEC_ID_MJPEG, nullptr);
}

Result<Decoder> Decoder::open(AVCodecID id, const AVCodecParameters* parameters) {
  const AVCodec* codec = avcodec_find_decoder(id);
  Decoder decoder;
  if (codec) decoder.codec_.reset(avcodec_alloc_context3(codec));
  decoder.frame_.reset(av_frame_alloc());
  if (!decoder.codec_ || !decoder.frame_) return fail(ErrorCode::internal, "There is no decoder for it.");
  // Other threads are not allowed to this process.
  decoder.codec_->thread_count = 1;
  decoder.codec_->max_pixels = 16384LL * 16384 / 4;
  if (parameters && avcodec_parameters_to_context(decoder.codec_.get(), parameters) < 0)
    return fail(ErrorCode::invalid_argument, "Its decoder cannot be set up.");
  if (const int error = avcodec_open2(decoder.codec_.get(), codec, nullptr); error < 0)
    return fail(ErrorCode::invalid_argument, "Its decoder does not start (" + avText(error) + ").");
  return decoder;
}

Status Decoder::feed(const AVPacket* packet, const std::function<void(AVFrame&)>& take) {
  const int sent = avcodec_send_packet(codec_.get(), packet);
  if (sent < 0 && sent != AVERROR(EAGAIN))
    return fail(ErrorCode::invalid_argument, "It cannot be decoded (" + avText(sent) + ").");
  for (;;) {
    const int got = avcodec_receive_frame(codec_.get(), frame_.get());
    if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return {};
    if (got < 0) return fail(ErrorCode::invalid_argument, "It cannot be decoded (" + avText(got) + ").");
    take(*frame_);
    av_frame_unref(frame_.get());
  }
}

PictureSize fitting(int width, int height) {
  constexpr int kMostWidth = 1920, kMostHeight = 1080;
  std::int64_t w = width, h = height;
  if (w > kMostWidth) h = h * kMostWidth / w, w = kMostWidth;
  if (h > kMostHeight) w = w * kMostHeight / h, h = kMostHeight;
  return {static_cast<int>(std::max<std::int64_t>(w / 2 * 2, 16)),
          static_cast<int>(std::max<std::int64_t>(h / 2 * 2, 16))};
}

AVFrame* Scaler::scale(const AVFrame& from) {
  if (from.width < 1 || from.height < 1) return nullptr;
  if (!frame_) {
    frame_.reset(av_frame_alloc());
    if (!frame_) return nullptr;
    frame_->width = to_.width;
    frame_->height = to_.height;
    frame_->format = format_;
    if (av_frame_get_buffer(frame_.get(), 0) < 0) return nullptr;
  }
  if (av_frame_make_writable(frame_.get()) < 0) return nullptr;
  if (from.width != from_width_ || from.height != from_height_ || from.format != from_format_) {
    const double factor =
        std::min(static_cast<double>(to_.width) / from.width, static_cast<double>(to_.height) / from.height);
    inner_ = {std::clamp(static_cast<int>(from.width * factor + 0.5) / 2 * 2, 2, to_.width),
              std::clamp(static_cast<int>(from.height * factor + 0.5) / 2 * 2, 2, to_.height)};
    left_ = (to_.width - inner_.width) / 4 * 2;
    top_ = (to_.height - inner_.height) / 4 * 2;
    scaler_.reset(sws_getContext(from.width, from.height, static_cast<AVPixelFormat>(from.format), inner_.width,
                                 inner_.height, format_, SWS_BILINEAR, nullptr, nullptr, nullptr));
    from_width_ = from.width;
    from_height_ = from.height;
    from_format_ = from.format;
  }
  if (!scaler_) return nullptr;
  std::uint8_t* planes[4] = {frame_->data[0], frame_->data[1], frame_->data[2], nullptr};
  if (inner_ != to_) {
    const std::ptrdiff_t lines[4] = {frame_->linesize[0], frame_->linesize[1], frame_->linesize[2], 0};
    const bool full = format_ == AV_PIX_FMT_YUVJ420P;
    av_image_fill_black(planes, lines, format_, full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG, to_.width, to_.height);
    planes[0] += static_cast<std::ptrdiff_t>(top_) * frame_->linesize[0] + left_;
    planes[1] += static_cast<std::ptrdiff_t>(top_ / 2) * frame_->linesize[1] + left_ / 2;
    planes[2] += static_cast<std::ptrdiff_t>(top_ / 2) * frame_->linesize[2] + left_ / 2;
  }
  const int done = sws_scale(scaler_.get(), from.data, from.linesize, 0, from.height, planes, frame_->linesize);
  return done > 0 ? frame_.get() : nullptr;
}

}  // namespace robohub::video
