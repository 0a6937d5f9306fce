#include "video/still.hpp"

#include <unistd.h>

#include <cerrno>

#include "media/worker_words.hpp"
#include "video/input.hpp"
#include "video/picture_codec.hpp"

namespace robohub::video {

namespace {

namespace words = media::words;
constexpr int kMostPackets = 2000;  // without a picture that can be shown
constexpr int kQuality = 4;         // of MJPEG: 2 is best, 31 worst

Result<Av<AVPacket>> encode(AVFrame& frame) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  Av<AVCodecContext> encoder(codec ? avcodec_alloc_context3(codec) : nullptr);
  Av<AVPacket> packet(av_packet_alloc());
  if (!encoder || !packet) return fail(ErrorCode::internal, "There is no encoder of JPEG.");
  encoder->width = frame.width;
  encoder->height = frame.height;
  encoder->pix_fmt = static_cast<AVPixelFormat>(frame.format);
  encoder->time_base = {1, 25};
  encoder->thread_count = 1;
  encoder->flags |= AV_CODEC_FLAG_QSCALE;
  encoder->global_quality = FF_QP2LAMBDA * kQuality;
  frame.quality = encoder->global_quality;
  frame.pts = 0;
  int error = avcodec_open2(encoder.get(), codec, nullptr);
  if (error >= 0) error = avcodec_send_frame(encoder.get(), &frame);
  if (error >= 0) error = avcodec_receive_packet(encoder.get(), packet.get());
  if (error < 0) return fail(ErrorCode::internal, "The picture cannot be encoded (" + avText(error) + ").");
  return packet;
}

Status writeWhole(int file, const AVPacket& packet) {
  int written = 0;
  while (written < packet.size) {
    const ssize_t wrote =
        ::pwrite(file, packet.data + written, static_cast<std::size_t>(packet.size - written), written);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return fail(ErrorCode::exhausted, "The picture cannot be written.");
    written += static_cast<int>(wrote);
  }
  return {};
}

struct Made {
  PictureSize size;
};

Result<Made> make(int video, int output) {
  auto input = Input::open(video);
  if (!input) return fail(std::move(input.error()));
  const AVStream& stream = *(*input)->video();
  auto decoder = Decoder::open(*stream.codecpar);
  if (!decoder) return fail(std::move(decoder.error()));
  // A little behind the beginning, where cameras have found their exposure.
  if (stream.duration > 0)
    av_seek_frame((*input)->format(), stream.index, stream.start_time + stream.duration / 10, AVSEEK_FLAG_BACKWARD);
  Av<AVPacket> packet(av_packet_alloc());
  if (!packet) return fail(ErrorCode::internal, "There is no memory.");
  std::optional<PictureSize> size;
  Av<AVPacket> jpeg;
  Status failure;
  const auto take = [&](AVFrame& frame) {
    if (jpeg || !failure) return;
    size = fitting(frame.width, frame.height);
    Scaler scaler(*size, AV_PIX_FMT_YUVJ420P);
    AVFrame* scaled = scaler.scale(frame);
    if (!scaled) return;
    auto encoded = encode(*scaled);
    if (encoded)
      jpeg = std::move(*encoded);
    else
      failure = fail(encoded.error());
  };
  for (int i = 0; i < kMostPackets && !jpeg && failure; ++i) {
    std::string why;
    const Input::Read read = (*input)->read(*packet, why);
    if (read == Input::Read::packet && packet->stream_index != stream.index) continue;
    const bool more = read == Input::Read::packet;
    // A damaged picture is not the end: the next whole one will do.
    if (!decoder->feed(more ? packet.get() : nullptr, take) && !more) break;
    if (!more) break;
  }
  if (!failure) return fail(failure.error());
  if (!jpeg) return fail(ErrorCode::invalid_argument, "No picture of it can be decoded.");
  if (Status wrote = writeWhole(output, *jpeg); !wrote) return fail(wrote.error());
  return Made{*size};
}

}  // namespace

void runStill(HubChannel& hub, int output) {
  const auto segment = hub.next();
  if (!segment) return hub.failed({std::string(words::kInput), "No video came."});
  const auto made = make(segment->file.get(), output);
  if (made) return hub.done(0, made->size.width, made->size.height, "");
  const bool input = made.error().code == ErrorCode::invalid_argument;
  hub.failed({std::string(input                                       ? words::kInput
                          : made.error().code == ErrorCode::exhausted ? words::kFull
                                                                      : words::kInternal),
              made.error().message});
}

}  // namespace robohub::video
