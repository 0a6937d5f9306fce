// A camera of Video4Linux2: Linux media subsystem documentation, part I (memory-mapped streaming I/O).
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "cloud_camera/jpeg.hpp"
#include "cloud_camera/source.hpp"
#include "cloud_camera/yuyv.hpp"
#include "hw/descriptor.hpp"

namespace cloud_camera {
namespace {

constexpr unsigned kBuffers = 4;

int request(int fd, unsigned long what, void* argument) {
  int result = 0;
  do {
    result = ::ioctl(fd, what, argument);
  } while (result < 0 && errno == EINTR);
  return result;
}

// One buffer of the camera, mapped. While any is, the kernel keeps the device for us, also behind a closed descriptor.
class Buffer {
 public:
  Buffer(void* start, std::size_t bytes) : start_(start), bytes_(bytes) {}
  Buffer(Buffer&& other) noexcept : start_(std::exchange(other.start_, nullptr)), bytes_(other.bytes_) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (start_ != nullptr) ::munmap(start_, bytes_);
  }
  const std::uint8_t* bytes() const { return static_cast<const std::uint8_t*>(start_); }
  std::size_t size() const { return bytes_; }

 private:
  void* start_;
  std::size_t bytes_;
};

class V4l2Source final : public Source {
 public:
  explicit V4l2Source(const VideoSettings& settings)
      : settings_(settings), fd_(::open(settings.device.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)) {
    if (!fd_.valid()) lose("cannot be opened");
    v4l2_capability facts{};
    if (request(fd_.get(), VIDIOC_QUERYCAP, &facts) < 0) lose("is no video device");
    const auto can = (facts.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? facts.device_caps : facts.capabilities;
    if ((can & V4L2_CAP_VIDEO_CAPTURE) == 0 || (can & V4L2_CAP_STREAMING) == 0)
      throw SourceLost("The camera " + settings_.device + " gives no pictures.");
    chooseFormat();
    chooseRate();
    mapBuffers();
  }

  ~V4l2Source() override {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    (void)request(fd_.get(), VIDIOC_STREAMOFF, &type);
  }

  FramePtr next(std::chrono::milliseconds patience, bool planes) override {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd ready{fd_.get(), POLLIN, 0};
      const int polled = ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
      if (polled == 0) return nullptr;
      if (polled < 0 && errno == EINTR) continue;
      if (polled < 0) lose("is gone");
      if ((ready.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
        errno = ENODEV;  // a plug that was pulled out; poll() has not failed, and gives no reason
        lose("is gone");
      }
      v4l2_buffer buffer{};
      buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
      buffer.memory = V4L2_MEMORY_MMAP;
      if (request(fd_.get(), VIDIOC_DQBUF, &buffer) < 0) {
        if (errno == EAGAIN) continue;
        lose("is gone");
      }
      FramePtr frame;
      if ((buffer.flags & V4L2_BUF_FLAG_ERROR) == 0 && buffer.index < buffers_.size()) frame = take(buffer, planes);
      if (request(fd_.get(), VIDIOC_QBUF, &buffer) < 0) lose("is gone");
      if (frame) return frame;
    }
  }

 private:
  [[noreturn]] void lose(const char* what) const {
    const std::string why = std::strerror(errno);
    throw SourceLost("The camera " + settings_.device + " " + what + ": " + why + ".");
  }

  // What the camera compresses itself spares its USB bus and our encoder; anything has YUYV.
  void chooseFormat() {
    for (const std::uint32_t wanted : {V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_JPEG, V4L2_PIX_FMT_YUYV}) {
      v4l2_format format{};
      format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
      format.fmt.pix.width = static_cast<std::uint32_t>(settings_.width_px);
      format.fmt.pix.height = static_cast<std::uint32_t>(settings_.height_px);
      format.fmt.pix.pixelformat = wanted;
      format.fmt.pix.field = V4L2_FIELD_ANY;
      if (request(fd_.get(), VIDIOC_S_FMT, &format) < 0) {
        if (errno == EBUSY) lose("is used by another program");
        continue;
      }
      if (format.fmt.pix.pixelformat != wanted) continue;
      jpeg_ = wanted != V4L2_PIX_FMT_YUYV;
      width_ = static_cast<int>(format.fmt.pix.width) & ~1;
      height_ = static_cast<int>(format.fmt.pix.height) & ~1;
      line_bytes_ = std::max<std::size_t>(format.fmt.pix.bytesperline, std::size_t(2) * format.fmt.pix.width);
      std::uint32_t range = format.fmt.pix.quantization;
      if (range == V4L2_QUANTIZATION_DEFAULT)
        range = V4L2_MAP_QUANTIZATION_DEFAULT(false, format.fmt.pix.colorspace, format.fmt.pix.ycbcr_enc);
      limited_ = range == V4L2_QUANTIZATION_LIM_RANGE;
      return;
    }
    throw SourceLost("The camera " + settings_.device + " has neither MJPEG nor YUYV pictures.");
  }

  // Best effort: what it gives beyond the rate is left out in take().
  void chooseRate() {
    v4l2_streamparm parameters{};
    parameters.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    parameters.parm.capture.timeperframe = {1, static_cast<std::uint32_t>(settings_.fps)};
    (void)request(fd_.get(), VIDIOC_S_PARM, &parameters);
  }

  void mapBuffers() {
    v4l2_requestbuffers wanted{};
    wanted.count = kBuffers;
    wanted.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    wanted.memory = V4L2_MEMORY_MMAP;
    if (request(fd_.get(), VIDIOC_REQBUFS, &wanted) < 0)
      lose(errno == EBUSY ? "is used by another program" : "gives no buffers");
    if (wanted.count == 0) throw SourceLost("The camera " + settings_.device + " gives no buffers.");
    buffers_.reserve(wanted.count);
    for (std::uint32_t i = 0; i < wanted.count; ++i) {
      v4l2_buffer buffer{};
      buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
      buffer.memory = V4L2_MEMORY_MMAP;
      buffer.index = i;
      if (request(fd_.get(), VIDIOC_QUERYBUF, &buffer) < 0) lose("gives no buffers");
      void* start = ::mmap(nullptr, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), buffer.m.offset);
      if (start == MAP_FAILED) lose("gives no buffers");
      buffers_.emplace_back(start, buffer.length);
      if (request(fd_.get(), VIDIOC_QBUF, &buffer) < 0) lose("takes no buffers");
    }
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (request(fd_.get(), VIDIOC_STREAMON, &type) == 0) return;
    if (errno == ENOSPC)
      throw SourceLost("The camera " + settings_.device +
                       " does not begin, as its USB bus has no room for it beside what else is there: smaller or fewer "
                       "pictures (width_px, height_px, fps) take less.");
    lose("does not begin");
  }

  // Null: one too many for the rate, or broken.
  FramePtr take(const v4l2_buffer& buffer, bool planes) {
    const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
    std::int64_t t_ns = now;
    if ((buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
      t_ns = std::int64_t(buffer.timestamp.tv_sec) * 1'000'000'000 + std::int64_t(buffer.timestamp.tv_usec) * 1000;
    if (t_ns <= 0 || t_ns > now) t_ns = now;
    // A tenth of slack: a camera at exactly the rate must not lose every other picture to jitter.
    if (last_ns_ != 0 && t_ns - last_ns_ < 900'000'000 / settings_.fps) return nullptr;
    const Buffer& mapped = buffers_[buffer.index];
    const auto* bytes = mapped.bytes();
    const std::size_t size = std::min<std::size_t>(buffer.bytesused, mapped.size());
    auto frame = std::make_shared<Frame>();
    if (jpeg_) {
      // Behind the end of image there may be what the camera has left there, and without one the picture breaks off:
      // nobody would be shown either.
      const std::string_view jpeg(reinterpret_cast<const char*>(bytes), size);
      const std::size_t end = jpeg.rfind("\xff\xd9");
      if (end == std::string_view::npos) return nullptr;
      frame->t_ns = t_ns;
      if (planes && !decodeJpeg(jpeg.substr(0, end + 2), *frame)) return nullptr;
      frame->jpeg.assign(bytes, bytes + end + 2);
    } else {
      if (size < line_bytes_ * static_cast<std::size_t>(height_)) return nullptr;
      *frame = Frame(width_, height_);
      frame->t_ns = t_ns;
      unpackYuyv(bytes, line_bytes_, limited_, *frame);
    }
    last_ns_ = t_ns;
    return frame;
  }

  const VideoSettings settings_;
  rh::hw::Descriptor fd_;
  std::vector<Buffer> buffers_;  // behind fd_: unmapped before it closes, whatever a constructor comes to
  bool jpeg_ = false, limited_ = false;
  int width_ = 0, height_ = 0;
  std::size_t line_bytes_ = 0;
  std::int64_t last_ns_ = 0;
};

}  // namespace

std::unique_ptr<Source> openV4l2(const VideoSettings& settings) {
  return std::make_unique<V4l2Source>(settings);
}

std::unique_ptr<Source> openSource(const VideoSettings& settings) {
  return settings.source == SourceKind::lab ? openLab(settings) : openV4l2(settings);
}

}  // namespace cloud_camera
