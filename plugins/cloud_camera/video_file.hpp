// One segment: an MP4 of H.264 that begins with a key picture and whose time stamps are those of its pictures. It is
// written beside its name and gets it when it is whole, so that a file with a segment's name is a segment.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "cloud_camera/frame.hpp"

namespace cloud_camera {

struct VideoFormat {
  int width = 640, height = 360;
  int fps = 15;
  int bitrate_kbit = 900;
};

// One thread. Throws std::runtime_error with a sentence; after that only the destructor may be called.
class VideoFile {
 public:
  // The encoder uses one thread and its quickest useful setting, as it runs beside everything else on a small board.
  VideoFile(const std::filesystem::path& file, const VideoFormat& format);
  // Removes what was not finished.
  ~VideoFile();
  VideoFile(const VideoFile&) = delete;
  VideoFile& operator=(const VideoFile&) = delete;

  // Pictures of the file's size, each later than the one before.
  void write(const Frame& frame);
  // The last picture is shown until `end_ns`. Then the file has its name, and is on disk.
  void finish(std::int64_t end_ns);

 private:
  struct Libav;
  std::unique_ptr<Libav> av_;
};

}  // namespace cloud_camera
