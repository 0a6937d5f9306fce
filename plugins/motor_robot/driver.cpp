#include "motor_robot/driver.hpp"

#include <cmath>
#include <exception>
#include <thread>

namespace motor_robot {
namespace {

// Forward is counter-clockwise on the left (motor 1) and clockwise on the right (motor 2): they face each other.
Orders ordersFor(double left_percent, double right_percent) {
  return {{{left_percent < 0 ? Direction::cw : Direction::ccw, std::fabs(left_percent)},
           {right_percent < 0 ? Direction::ccw : Direction::cw, std::fabs(right_percent)}}};
}

rh::Json shown(const MotorOrder& order) {
  return rh::Json{{"dir", order.direction == Direction::cw ? "CW" : "CCW"}, {"speed", order.percent}};
}

// Both enable pins first, and the second one also when the first cannot be had: without pulses nothing moves, whatever
// else of the hardware fails, and an earlier driver may have left them on.
void silenceMotors(Bench& bench, MotorPins (&pins)[2]) {
  std::exception_ptr failed;
  for (std::size_t i : {0, 1}) {
    try {
      pins[i].enable = bench.requestEnable(i);
    } catch (const rh::hw::OpenError&) {
      if (!failed) failed = std::current_exception();
    }
  }
  if (failed) std::rethrow_exception(failed);
}

// A line of the log is one line, whatever somebody typed.
std::string oneLine(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return text;
}

}  // namespace

Driver::Driver(rh::Context context) : Driver(context, Settings::fromJson(context.config()), nullptr) {}

Driver::Driver(rh::Context context, const Settings& settings, std::unique_ptr<Bench> bench)
    : context_(std::move(context)), settings_(settings), bench_(std::move(bench)) {
  try {
    if (!bench_) bench_ = benchFor(settings_);
    MotorPins pins[2];
    silenceMotors(*bench_, pins);
    for (std::size_t i : {0, 1}) pins[i].lines = bench_->requestDirection(i);
    motors_ = std::make_unique<HBridge>(std::move(pins[0]), std::move(pins[1]),
                                        std::chrono::microseconds(settings_.dead_time_us));
    buzzer_ = bench_->requestBuzzer();
    led_ = bench_->requestLed();
  } catch (const rh::hw::OpenError& error) {
    throw rh::unavailable(error.what());
  }
  publishOutputs();
  context_.publish("message", {{"text", ""}});
  sensors_ = std::make_unique<Sensors>(
      context_, settings_, [this] { return bench_->openAccelerometer(); }, [this] { return bench_->openBarometer(); });
}

Driver::~Driver() {
  sensors_.reset();
  // Best effort: the lines are released anyway.
  (void)motors_->off();
  (void)buzzer_->set(false);
  (void)led_->set(false);
}

void Driver::drive(double left_percent, double right_percent) {
  const Orders orders = ordersFor(left_percent, right_percent);
  if (orders[0].off() && orders[1].off()) return stop();
  std::chrono::nanoseconds wait{};
  rh::hw::IoStatus status = motors_->releaseReversing(orders, wait);
  // Outside of the gate: a halt need not wait for it, and makes the order void.
  if (status.ok() && wait.count() > 0) std::this_thread::sleep_for(wait);
  try {
    if (status.ok()) whilePermitted([&] { status = motors_->carryOut(orders); });
  } catch (...) {
    publishOutputs();
    throw;
  }
  if (status.ok()) return publishOutputs();
  const rh::hw::IoStatus off = motors_->off();
  publishOutputs();
  throw rh::unavailable("The motors did not take the order: " + status.message() +
                        (off.ok() ? ". They are off." : ". They did NOT switch off: " + off.message()));
}

void Driver::stop() {
  const rh::hw::IoStatus status = motors_->off();
  publishOutputs();
  if (!status.ok()) throw rh::unavailable("The motors did NOT switch off: " + status.message());
}

void Driver::led(bool on) {
  const rh::hw::IoStatus status = led_->set(on);
  if (status.ok()) {
    const rh::Lock lock(mutex_);
    led_on_ = on;
  }
  publishOutputs();
  if (!status.ok()) throw rh::unavailable("The LED did not switch: " + status.message());
}

void Driver::buzzer(bool on) {
  if (on) {
    whilePermitted([&] { switchBuzzer(true); });
  } else {
    switchBuzzer(false);
  }
  publishOutputs();
}

void Driver::switchBuzzer(bool on) {
  const rh::hw::IoStatus status = buzzer_->set(on);
  if (!status.ok())
    throw rh::unavailable((on ? "The buzzer did not switch on: " : "The buzzer did NOT switch off: ") +
                          status.message());
  const rh::Lock lock(mutex_);
  buzzer_on_ = on;
}

void Driver::message(const std::string& text) {
  context_.info("Message: " + oneLine(text));
  context_.publish("message", {{"text", text}});
}

void Driver::halt() noexcept {
  try {
    const bool motors = motors_->off().ok();
    const bool buzzer = buzzer_->set(false).ok();
    if (buzzer) {
      const rh::Lock lock(mutex_);
      buzzer_on_ = false;
    }
    if (!motors) {
      haltFailed("The motors' pins did not take the order to switch off.");
    } else if (!buzzer) {
      haltFailed("The buzzer's pin did not take the order to switch off.");
    }
    publishOutputs();
  } catch (...) {
    haltFailed("The motors may not be off.");
  }
}

void Driver::watch(const std::string& stream, bool on) {
  if (stream == "sound")
    return bench_->listen(on, [context = context_](const std::uint8_t* pcm, std::size_t size, std::int64_t t_ns) {
      context.frame("sound", pcm, size, t_ns);
    });
  if (stream != "main") return;
  bench_->watch(on, [context = context_](const std::uint8_t* jpeg, std::size_t size, std::int64_t t_ns) {
    context.frame("main", jpeg, size, t_ns);
  });
}

void Driver::quiesce() {
  sensors_->quiesce();
  bench_->quiesce();
}

void Driver::publishOutputs() const {
  // Built and given away in one go: an older value that overtook a newer one would show motors that are off as turning.
  const rh::Lock in_order(publish_mutex_);
  const Orders orders = motors_->orders();
  rh::Json value{{"m1", shown(orders[0])}, {"m2", shown(orders[1])}};
  {
    const rh::Lock lock(mutex_);
    value["led"] = led_on_;
    value["buzzer"] = buzzer_on_;
  }
  context_.publish("outputs", value);
}

}  // namespace motor_robot
