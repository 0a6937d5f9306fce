// One video file as packets: MP4 or MPEG-TS, told by its first bytes and opened by that demuxer alone, from a regular
// file that is open already. Nothing that stands in it can lead to another file or address.
#pragma once
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "video/av.hpp"

namespace robohub::video {

enum class Container { mp4, mpegts };

// Of the first bytes of a file.
std::optional<Container> containerOf(const unsigned char* bytes, std::size_t count);

// Not thread-safe. `file` must outlive it.
class Input {
 public:
  // Errors: invalid_argument, with a sentence about what is wrong with the file.
  static Result<std::unique_ptr<Input>> open(int file);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  Container container() const { return container_; }
  // The stream of pictures, and that of sound or null.
  AVStream* video() const { return format_->streams[video_]; }
  AVStream* audio() const { return audio_ < 0 ? nullptr : format_->streams[audio_]; }
  AVFormatContext* format() const { return format_; }

  enum class Read { packet, end, damaged };
  // The next packet of one of the two, with time stamps; `why` says what is damaged.
  Read read(AVPacket& packet, std::string& why);
  // A fragmented MP4 has its index piece by piece, so that what is there of one that was cut can be shown.
  bool fragmented() const;

 private:
  explicit Input(int file) : file_(file) {}
  static int readBytes(void* self, std::uint8_t* buffer, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);

  const int file_;
  std::int64_t size_ = 0, position_ = 0;
  Container container_ = Container::mp4;
  Av<AVIOContext> io_;
  AVFormatContext* format_ = nullptr;
  int video_ = -1, audio_ = -1;
};

}  // namespace robohub::video
