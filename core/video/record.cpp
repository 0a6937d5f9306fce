#include "video/record.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "media/worker_words.hpp"
#include "video/output.hpp"
#include "video/picture_codec.hpp"

namespace robohub::video {

namespace {

namespace words = media::words;
constexpr AVRational kTimeBase{1, 90'000};
constexpr AVRational kMicroseconds{1, 1'000'000};
constexpr std::int64_t kKeyEvery = 2 * 90'000;  // a fragment, and a place to seek to, every two seconds
constexpr std::int64_t kLastStands = 90'000 / 10;

bool readWhole(int from, char* to, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t got = ::read(from, to, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

class Recording {
 public:
  Recording(int output, std::int64_t most_bytes) : file_(output), most_bytes_(most_bytes) {}

  Status take(std::string& jpeg, std::int64_t at_us) {
    if (!decoder_) {
      auto opened = Decoder::openJpeg();
      if (!opened) return fail(std::move(opened.error()));
      decoder_.emplace(std::move(*opened));
      packet_.reset(av_packet_alloc());
      if (!packet_) return fail(ErrorCode::internal, "There is no memory.");
    }
    // The decoder reads a little behind the end.
    const std::size_t length = jpeg.size();
    jpeg.append(AV_INPUT_BUFFER_PADDING_SIZE, '\0');
    packet_->data = reinterpret_cast<std::uint8_t*>(jpeg.data());
    packet_->size = static_cast<int>(length);
    Status done;
    const Status decoded = decoder_->feed(packet_.get(), [&](AVFrame& frame) {
      if (done) done = encode(frame, at_us);
    });
    packet_->data = nullptr;
    packet_->size = 0;
    return decoded ? done : Status{};  // a damaged picture is left out
  }

  Status finish() {
    if (!output_) return fail(ErrorCode::invalid_argument, "No picture came.");
    if (Status sent = send(nullptr); !sent) return sent;
    return output_->finish();
  }
  std::int64_t durationMs() const { return (last_ - first_ + kLastStands) / 90; }
  PictureSize size() const { return size_; }

 private:
  Status begin(const AVFrame& frame) {
    size_ = fitting(frame.width, frame.height);
    scaler_.emplace(size_, AV_PIX_FMT_YUV420P);
    const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
    encoder_.reset(codec ? avcodec_alloc_context3(codec) : nullptr);
    if (!encoder_) return fail(ErrorCode::internal, "There is no encoder of H.264 (libx264) on this machine.");
    encoder_->width = size_.width;
    encoder_->height = size_.height;
    encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder_->time_base = kTimeBase;
    encoder_->framerate = {25, 1};
    encoder_->gop_size = 250;
    encoder_->thread_count = 1;
    encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AVDictionary* options = nullptr;
    av_dict_set(&options, "preset", "veryfast", 0);
    av_dict_set(&options, "tune", "zerolatency", 0);
    av_dict_set(&options, "crf", "24", 0);
    av_dict_set(&options, "forced-idr", "1", 0);
    const int error = avcodec_open2(encoder_.get(), codec, &options);
    av_dict_free(&options);
    if (error < 0) return fail(ErrorCode::internal, "The encoder does not start (" + avText(error) + ").");
    Av<AVCodecParameters> parameters(avcodec_parameters_alloc());
    if (!parameters || avcodec_parameters_from_context(parameters.get(), encoder_.get()) < 0)
      return fail(ErrorCode::internal, "There is no memory.");
    auto output = Output::create(file_, most_bytes_, Output::Index::fragmented);
    if (!output) return fail(std::move(output.error()));
    output_ = std::move(*output);
    stream_ = output_->add(*parameters, kTimeBase);
    encoded_.reset(av_packet_alloc());
    if (!stream_ || !encoded_) return fail(ErrorCode::internal, "There is no memory.");
    return output_->begin();
  }

  Status encode(const AVFrame& frame, std::int64_t at_us) {
    if (!output_) {
      if (Status begun = begin(frame); !begun) return begun;
      first_ = av_rescale_q(at_us, kMicroseconds, kTimeBase);
      last_ = first_ - 1;
      key_ = first_ - kKeyEvery;
    }
    AVFrame* scaled = scaler_->scale(frame);
    if (!scaled) return {};
    last_ = std::max(av_rescale_q(at_us, kMicroseconds, kTimeBase), last_ + 1);
    scaled->pts = last_ - first_;
    const bool key = last_ - key_ >= kKeyEvery;
    if (key) key_ = last_;
    scaled->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    return send(scaled);
  }

  Status send(const AVFrame* frame) {
    int error = avcodec_send_frame(encoder_.get(), frame);
    while (error >= 0) {
      error = avcodec_receive_packet(encoder_.get(), encoded_.get());
      if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return {};
      if (error < 0) break;
      av_packet_rescale_ts(encoded_.get(), kTimeBase, stream_->time_base);
      encoded_->stream_index = stream_->index;
      if (Status wrote = output_->write(*encoded_); !wrote) return wrote;
    }
    return fail(ErrorCode::internal, "A picture cannot be encoded (" + avText(error) + ").");
  }

  const int file_;
  const std::int64_t most_bytes_;
  std::optional<Decoder> decoder_;
  Av<AVPacket> packet_, encoded_;
  std::optional<Scaler> scaler_;
  Av<AVCodecContext> encoder_;
  std::unique_ptr<Output> output_;
  AVStream* stream_ = nullptr;
  PictureSize size_;
  std::int64_t first_ = 0, last_ = 0, key_ = 0;
};

}  // namespace

void runRecord(HubChannel& hub, int pictures, int output, std::int64_t most_bytes) {
  Recording recording(output, most_bytes);
  Status going;
  std::string jpeg;
  for (char head[words::kPictureHead]; going && readWhole(pictures, head, sizeof head);) {
    const auto number = [&](std::size_t from, std::size_t bytes) {
      std::uint64_t value = 0;
      for (std::size_t i = bytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(head[from + i]);
      return value;
    };
    const std::uint64_t length = number(8, 4);
    if (length == 0 || length > words::kMaxPicture) break;
    jpeg.resize(length);
    if (!readWhole(pictures, jpeg.data(), jpeg.size())) break;
    going = recording.take(jpeg, static_cast<std::int64_t>(number(0, 8)));
  }
  // Full: what is there is whole, up to its last fragment.
  const bool full = !going && going.error().code == ErrorCode::exhausted;
  if (going || full) {
    const Status finished = recording.finish();
    if (going && !finished) going = finished;
  }
  if (going || full)
    return hub.done(recording.durationMs(), recording.size().width, recording.size().height,
                    full ? "The room for it was used up." : "");
  hub.failed({std::string(going.error().code == ErrorCode::invalid_argument ? words::kInput : words::kInternal),
              going.error().message});
}

}  // namespace robohub::video
