#include "video/input.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace robohub::video {

namespace {

constexpr int kBuffer = 64 * 1024;
constexpr int kPacketOfTs = 188;

// Demuxers may ask for further files (playlists, external references); there are none.
int openNothing(AVFormatContext*, AVIOContext** io, const char*, int, AVDictionary**) {
  *io = nullptr;
  return AVERROR(EPERM);
}

Error refused(std::string sentence) {
  return {ErrorCode::invalid_argument, std::move(sentence), ""};
}

bool known(AVCodecID id) {
  switch (id) {
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_MPEG4:
    case AV_CODEC_ID_VP9:
    case AV_CODEC_ID_AV1:
    case AV_CODEC_ID_AAC:
    case AV_CODEC_ID_MP3:
    case AV_CODEC_ID_OPUS: return true;
    default: return false;
  }
}

}  // namespace

std::optional<Container> containerOf(const unsigned char* bytes, std::size_t count) {
  if (count >= 12 && std::memcmp(bytes + 4, "ftyp", 4) == 0) return Container::mp4;
  constexpr std::size_t kLook = 2 * kPacketOfTs + 1;
  if (count >= kLook && bytes[0] == 0x47 && bytes[kPacketOfTs] == 0x47 && bytes[2 * kPacketOfTs] == 0x47)
    return Container::mpegts;
  return std::nullopt;
}

int Input::readBytes(void* self, std::uint8_t* buffer, int size) {
  auto& input = *static_cast<Input*>(self);
  ssize_t got = 0;
  while ((got = ::pread(input.file_, buffer, static_cast<std::size_t>(size), input.position_)) < 0 && errno == EINTR) {
  }
  if (got < 0) return AVERROR(EIO);
  if (got == 0) return AVERROR_EOF;
  input.position_ += got;
  return static_cast<int>(got);
}

std::int64_t Input::seek(void* self, std::int64_t offset, int whence) {
  auto& input = *static_cast<Input*>(self);
  if (whence & AVSEEK_SIZE) return input.size_;
  whence &= ~AVSEEK_FORCE;
  const std::int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? input.position_ : input.size_;
  if (offset < -base || offset > (1LL << 60)) return AVERROR(EINVAL);
  return input.position_ = base + offset;
}

Result<std::unique_ptr<Input>> Input::open(int file) {
  struct stat facts {};
  if (::fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) return fail(refused("It is no regular file."));
  unsigned char first[2 * kPacketOfTs + 1] = {};
  const ssize_t got = ::pread(file, first, sizeof first, 0);
  const auto container = containerOf(first, got > 0 ? static_cast<std::size_t>(got) : 0);
  if (!container) return fail(refused("It is neither MP4 nor MPEG-TS."));

  std::unique_ptr<Input> input(new Input(file));
  input->size_ = facts.st_size;
  input->container_ = *container;
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBuffer));
  if (buffer) input->io_.reset(avio_alloc_context(buffer, kBuffer, 0, input.get(), readBytes, nullptr, seek));
  input->format_ = avformat_alloc_context();
  const AVInputFormat* demuxer = av_find_input_format(*container == Container::mp4 ? "mp4" : "mpegts");
  if (!input->io_ || !input->format_ || !demuxer) return fail(ErrorCode::internal, "The libraries do not start.");
  AVFormatContext* format = input->format_;
  format->pb = input->io_.get();
  format->flags |= AVFMT_FLAG_CUSTOM_IO;
  format->io_open = openNothing;
  format->max_streams = 16;
  format->error_recognition = AV_EF_CAREFUL;
  if (const int error = avformat_open_input(&input->format_, "", demuxer, nullptr); error < 0)
    return fail(refused("It is damaged or cut short (" + avText(error) + ")."));  // format_ is freed and null now
  if (const int error = avformat_find_stream_info(input->format_, nullptr); error < 0)
    return fail(refused("What is in it cannot be told (" + avText(error) + ")."));
  input->video_ = av_find_best_stream(input->format_, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  input->audio_ = av_find_best_stream(input->format_, AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
  if (input->video_ < 0) return fail(refused("There are no pictures in it."));
  const AVCodecParameters& pictures = *input->video()->codecpar;
  if (!known(pictures.codec_id) || (input->audio() && !known(input->audio()->codecpar->codec_id)))
    return fail(refused("It is coded as nothing that is joined here (H.264 and AAC are best)."));
  if (pictures.width < 1 || pictures.height < 1 || pictures.width > 16384 || pictures.height > 16384)
    return fail(refused("The size of its pictures is not known."));
  return input;
}

Input::~Input() {
  avformat_close_input(&format_);
}

Input::Read Input::read(AVPacket& packet, std::string& why) {
  for (;;) {
    av_packet_unref(&packet);
    const int got = av_read_frame(format_, &packet);
    if (got == AVERROR_EOF) return Read::end;
    if (got < 0) {
      why = avText(got);
      return Read::damaged;
    }
    if (packet.stream_index != video_ && packet.stream_index != audio_) continue;
    if (packet.flags & AV_PKT_FLAG_CORRUPT) {
      why = "a part of it is missing";
      return Read::damaged;
    }
    if (packet.size == 0) continue;
    if (packet.dts == AV_NOPTS_VALUE) packet.dts = packet.pts;
    if (packet.pts == AV_NOPTS_VALUE) packet.pts = packet.dts;
    if (packet.pts == AV_NOPTS_VALUE) {
      why = "it has no time stamps";
      return Read::damaged;
    }
    return Read::packet;
  }
}

// ISO/IEC 14496-12, 4.2: boxes one after another, each with its length and kind.
bool Input::fragmented() const {
  constexpr int kLookAt = 64;
  std::int64_t at = 0;
  for (int i = 0; container_ == Container::mp4 && i < kLookAt && at + 8 <= size_; ++i) {
    unsigned char head[16] = {};
    if (::pread(file_, head, sizeof head, at) < 8) return false;
    if (std::memcmp(head + 4, "moof", 4) == 0) return true;
    std::uint64_t length = 0;
    for (int b = 0; b < 4; ++b) length = length << 8 | head[b];
    if (length == 1) {
      length = 0;
      for (int b = 8; b < 16; ++b) length = length << 8 | head[b];
    }
    if (length < 8 || length > static_cast<std::uint64_t>(size_)) return false;
    at += static_cast<std::int64_t>(length);
  }
  return false;
}

}  // namespace robohub::video
