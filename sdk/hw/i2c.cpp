#include "hw/i2c.hpp"

#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstdio>

#include "hw/descriptor.hpp"

namespace rh::hw {

IoStatus I2cDevice::writeRegister(std::uint8_t reg, std::uint8_t value) {
  const std::uint8_t message[2] = {reg, value};
  return write(message, sizeof message);
}

IoStatus I2cDevice::readRegister(std::uint8_t reg, std::uint8_t& value) {
  return writeRead(&reg, 1, &value, 1);
}

namespace {

constexpr unsigned long kTimeoutUnits = 10;  // of 10 ms

class LinuxI2c final : public I2cDevice {
 public:
  LinuxI2c(const std::string& path, std::uint16_t address) : address_(address) {
    char suffix[32];
    std::snprintf(suffix, sizeof suffix, ", address 0x%02x", static_cast<unsigned>(address));
    name_ = path + suffix;
    if (address < 0x08 || address > 0x77) throw OpenError(IoStatus(EINVAL, name_ + " (allowed 0x08..0x77)"));
    fd_ = Descriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd_.valid()) throw OpenError(IoStatus(errno, "Opening I2C bus " + path));
    // A bus that hangs must not hold a driver for the adapter's default of a second and more. Adapters may refuse.
    (void)::ioctl(fd_.get(), I2C_TIMEOUT, kTimeoutUnits);
  }

  IoStatus write(const std::uint8_t* data, std::size_t size) override {
    i2c_msg message{address_, 0, static_cast<__u16>(size), const_cast<__u8*>(data)};
    return transfer(&message, 1, "writing " + std::to_string(size) + " bytes");
  }

  IoStatus writeRead(const std::uint8_t* out, std::size_t out_size, std::uint8_t* in, std::size_t in_size) override {
    i2c_msg messages[2] = {{address_, 0, static_cast<__u16>(out_size), const_cast<__u8*>(out)},
                           {address_, I2C_M_RD, static_cast<__u16>(in_size), in}};
    return transfer(messages, 2, "reading " + std::to_string(in_size) + " bytes");
  }

  const std::string& name() const override { return name_; }

 private:
  IoStatus transfer(i2c_msg* messages, __u32 count, const std::string& act) {
    i2c_rdwr_ioctl_data request{messages, count};
    const int done = ::ioctl(fd_.get(), I2C_RDWR, &request);
    if (done == static_cast<int>(count)) return {};
    return IoStatus(done < 0 ? errno : EIO, name_ + ": " + act);
  }

  std::uint16_t address_;
  std::string name_;
  Descriptor fd_;
};

}  // namespace

std::unique_ptr<I2cDevice> openLinuxI2c(const std::string& path, std::uint16_t address) {
  return std::make_unique<LinuxI2c>(path, address);
}

}  // namespace rh::hw
