// A V4L2 camera that gives up in the midst of being opened: a file stands for the device, and what the kernel would
// answer is said here, by an ioctl() that the whole test program calls.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdarg>
#include <fstream>

#include "cloud_camera/source.hpp"
#include "unit/store/temp_folder.hpp"

using namespace cloud_camera;

namespace {

constexpr std::uint32_t kBuffer_bytes = 4096;

// The camera that is open, if any. One thread.
struct Kernel {
  std::string path;
  unsigned long fails = 0;      // the request that it refuses,
  std::uint32_t at_buffer = 0;  // for this buffer
  bool streams = false;

  int answer(unsigned long what, void* argument) {
    auto* buffer = static_cast<v4l2_buffer*>(argument);
    const bool of_buffer = what == VIDIOC_QUERYBUF || what == VIDIOC_QBUF;
    if (what == fails && (!of_buffer || buffer->index == at_buffer)) return errno = EIO, -1;
    switch (what) {
      case VIDIOC_QUERYCAP:
        static_cast<v4l2_capability*>(argument)->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        return 0;
      case VIDIOC_REQBUFS: static_cast<v4l2_requestbuffers*>(argument)->count = 4; return 0;
      case VIDIOC_QUERYBUF:
        buffer->length = kBuffer_bytes;
        buffer->m.offset = buffer->index * kBuffer_bytes;
        return 0;
      case VIDIOC_STREAMON: streams = true; return 0;
      case VIDIOC_STREAMOFF: streams = false; return 0;
      case VIDIOC_S_FMT:
      case VIDIOC_S_PARM:
      case VIDIOC_QBUF: return 0;
      default: return errno = ENOTTY, -1;
    }
  }
};
Kernel* kernel = nullptr;

bool isCamera(int fd) {
  std::error_code failed;
  return kernel != nullptr &&
         std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), failed) == kernel->path;
}

struct Device {
  robohub::test::TempFolder temp;
  Kernel answers;
  VideoSettings settings;

  Device() {
    answers.path = std::filesystem::canonical(temp.path()) / "video";
    std::ofstream(answers.path) << std::string(4 * kBuffer_bytes, 'x');
    settings.device = answers.path;
    kernel = &answers;
  }
  ~Device() { kernel = nullptr; }
  int mappings() const {
    std::ifstream maps("/proc/self/maps");
    int count = 0;
    for (std::string line; std::getline(maps, line);) count += line.ends_with(answers.path) ? 1 : 0;
    return count;
  }
};

}  // namespace

extern "C" int ioctl(int fd, unsigned long what, ...) noexcept {
  va_list arguments;
  va_start(arguments, what);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (isCamera(fd)) return kernel->answer(what, argument);
  using Real = int (*)(int, unsigned long, ...);
  static const auto real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "ioctl"));
  return real(fd, what, argument);
}

TEST_CASE("a V4L2 camera has its buffers while it is open, and lets go of them") {
  Device device;
  {
    const auto source = openV4l2(device.settings);
    CHECK(device.mappings() > 0);
    CHECK(device.answers.streams);
  }
  CHECK(device.mappings() == 0);
  CHECK_FALSE(device.answers.streams);
}

// What stays mapped keeps the device busy for everybody, this program's next try as well.
TEST_CASE("a V4L2 camera that fails in the midst of being opened is let go of whole") {
  const auto failing = GENERATE(std::pair<unsigned long, std::uint32_t>{VIDIOC_QUERYBUF, 2},
                                std::pair<unsigned long, std::uint32_t>{VIDIOC_QBUF, 0},
                                std::pair<unsigned long, std::uint32_t>{VIDIOC_QBUF, 3},
                                std::pair<unsigned long, std::uint32_t>{VIDIOC_STREAMON, 0});
  Device device;
  device.answers.fails = failing.first;
  device.answers.at_buffer = failing.second;
  CHECK_THROWS_AS(openV4l2(device.settings), SourceLost);
  CHECK(device.mappings() == 0);
}
