// The driver of a camera that watches over a place: armed, it records what moves; asked, it records what is there.
// Nothing of it can hurt, so its commands need no turn. Programs of the older agent go on beside it, or instead of its
// own camera.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "cloud_camera/alarm_pin.hpp"
#include "cloud_camera/camera.hpp"
#include "cloud_camera/local/command_sender.hpp"
#include "cloud_camera/local/programs.hpp"
#include "cloud_camera/settings.hpp"
#include "hw/gpio.hpp"
#include "rh/mutex.hpp"
#include "rh/plugin.hpp"

namespace cloud_camera {

// What the camera is wired to. Absent where the settings name none.
struct Hardware {
  Camera::Open open_source;
  std::unique_ptr<rh::hw::GpioOutput> armed;
  std::unique_ptr<rh::hw::GpioInput> alarm;
};
// Throws rh::hw::OpenError.
Hardware hardwareFor(const Settings& settings);

// Commands and hooks are [device-serial]; they throw rh::Fault with a sentence.
class Driver final : public rh::Device {
 public:
  explicit Driver(rh::Context context);
  // On given hardware. Tests.
  Driver(rh::Context context, const Settings& settings, Hardware hardware);
  ~Driver() override;

  // On disk before they answer.
  void arm();
  void disarm();
  // Begins a capture, or lets the one under way go on; its progress is in the channel "state".
  void capture();

  // Nothing here energises anything: a stop changes nothing, and a recording goes on.
  void halt() noexcept override {}
  void watch(const std::string& stream, bool on) override;
  void capturesWaiting(std::uint32_t segments, std::uint64_t bytes) override;
  void quiesce() override;

  // The port of local.listen. Tests.
  std::uint16_t localPort() const { return programs_ ? programs_->port() : 0; }

  static rh::Type<Driver> type();

 private:
  struct Alarm {
    std::int64_t at_ms = 0;
    std::string source;
  };
  static constexpr std::size_t kKeptAlarms = 20;

  bool load();  // whether it was armed
  void save();
  void saveNews();
  void begin(Hardware hardware);
  void takeUpSpool();
  void setArmed(bool armed);
  void showArmed(bool armed);
  // [any-thread]
  void alarm(const std::string& source);
  // [any-thread] A capture of our own bears this second's name.
  void noteNamed(std::int64_t seconds);
  void publishState();
  void publishAlarms();
  LocalWays localWays();
  CameraWays cameraWays();
  RecorderWays recorderWays();

  rh::Context context_;
  const Settings settings_;
  std::string folder_;  // for segments; empty: captures are not kept

  rh::Mutex publish_mutex_;  // keeps values in order
  rh::Mutex mutex_ RH_ACQUIRED_AFTER(publish_mutex_);
  bool armed_ RH_GUARDED_BY(mutex_) = false, capturing_ RH_GUARDED_BY(mutex_) = false;
  bool away_ RH_GUARDED_BY(mutex_) = false;  // the camera of our own
  std::uint32_t segments_ RH_GUARDED_BY(mutex_) = 0, waiting_ RH_GUARDED_BY(mutex_) = 0;
  std::string local_key_ RH_GUARDED_BY(mutex_);
  std::deque<Alarm> alarms_ RH_GUARDED_BY(mutex_);  // the newest first
  ListPlace names_ RH_GUARDED_BY(mutex_);
  std::int64_t named_s_ RH_GUARDED_BY(mutex_) = 0;  // the newest second that has named a capture of our own
  bool saved_ RH_GUARDED_BY(mutex_) = true;         // all of these

  std::unique_ptr<rh::hw::GpioOutput> armed_pin_;
  std::unique_ptr<CommandSender> sender_;
  std::unique_ptr<LocalPrograms> programs_;
  std::unique_ptr<Camera> camera_;
  std::unique_ptr<AlarmPin> alarm_pin_;
};

}  // namespace cloud_camera
