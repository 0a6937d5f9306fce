#include "laser_turret/bench.hpp"

#include "laser_turret/lab/lab_bench.hpp"

namespace laser_turret {
namespace {

class LinuxBench final : public Bench {
 public:
  explicit LinuxBench(const Settings& settings) : settings_(settings) {}
  std::unique_ptr<rh::hw::GpioOutput> requestLaser() override {
    return rh::hw::requestLinuxGpioOutput(settings_.laser_chip, settings_.laser_line, false, "robohub laser");
  }
  std::unique_ptr<rh::hw::I2cDevice> openServos() override {
    return rh::hw::openLinuxI2c(settings_.i2c, settings_.address);
  }

 private:
  const Settings settings_;
};

}  // namespace

std::unique_ptr<Bench> linuxBench(const Settings& settings) {
  return std::make_unique<LinuxBench>(settings);
}

std::unique_ptr<Bench> benchFor(const Settings& settings) {
  if (settings.model) return std::make_unique<LabBench>(settings);
  return linuxBench(settings);
}

}  // namespace laser_turret
