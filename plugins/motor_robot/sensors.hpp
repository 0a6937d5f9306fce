// How the robot leans and what the air is like, measured on a thread of its own: conversions wait and a bus may hang,
// and no command shall wait with them. A chip that is missing or fails costs its own channel and nothing else.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "hw/i2c.hpp"
#include "motor_robot/settings.hpp"
#include "rh/context.hpp"
#include "rh/mutex.hpp"

namespace motor_robot {

// One chip on the sensors' thread. Logs when it is lost and when it answers again, not in between.
class Sensor {
 public:
  virtual ~Sensor() = default;
  // Measures once and publishes, or tells what is wrong; blocks for the bus and for conversions.
  void measure(std::chrono::steady_clock::time_point now);

 protected:
  // `what`: "accelerometer"; `channel`: what stays quiet without it.
  Sensor(rh::Context context, std::string what, std::string channel)
      : context_(std::move(context)), what_(std::move(what)), channel_(std::move(channel)) {}
  virtual rh::hw::IoStatus start() = 0;
  virtual rh::hw::IoStatus publish() = 0;

  rh::Context context_;

 private:
  const std::string what_, channel_;
  bool started_ = false;
  bool told_ = false;  // of its failure
  std::chrono::steady_clock::time_point again_at_{};
};

class Sensors {
 public:
  using OpenBus = std::function<std::unique_ptr<rh::hw::I2cDevice>()>;

  // Begins to measure at once: orientation ten times a second, climate once. `open_...` are called on its thread, and
  // again after a failure.
  Sensors(const rh::Context& context, const Settings& settings, OpenBus open_accelerometer, OpenBus open_barometer);
  ~Sensors() { quiesce(); }
  // Ends and joins the thread: within a measurement.
  void quiesce();

 private:
  void run();

  std::unique_ptr<Sensor> accelerometer_, barometer_;  // null where not fitted; used by thread_ only
  rh::Mutex mutex_;
  rh::Condition changed_;
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace motor_robot
