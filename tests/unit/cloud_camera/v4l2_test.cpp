// A V4L2 camera that gives up in the midst of being opened, or later, and what becomes of its pictures: a file stands
// for the device, and what the kernel would answer is said here, by an ioctl() and a poll() that the whole test program
// calls.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdarg>
#include <fstream>

#include "cloud_camera/jpeg.hpp"
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
  int error = EIO;              // with this
  bool streams = false, unplugged = false;
  v4l2_pix_format has{};              // another format than MJPEG, if it has one
  std::vector<std::string> pictures;  // that it gives; then it is gone

  int setFormat(v4l2_pix_format& format) const {
    if (has.pixelformat == 0) return 0;
    if (format.pixelformat != has.pixelformat) return errno = EINVAL, -1;
    format = has;
    return 0;
  }
  int give(v4l2_buffer& buffer) {
    if (pictures.empty()) return errno = ENODEV, -1;
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file << pictures.front() << std::flush;
    buffer.index = 0;
    buffer.bytesused = static_cast<std::uint32_t>(pictures.front().size());
    pictures.erase(pictures.begin());
    return 0;
  }
  int answer(unsigned long what, void* argument) {
    auto* buffer = static_cast<v4l2_buffer*>(argument);
    const bool of_buffer = what == VIDIOC_QUERYBUF || what == VIDIOC_QBUF;
    if (what == fails && (!of_buffer || buffer->index == at_buffer)) return errno = error, -1;
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
      case VIDIOC_S_FMT: return setFormat(static_cast<v4l2_format*>(argument)->fmt.pix);
      case VIDIOC_DQBUF: return give(*buffer);
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

// By another name in C++, as the header may have a body for its own.
extern "C" int pollOfCamera(pollfd* all, nfds_t count, int patience_ms) __asm__("poll");
extern "C" int pollOfCamera(pollfd* all, nfds_t count, int patience_ms) {
  if (kernel != nullptr && kernel->unplugged && count == 1 && isCamera(all->fd)) {
    all->revents = POLLERR | POLLHUP;
    return 1;
  }
  using Real = int (*)(pollfd*, nfds_t, int);
  static const auto real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "poll"));
  return real(all, count, patience_ms);
}

TEST_CASE("what is no camera is said to be none") {
  VideoSettings settings;
  for (const char* path : {"/dev/null", "/nowhere/video0", "/etc/passwd"}) {
    settings.device = path;
    CHECK_THROWS_AS(openV4l2(settings), SourceLost);
  }
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

TEST_CASE("what stands behind a picture's end is left out, and so is a picture that breaks off") {
  const auto jpeg = encodeJpeg(Frame(64, 32), 50);
  const std::string whole(jpeg.begin(), jpeg.end());
  REQUIRE(whole.size() + 200 < kBuffer_bytes);
  const bool planes = GENERATE(true, false);
  Device device;
  device.answers.pictures = {whole.substr(0, whole.size() - 2), whole + std::string(100, 'j') + std::string(100, '\0')};
  const auto source = openV4l2(device.settings);
  const FramePtr frame = source->next(std::chrono::seconds(1), planes);
  REQUIRE(frame);
  CHECK(frame->jpeg == jpeg);
  CHECK(frame->width == (planes ? 64 : 0));
  CHECK_THROWS_AS(source->next(std::chrono::seconds(1), planes), SourceLost);
}

TEST_CASE("pictures of a camera that says nothing of its range are stretched, those of one that has the full one not") {
  Device device;
  auto& has = device.answers.has;
  has.pixelformat = V4L2_PIX_FMT_YUYV;
  has.width = 16;
  has.height = 8;
  has.bytesperline = 32;
  has.colorspace = V4L2_COLORSPACE_SRGB;
  bool stretched = true;
  SECTION("nothing said") {}
  SECTION("limited") {
    has.quantization = V4L2_QUANTIZATION_LIM_RANGE;
  }
  SECTION("full") {
    has.quantization = V4L2_QUANTIZATION_FULL_RANGE;
    stretched = false;
  }
  SECTION("that of JPEG") {
    has.colorspace = V4L2_COLORSPACE_JPEG;
    stretched = false;
  }
  std::string picture;
  for (int i = 0; i < 64; ++i) picture += "\x10\x80\xeb\x80";
  device.answers.pictures = {picture};
  const FramePtr frame = openV4l2(device.settings)->next(std::chrono::seconds(1), true);
  REQUIRE(frame);
  CHECK(frame->width == 16);
  CHECK(frame->height == 8);
  CHECK(int(frame->y[0]) == (stretched ? 0 : 16));
  CHECK(int(frame->y[1]) == (stretched ? 255 : 235));
  CHECK(int(frame->u[0]) == 128);
}

TEST_CASE("why a V4L2 camera does not come is said as it is") {
  using Catch::Matchers::Contains;
  Device device;
  SECTION("two cameras on one bus") {
    device.answers.fails = VIDIOC_STREAMON;
    device.answers.error = ENOSPC;
    CHECK_THROWS_WITH(openV4l2(device.settings), Contains("USB bus") && !Contains("No space"));
  }
  SECTION("another program has it") {
    device.answers.fails = VIDIOC_REQBUFS;
    device.answers.error = EBUSY;
    CHECK_THROWS_WITH(openV4l2(device.settings), Contains("another program"));
  }
  SECTION("no memory") {
    device.answers.fails = VIDIOC_REQBUFS;
    device.answers.error = ENOMEM;
    CHECK_THROWS_WITH(openV4l2(device.settings), Contains("gives no buffers") && !Contains("another program"));
  }
  SECTION("pulled out") {
    const auto source = openV4l2(device.settings);
    device.answers.unplugged = true;
    errno = EAGAIN;
    CHECK_THROWS_WITH(source->next(std::chrono::seconds(1), true), Contains("is gone: No such device"));
  }
}
