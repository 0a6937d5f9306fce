// The driver of a turret with a laser on two servos: a click in the picture becomes two servo positions, and the laser
// is lit only while a person holds the turn.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hw/pca9685.hpp"
#include "laser_turret/bench.hpp"
#include "laser_turret/calibration.hpp"
#include "laser_turret/settings.hpp"
#include "rh/mutex.hpp"
#include "rh/plugin.hpp"

namespace laser_turret {

// Commands and hooks are [device-serial]; halt() comes beside them. Commands throw rh::Fault with a sentence; a command
// that is refused has moved nothing.
class Driver final : public rh::Device {
 public:
  // Switches the laser off first. Then centres the servos of a chip that does not run yet; servos that stand within
  // their limits on a chip that runs (a driver before this one was killed) stay where they are. Throws rh::Fault, with
  // the laser off, when any of it fails.
  explicit Driver(rh::Context context);
  // On given hardware. Tests.
  Driver(rh::Context context, const Settings& settings, std::unique_ptr<Bench> bench);
  ~Driver() override;

  // Puts the dot on a pixel. Refused: not calibrated, inside a keep-out area, beyond the servos' limits.
  void aim(double x_px, double y_px);
  // Lights it only under a permit, not while it points into a keep-out area, and not while nobody knows where it points
  // (a move failed, and none has worked since); switching off always works.
  void laser(bool on);
  void nudge(const std::string& axis, int counts);
  void servo(int x_counts, int y_counts);
  void centre();
  // Four measured pairs; kept on disk before they are used. Returns {"residual_counts"}. Refused unless the operator
  // allows it (Settings::allow_calibration). The laser goes out where the new pairs put it into a keep-out area.
  rh::Json calibrate(const std::vector<Pair>& pairs);

  void halt() noexcept override;
  void onPermit(std::uint64_t epoch) override;
  void onPermitEnd() override;
  void watch(const std::string& stream, bool on) override;
  void quiesce() override;

  static rh::Type<Driver> type();

 private:
  // Where they stand then.
  Counts startServos(std::unique_ptr<rh::hw::I2cDevice> bus);
  std::optional<Calibration> loadCalibration() const;
  void adopt(const Calibration& calibration);
  void requireReachable(Counts counts, const std::string& what) const;
  // Why the dot may not be there; empty: it may. Where nobody can tell in which pixel it would be, it may not, unless
  // the operator lets somebody measure.
  std::string keptOut(Point pixel) const;
  std::string keptOut(Counts counts) const;
  void move(Counts counts);
  // Switches the line and remembers what it is; low needs no permit.
  rh::hw::IoStatus switchLaser(bool on);
  void light();
  // Where nobody knows where it points: puts it out, whatever it was, and throws.
  [[noreturn]] void refuseToLight(const std::string& why);
  std::optional<Calibration> calibration() const;
  Counts position() const;
  bool isLit() const;
  void publishPointing() const;
  void publishCalibration() const;

  rh::Context context_;
  const Settings settings_;
  std::unique_ptr<Bench> bench_;  // first made, last gone
  std::unique_ptr<rh::hw::GpioOutput> laser_;
  std::unique_ptr<rh::hw::Pca9685> servos_;
  std::uint64_t turn_ = 0;     // the last turn that began, over or not
  bool servos_reset_ = false;  // their chip was: it must be started again before they move
  bool astray_ = false;        // the servos may stand elsewhere than counts_ says, until a move works
  bool wanted_ = false;        // its holder wants the laser lit; a halt does not change his mind

  mutable rh::Mutex publish_mutex_;                            // keeps values of "pointing" in order
  mutable rh::Mutex mutex_ RH_ACQUIRED_AFTER(publish_mutex_);  // halt() publishes too
  std::optional<Calibration> calibration_ RH_GUARDED_BY(mutex_);
  Counts counts_ RH_GUARDED_BY(mutex_);
  bool lit_ RH_GUARDED_BY(mutex_) = false;
};

}  // namespace laser_turret
