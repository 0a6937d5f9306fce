#include "hw/pwm.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <thread>
#include <utility>

#include "hw/descriptor.hpp"
#include "hw/pca9685.hpp"

namespace rh::hw {
namespace {

IoStatus writeFile(const std::string& path, const std::string& text) {
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return IoStatus(errno, "Opening " + path);
  const ssize_t written = ::write(fd.get(), text.data(), text.size());
  if (written == static_cast<ssize_t>(text.size())) return {};
  return IoStatus(written < 0 ? errno : EIO, "Writing " + text + " to " + path);
}

class SysfsPwm final : public PwmOutput {
 public:
  SysfsPwm(const std::string& chip, unsigned channel, std::chrono::nanoseconds period, SysfsWrite write)
      : chip_(chip),
        number_(std::to_string(channel)),
        folder_(chip + "/pwm" + number_),
        name_(chip + ", channel " + number_),
        period_(period),
        write_(std::move(write)) {
    const IoStatus exported = write_(chip_ + "/export", number_);
    if (!exported.ok() && exported.error() != EBUSY) throw OpenError(exported);  // EBUSY: exported by an earlier run
    // High time first: the kernel refuses a period shorter than the high time that an earlier run has left. One that
    // was never used has no period yet, and most kernels take nothing else before that (EINVAL).
    const IoStatus silenced = writeFreshFile("/duty_cycle", "0");
    if (silenced.error() != EINVAL) require(silenced);
    require(writeFreshFile("/period", std::to_string(period_.count())));
    if (!silenced.ok()) require(writeFreshFile("/duty_cycle", "0"));
    turnUpright();
    require(writeFreshFile("/enable", "1"));
  }

  ~SysfsPwm() override {
    (void)write_(folder_ + "/duty_cycle", "0");
    (void)write_(folder_ + "/enable", "0");
    (void)write_(chip_ + "/unexport", number_);
  }

  IoStatus setHighTime(std::chrono::nanoseconds high) override {
    if (high.count() < 0 || high > period_) return IoStatus(EINVAL, name_ + ": high time beyond the period");
    return write_(folder_ + "/duty_cycle", std::to_string(high.count()));
  }
  IoStatus off() override { return setHighTime(std::chrono::nanoseconds(0)); }
  std::chrono::nanoseconds period() const override { return period_; }
  const std::string& name() const override { return name_; }

 private:
  static void require(const IoStatus& status) {
    if (!status.ok()) throw OpenError(status);
  }
  // The kernel keeps the polarity that somebody has given a channel until the machine is booted, and the other way
  // round a high time of 0 is full power. Of a channel that is upright nothing is asked, so one that refuses is not.
  void turnUpright() const {
    IoStatus upright = writeFreshFile("/polarity", "normal");
    if (!upright.ok()) {  // some turn only while they rest, and one that does not turn at all shall not run
      require(writeFreshFile("/enable", "0"));
      upright = writeFreshFile("/polarity", "normal");
    }
    require(upright);
  }
  // After an export udev may take a moment to give the new files their group, so EACCES is worth a few tries.
  IoStatus writeFreshFile(const std::string& name, const std::string& text) const {
    IoStatus status;
    for (int attempt = 0; attempt < 20; ++attempt) {
      status = write_(folder_ + name, text);
      if (status.ok() || (status.error() != EACCES && status.error() != ENOENT)) return status;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return status;
  }

  std::string chip_, number_, folder_, name_;
  std::chrono::nanoseconds period_;
  SysfsWrite write_;
};

class Pca9685Channel final : public PwmOutput {
 public:
  Pca9685Channel(Pca9685& chip, unsigned channel)
      : chip_(chip), channel_(channel), name_(chip.name() + ", channel " + std::to_string(channel)) {
    if (channel >= pca9685::kChannels) throw OpenError(IoStatus(EINVAL, name_ + " (allowed 0..15)"));
  }

  IoStatus setHighTime(std::chrono::nanoseconds high) override {
    if (high.count() < 0 || high > period()) return IoStatus(EINVAL, name_ + ": high time beyond the period");
    const auto share = static_cast<double>(high.count()) / static_cast<double>(period().count());
    const auto counts = static_cast<unsigned>(std::lround(share * pca9685::kCounts));
    if (counts == 0) return chip_.off(channel_);
    return chip_.setCounts(channel_, std::min(counts, pca9685::kCounts - 1));
  }
  IoStatus off() override { return chip_.off(channel_); }
  std::chrono::nanoseconds period() const override {
    return std::chrono::nanoseconds(std::llround(1e9 / chip_.frequencyHz()));
  }
  const std::string& name() const override { return name_; }

 private:
  Pca9685& chip_;
  unsigned channel_;
  std::string name_;
};

}  // namespace

std::unique_ptr<PwmOutput> openSysfsPwm(const std::string& chip_path, unsigned channel,
                                        std::chrono::nanoseconds period) {
  return openSysfsPwm(chip_path, channel, period, writeFile);
}

std::unique_ptr<PwmOutput> openSysfsPwm(const std::string& chip_path, unsigned channel, std::chrono::nanoseconds period,
                                        SysfsWrite write) {
  return std::make_unique<SysfsPwm>(chip_path, channel, period, std::move(write));
}

std::unique_ptr<PwmOutput> pca9685Channel(Pca9685& chip, unsigned channel) {
  return std::make_unique<Pca9685Channel>(chip, channel);
}

}  // namespace rh::hw
