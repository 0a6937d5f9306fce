#include "video/output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace robohub::video {

namespace {

constexpr int kBuffer = 256 * 1024;

// The muxer reads what it has written, to move it behind the index.
struct ReadBack {
  int file = -1;
  std::int64_t position = 0;
  static int read(void* self, std::uint8_t* buffer, int size) {
    auto& back = *static_cast<ReadBack*>(self);
    ssize_t got = 0;
    while ((got = ::pread(back.file, buffer, static_cast<std::size_t>(size), back.position)) < 0 && errno == EINTR) {
    }
    if (got < 0) return AVERROR(EIO);
    if (got == 0) return AVERROR_EOF;
    back.position += got;
    return static_cast<int>(got);
  }
  static std::int64_t seek(void* self, std::int64_t offset, int whence) {
    auto& back = *static_cast<ReadBack*>(self);
    if (whence & AVSEEK_SIZE) return AVERROR(ENOSYS);
    if ((whence & ~AVSEEK_FORCE) == SEEK_CUR) offset += back.position;
    if (offset < 0) return AVERROR(EINVAL);
    return back.position = offset;
  }
};

}  // namespace

int Output::writeBytes(void* self, std::uint8_t* bytes, int size) {
  auto& output = *static_cast<Output*>(self);
  if (output.position_ + size > output.most_bytes_) {
    output.full_ = true;
    return AVERROR(ENOSPC);
  }
  int written = 0;
  while (written < size) {
    const ssize_t wrote =
        ::pwrite(output.file_, bytes + written, static_cast<std::size_t>(size - written), output.position_ + written);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      output.full_ = output.full_ || errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
      output.broken_ = true;
      return AVERROR(errno);
    }
    written += static_cast<int>(wrote);
  }
  output.position_ += size;
  output.size_ = std::max(output.size_, output.position_);
  return size;
}

std::int64_t Output::seek(void* self, std::int64_t offset, int whence) {
  auto& output = *static_cast<Output*>(self);
  if (whence & AVSEEK_SIZE) return output.size_;
  whence &= ~AVSEEK_FORCE;
  const std::int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? output.position_ : output.size_;
  if (base + offset < 0) return AVERROR(EINVAL);
  return output.position_ = base + offset;
}

int Output::openForReading(AVFormatContext* format, AVIOContext** io, const char*, int flags, AVDictionary**) {
  *io = nullptr;
  if (flags != AVIO_FLAG_READ) return AVERROR(EPERM);
  auto* back = new ReadBack{static_cast<Output*>(format->opaque)->file_, 0};
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBuffer));
  if (buffer) *io = avio_alloc_context(buffer, kBuffer, 0, back, ReadBack::read, nullptr, ReadBack::seek);
  if (*io) return 0;
  av_free(buffer);
  delete back;
  return AVERROR(ENOMEM);
}

int Output::closeReading(AVFormatContext*, AVIOContext* io) {
  if (!io) return 0;
  delete static_cast<ReadBack*>(io->opaque);
  Av<AVIOContext>(io).reset();
  return 0;
}

Result<std::unique_ptr<Output>> Output::create(int file, std::int64_t most_bytes, Index index) {
  std::unique_ptr<Output> output(new Output(file, most_bytes, index));
  if (avformat_alloc_output_context2(&output->format_, nullptr, "mp4", nullptr) < 0)
    return fail(ErrorCode::internal, "The libraries do not start.");
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBuffer));
  if (buffer) output->io_.reset(avio_alloc_context(buffer, kBuffer, 1, output.get(), nullptr, writeBytes, seek));
  if (!output->io_) return fail(ErrorCode::internal, "There is no memory.");
  AVFormatContext* format = output->format_;
  format->opaque = output.get();
  format->pb = output->io_.get();
  format->flags |= AVFMT_FLAG_CUSTOM_IO;
  format->io_open = openForReading;
  format->io_close2 = closeReading;
  return output;
}

Output::~Output() {
  avformat_free_context(format_);
}

AVStream* Output::add(const AVCodecParameters& parameters, AVRational time_base) {
  AVStream* stream = avformat_new_stream(format_, nullptr);
  if (!stream || avcodec_parameters_copy(stream->codecpar, &parameters) < 0) return nullptr;
  stream->codecpar->codec_tag = 0;  // that of MP4, not of where it comes from
  stream->time_base = time_base;
  return stream;
}

Status Output::failure(int error) const {
  if (full_) return fail(ErrorCode::exhausted, "There is no room for the joined video.");
  if (broken_) return fail(ErrorCode::internal, "The joined video cannot be written (" + avText(error) + ").");
  return fail(ErrorCode::invalid_argument, "It cannot stand in an MP4 (" + avText(error) + ").");
}

Status Output::begin() {
  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags",
              index_ == Index::front ? "+faststart" : "+frag_keyframe+empty_moov+default_base_moof", 0);
  const int error = avformat_write_header(format_, &options);
  av_dict_free(&options);
  return error < 0 ? failure(error) : Status{};
}

Status Output::write(AVPacket& packet) {
  const int error = av_interleaved_write_frame(format_, &packet);
  return error < 0 ? failure(error) : Status{};
}

Status Output::finish() {
  int error = av_write_trailer(format_);
  avio_flush(io_.get());
  if (error >= 0 && io_->error < 0) error = io_->error;
  return error < 0 || full_ || broken_ ? failure(error) : Status{};
}

}  // namespace robohub::video
