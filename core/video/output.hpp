// An MP4 that is written to a file which is open already, with its index at the front, so that a player begins at once.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "video/av.hpp"

namespace robohub::video {

// Not thread-safe. `file` must outlive it.
class Output {
 public:
  enum class Index {
    front,       // the whole file is moved once at the end
    fragmented,  // piece by piece: what is there can be read whenever the writer ends
  };
  // At most `most_bytes` are written.
  static Result<std::unique_ptr<Output>> create(int file, std::int64_t most_bytes, Index index);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // A stream like `parameters`, which are copied. Before begin(). Null: no memory.
  AVStream* add(const AVCodecParameters& parameters, AVRational time_base);
  // Errors of these: exhausted (the disk or most_bytes), invalid_argument (the packet or stream cannot be written as
  // MP4).
  Status begin();
  Status write(AVPacket& packet);  // takes what is in it
  Status finish();

 private:
  Output(int file, std::int64_t most_bytes, Index index) : file_(file), most_bytes_(most_bytes), index_(index) {}
  static int writeBytes(void* self, std::uint8_t* bytes, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);
  static int openForReading(AVFormatContext* format, AVIOContext** io, const char*, int flags, AVDictionary**);
  static int closeReading(AVFormatContext*, AVIOContext* io);
  Status failure(int error) const;

  const int file_;
  const std::int64_t most_bytes_;
  const Index index_;
  std::int64_t position_ = 0, size_ = 0;
  bool full_ = false, broken_ = false;
  Av<AVIOContext> io_;
  AVFormatContext* format_ = nullptr;
};

}  // namespace robohub::video
