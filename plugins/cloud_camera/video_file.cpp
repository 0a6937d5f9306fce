#include "cloud_camera/video_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "cloud_camera/libav.hpp"
#include "hw/descriptor.hpp"

namespace cloud_camera {
namespace {

constexpr AVRational kTicks{1, 90'000};

[[noreturn]] void refuse(const std::string& what, int code) {
  char why[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, why, sizeof why);
  throw std::runtime_error(what + ": " + why + ".");
}
void check(const char* what, int code) {
  if (code < 0) refuse(what, code);
}

std::int64_t ticks(std::int64_t ns) {
  return av_rescale_q(ns, AVRational{1, 1'000'000'000}, kTicks);
}

void syncFile(const std::filesystem::path& file) {
  const rh::hw::Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) throw std::runtime_error("A segment cannot be written to the disk.");
}

}  // namespace

struct VideoFile::Libav {
  std::filesystem::path file, part;
  VideoFormat format;
  AVFormatContext* muxer = nullptr;
  AVCodecContext* encoder = nullptr;
  AVStream* stream = nullptr;
  AVFrame* picture = nullptr;
  AVPacket* packet = nullptr;  // what the encoder gave last
  AVPacket* held = nullptr;    // waits for the next one, which says how long it is shown
  bool holds = false, finished = false;
  std::int64_t first_ns = 0, last_ticks = -1;

  Libav() { loadLibav(); }
  ~Libav() {
    av_packet_free(&packet);
    av_packet_free(&held);
    av_frame_free(&picture);
    avcodec_free_context(&encoder);
    if (muxer != nullptr) {
      avio_closep(&muxer->pb);
      avformat_free_context(muxer);
    }
    if (!finished) std::remove(part.c_str());
  }

  void openEncoder() {
    const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
    if (codec == nullptr) throw std::runtime_error("This libavcodec has no libx264: segments cannot be encoded.");
    encoder = avcodec_alloc_context3(codec);
    if (encoder == nullptr) throw std::runtime_error("No memory for the encoder.");
    // What goes wrong is said once, by us; the rest would fill the log of whoever hosts us.
    encoder->log_level_offset = AV_LOG_TRACE;
    encoder->width = format.width;
    encoder->height = format.height;
    encoder->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder->sample_aspect_ratio = {1, 1};
    encoder->time_base = kTicks;
    encoder->framerate = {format.fps, 1};
    encoder->gop_size = 2 * format.fps;
    encoder->max_b_frames = 0;
    encoder->thread_count = 1;
    encoder->bit_rate = std::int64_t(format.bitrate_kbit) * 1000;
    encoder->rc_max_rate = encoder->bit_rate * 2;
    encoder->rc_buffer_size = static_cast<int>(encoder->bit_rate * 2);
    encoder->color_range = AVCOL_RANGE_JPEG;
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    av_opt_set(encoder->priv_data, "preset", "superfast", 0);
    av_opt_set(encoder->priv_data, "tune", "zerolatency", 0);
    av_opt_set(encoder->priv_data, "profile", "main", 0);
    check("The encoder does not begin", avcodec_open2(encoder, codec, nullptr));
  }

  void openMuxer() {
    check("The segment cannot be begun", avformat_alloc_output_context2(&muxer, nullptr, "mp4", nullptr));
    stream = avformat_new_stream(muxer, nullptr);
    if (stream == nullptr) throw std::runtime_error("No memory for a segment.");
    stream->time_base = kTicks;
    stream->sample_aspect_ratio = {1, 1};
    stream->avg_frame_rate = {format.fps, 1};
    check("The segment cannot be begun", avcodec_parameters_from_context(stream->codecpar, encoder));
    check("The segment cannot be written", avio_open(&muxer->pb, part.c_str(), AVIO_FLAG_WRITE));
    AVDictionary* options = nullptr;
    av_dict_set(&options, "video_track_timescale", "90000", 0);
    const int begun = avformat_write_header(muxer, &options);
    av_dict_free(&options);
    check("The segment cannot be written", begun);
  }

  // The packet that waits is shown until `until` (in ticks).
  void release(std::int64_t until) {
    if (!holds) return;
    held->duration = std::max<std::int64_t>(1, until - held->pts);
    held->stream_index = stream->index;
    av_packet_rescale_ts(held, kTicks, stream->time_base);
    holds = false;
    check("The segment cannot be written", av_write_frame(muxer, held));
    av_packet_unref(held);
  }

  void drain() {
    for (;;) {
      const int got = avcodec_receive_packet(encoder, packet);
      if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return;
      check("A picture cannot be encoded", got);
      release(packet->pts);
      av_packet_move_ref(held, packet);
      holds = true;
    }
  }
};

VideoFile::VideoFile(const std::filesystem::path& file, const VideoFormat& format) : av_(std::make_unique<Libav>()) {
  av_->file = file;
  av_->part = file.string() + ".part";
  av_->format = format;
  av_->openEncoder();
  av_->openMuxer();
  av_->picture = av_frame_alloc();
  av_->packet = av_packet_alloc();
  av_->held = av_packet_alloc();
  if (av_->picture == nullptr || av_->packet == nullptr || av_->held == nullptr)
    throw std::runtime_error("No memory for a segment.");
  av_->picture->format = AV_PIX_FMT_YUV420P;
  av_->picture->width = format.width;
  av_->picture->height = format.height;
  av_->picture->color_range = AVCOL_RANGE_JPEG;
  check("No memory for a picture", av_frame_get_buffer(av_->picture, 0));
}

VideoFile::~VideoFile() = default;

void VideoFile::write(const Frame& frame) {
  Libav& av = *av_;
  if (frame.width != av.format.width || frame.height != av.format.height)
    throw std::runtime_error("The pictures have changed their size.");
  if (av.last_ticks < 0) av.first_ns = frame.t_ns;
  const std::int64_t at = ticks(frame.t_ns - av.first_ns);
  if (at <= av.last_ticks) return;  // a clock that stands still gives no second picture
  check("No memory for a picture", av_frame_make_writable(av.picture));
  const auto copy = [](const std::vector<std::uint8_t>& from, std::uint8_t* to, int stride, int width, int height) {
    for (int row = 0; row < height; ++row)
      std::copy_n(from.data() + static_cast<std::ptrdiff_t>(row) * width, width,
                  to + static_cast<std::ptrdiff_t>(row) * stride);
  };
  copy(frame.y, av.picture->data[0], av.picture->linesize[0], frame.width, frame.height);
  copy(frame.u, av.picture->data[1], av.picture->linesize[1], frame.width / 2, frame.height / 2);
  copy(frame.v, av.picture->data[2], av.picture->linesize[2], frame.width / 2, frame.height / 2);
  av.picture->pts = at;
  av.picture->pict_type = av.last_ticks < 0 ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  av.last_ticks = at;
  check("A picture cannot be encoded", avcodec_send_frame(av.encoder, av.picture));
  av.drain();
}

void VideoFile::finish(std::int64_t end_ns) {
  Libav& av = *av_;
  if (av.last_ticks < 0) throw std::runtime_error("A segment without a picture.");
  check("A picture cannot be encoded", avcodec_send_frame(av.encoder, nullptr));
  av.drain();
  av.release(std::max(ticks(end_ns - av.first_ns), av.last_ticks + 1));
  check("The segment cannot be written", av_write_trailer(av.muxer));
  check("The segment cannot be written", avio_closep(&av.muxer->pb));
  syncFile(av.part);
  std::filesystem::rename(av.part, av.file);
  av.finished = true;
}

}  // namespace cloud_camera
