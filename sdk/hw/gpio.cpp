#include "hw/gpio.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "hw/descriptor.hpp"
#include "hw/gpio_request.hpp"

namespace rh::hw {
namespace {

std::string lineName(const std::string& chip, std::uint32_t line) {
  return chip + ", line " + std::to_string(line);
}

// The line's own descriptor; the chip's is not needed any more.
Descriptor takeLine(const std::string& chip, std::uint32_t line, gpio_v2_line_request& request) {
  const Descriptor chip_fd(::open(chip.c_str(), O_RDWR | O_CLOEXEC));
  if (!chip_fd.valid()) throw OpenError(IoStatus(errno, "Opening GPIO chip " + chip));
  const int error = askForOutput(request, [&](gpio_v2_line_request& asked) {
    return ::ioctl(chip_fd.get(), GPIO_V2_GET_LINE_IOCTL, &asked) < 0 ? errno : 0;
  });
  if (error != 0) throw OpenError(IoStatus(error, "Requesting " + lineName(chip, line)));
  return Descriptor(request.fd);
}

class LinuxOutput final : public GpioOutput {
 public:
  LinuxOutput(const std::string& chip, std::uint32_t line, bool high, const std::string& consumer)
      : name_(lineName(chip, line)) {
    gpio_v2_line_request request = outputRequest(line, high, consumer);
    fd_ = takeLine(chip, line, request);
  }

  IoStatus set(bool high) override {
    gpio_v2_line_values values{};
    values.mask = 1;
    values.bits = high ? 1 : 0;
    if (::ioctl(fd_.get(), GPIO_V2_LINE_SET_VALUES_IOCTL, &values) < 0) {
      return IoStatus(errno, name_ + (high ? ": setting high" : ": setting low"));
    }
    return {};
  }

  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  Descriptor fd_;
};

__u64 inputFlags(const GpioInputOptions& options) {
  __u64 flags = GPIO_V2_LINE_FLAG_INPUT;
  if (options.edge == Edge::rising || options.edge == Edge::both) flags |= GPIO_V2_LINE_FLAG_EDGE_RISING;
  if (options.edge == Edge::falling || options.edge == Edge::both) flags |= GPIO_V2_LINE_FLAG_EDGE_FALLING;
  if (options.pull_down) flags |= GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
  if (options.pull_up) flags |= GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
  return flags;
}

class LinuxInput final : public GpioInput {
 public:
  LinuxInput(const std::string& chip, std::uint32_t line, const GpioInputOptions& options, const std::string& consumer)
      : name_(lineName(chip, line)) {
    gpio_v2_line_request request = lineRequest(line, consumer);
    request.config.flags = inputFlags(options);
    if (options.debounce.count() > 0) {
      request.config.num_attrs = 1;
      request.config.attrs[0].mask = 1;
      request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
      request.config.attrs[0].attr.debounce_period_us = static_cast<__u32>(options.debounce.count());
    }
    fd_ = takeLine(chip, line, request);
  }

  IoStatus get(bool& high) override {
    gpio_v2_line_values values{};
    values.mask = 1;
    if (::ioctl(fd_.get(), GPIO_V2_LINE_GET_VALUES_IOCTL, &values) < 0) return IoStatus(errno, name_ + ": reading");
    high = (values.bits & 1) != 0;
    return {};
  }

  IoStatus waitEdge(std::chrono::milliseconds timeout, bool& seen) override {
    seen = false;
    pollfd wait{fd_.get(), POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(timeout.count()));
    if (ready < 0 && errno != EINTR) return IoStatus(errno, name_ + ": waiting for an edge");
    if (ready <= 0) return {};
    gpio_v2_line_event event;
    if (::read(fd_.get(), &event, sizeof event) != static_cast<ssize_t>(sizeof event)) {
      return IoStatus(errno != 0 ? errno : EIO, name_ + ": reading an edge");
    }
    seen = true;
    return {};
  }

  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  Descriptor fd_;
};

}  // namespace

std::unique_ptr<GpioOutput> requestLinuxGpioOutput(const std::string& chip, std::uint32_t line, bool high,
                                                   const std::string& consumer) {
  return std::make_unique<LinuxOutput>(chip, line, high, consumer);
}

std::unique_ptr<GpioInput> requestLinuxGpioInput(const std::string& chip, std::uint32_t line,
                                                 const GpioInputOptions& options, const std::string& consumer) {
  return std::make_unique<LinuxInput>(chip, line, options, consumer);
}

}  // namespace rh::hw
