#include "hw/software_pwm.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>

#include "hw/model/edges.hpp"
#include "hw/model/gpio_line.hpp"

using namespace rh::hw;
using namespace std::chrono_literals;

namespace {

// A line whose high time is added up.
struct Meter {
  std::mutex mutex;
  std::condition_variable rose;
  int rises = 0;
  std::int64_t since_ns = 0, high_ns = 0, begun_ns = model::monotonicNs();
  model::GpioLine line{"line 12", [this](bool high) { changed(high); }};

  void changed(bool high) {
    const std::lock_guard lock(mutex);
    const std::int64_t now_ns = model::monotonicNs();
    if (high) {
      since_ns = now_ns;
      ++rises;
      rose.notify_all();
    } else {
      high_ns += now_ns - since_ns;
    }
  }
  // Waits for that many pulses more, and gives the part of the time that the line was high.
  double duty(int pulses) {
    std::unique_lock lock(mutex);
    const auto await = [&](int count) {
      const int until = rises + count;
      return rose.wait_for(lock, 10s, [&] { return rises >= until; });
    };
    REQUIRE(await(1));
    high_ns = 0;
    begun_ns = since_ns;
    REQUIRE(await(pulses));
    return static_cast<double>(high_ns) / static_cast<double>(since_ns - begun_ns);
  }
  int count() {
    const std::lock_guard lock(mutex);
    return rises;
  }
};

}  // namespace

TEST_CASE("pulses by software are as wide as was asked for") {
  Meter meter;
  SoftwarePwm pwm(meter.line.requestOutput(false), 1ms);
  CHECK(pwm.name() == "line 12");
  REQUIRE(pwm.setHighTime(300us).ok());
  const double narrow = meter.duty(200);
  REQUIRE(pwm.setHighTime(800us).ok());
  const double wide = meter.duty(200);
  // A busy machine oversleeps both edges; the order and the rough size hold.
  CHECK(narrow > 0.2);
  CHECK(narrow < 0.6);
  CHECK(wide > narrow + 0.1);
}

TEST_CASE("off is low at once and stays low; full is steadily high") {
  Meter meter;
  SoftwarePwm pwm(meter.line.requestOutput(false), 1ms);
  for (int i = 0; i < 200; ++i) {
    REQUIRE(pwm.setHighTime(500us).ok());
    if (i % 4 == 0) (void)meter.duty(1);
    REQUIRE(pwm.off().ok());
    REQUIRE_FALSE(meter.line.level());
  }
  const int rises = meter.count();
  std::this_thread::sleep_for(20ms);  // long enough for twenty pulses that must not come
  CHECK(meter.count() == rises);
  REQUIRE(pwm.setHighTime(1ms).ok());
  CHECK(meter.line.level());
  std::this_thread::sleep_for(10ms);
  CHECK(meter.count() == rises + 1);
}

TEST_CASE("a high time beyond the period is refused and changes nothing") {
  Meter meter;
  SoftwarePwm pwm(meter.line.requestOutput(false), 1ms);
  CHECK(pwm.setHighTime(1001us).error() == EINVAL);
  CHECK(pwm.setHighTime(-1ns).error() == EINVAL);
  CHECK(meter.count() == 0);
}

TEST_CASE("a line that fails under the pulses is told at the next order") {
  Meter meter;
  SoftwarePwm pwm(meter.line.requestOutput(false), 1ms);
  REQUIRE(pwm.setHighTime(500us).ok());
  (void)meter.duty(1);
  meter.line.fail(EIO);
  IoStatus status;
  for (int i = 0; i < 5000 && status.ok(); ++i) {
    std::this_thread::sleep_for(1ms);
    status = pwm.setHighTime(500us);
  }
  CHECK(status.error() == EIO);
  CHECK(pwm.off().error() == EIO);
  meter.line.fail(0);
  CHECK(pwm.off().ok());
  CHECK_FALSE(meter.line.level());
}

TEST_CASE("a line is low and free when its pulses are gone") {
  Meter meter;
  {
    SoftwarePwm pwm(meter.line.requestOutput(false), 1ms);
    REQUIRE(pwm.setHighTime(900us).ok());
    (void)meter.duty(2);
  }
  CHECK_FALSE(meter.line.level());
  CHECK_FALSE(meter.line.requested());
}
