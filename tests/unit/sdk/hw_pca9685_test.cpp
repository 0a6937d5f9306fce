#include <catch2/catch.hpp>
#include <cerrno>

#include "hw/model/pca9685.hpp"
#include "hw/pca9685.hpp"
#include "hw/pwm.hpp"

using namespace rh::hw;
using namespace std::chrono_literals;
namespace reg = rh::hw::pca9685;

namespace {

// A chip on a bus, with a clock that only the driver's own waiting moves.
struct Bench {
  std::chrono::nanoseconds now{1s};
  model::Pca9685Chip chip{{}, [this] { return now; }};
  model::I2cBus bus{"/dev/i2c-1"};
  Pca9685 driver{bus.open(0x40), [this](std::chrono::microseconds time) { now += time; }};
  Bench() { bus.attach(0x40, chip); }
};

}  // namespace

TEST_CASE("the prescaler for 50 Hz is 121") {
  CHECK(reg::prescaleFor(50) == 121);
  CHECK(reg::prescaleFor(200) == 30);
}

TEST_CASE("a PCA9685 starts with its frequency set, awake, and without a pulse on any channel") {
  Bench bench;
  REQUIRE(bench.driver.start(50).ok());
  CHECK(bench.chip.reg(reg::kPrescale) == 121);
  CHECK((bench.chip.reg(reg::kMode1) & reg::kMode1Sleep) == 0);
  CHECK((bench.chip.reg(reg::kMode1) & reg::kMode1AutoIncrement) != 0);
  CHECK(bench.chip.frequencyHz() == Approx(50).epsilon(0.01));
  for (unsigned channel = 0; channel < 16; ++channel) CHECK(bench.chip.counts(channel) == 0);
  CHECK(bench.chip.earlyWrites() == 0);
}

TEST_CASE("a PCA9685 that still runs from an earlier program gets its new frequency too") {
  Bench bench;
  REQUIRE(bench.driver.start(200).ok());
  REQUIRE(bench.driver.setCounts(3, 1000).ok());
  REQUIRE(bench.driver.start(50).ok());
  CHECK(bench.chip.reg(reg::kPrescale) == 121);
  CHECK(bench.chip.counts(3) == 0);
}

TEST_CASE("the chip ignores a prescaler that is written while it is awake") {
  Bench bench;
  REQUIRE(bench.driver.start(50).ok());
  auto bus = bench.bus.open(0x40);
  REQUIRE(bus->writeRegister(reg::kPrescale, 60).ok());
  CHECK(bench.chip.reg(reg::kPrescale) == 121);
}

TEST_CASE("a pulse has ON 0 and OFF at its counts, in neighbours by one transfer") {
  Bench bench;
  REQUIRE(bench.driver.start(50).ok());
  bench.now += 500us;
  REQUIRE(bench.driver.setCounts(0, 298, 1, 440).ok());
  CHECK(bench.chip.reg(0x06) == 0);
  CHECK(bench.chip.reg(0x07) == 0);
  CHECK(bench.chip.reg(0x08) == (298 & 0xFF));
  CHECK(bench.chip.reg(0x09) == 298 >> 8);
  CHECK(bench.chip.counts(1) == 440);
  REQUIRE(bench.driver.setCounts(4, 200, 9, 300).ok());
  CHECK(bench.chip.counts(4) == 200);
  CHECK(bench.chip.counts(9) == 300);
  REQUIRE(bench.driver.off(4).ok());
  CHECK(bench.chip.counts(4) == 0);
  REQUIRE(bench.driver.allOff().ok());
  CHECK(bench.chip.counts(9) == 0);
}

TEST_CASE("wrong channels, counts and frequencies touch nothing") {
  Bench bench;
  REQUIRE(bench.driver.start(50).ok());
  CHECK(bench.driver.setCounts(16, 200).error() == EINVAL);
  CHECK(bench.driver.setCounts(0, 4096).error() == EINVAL);
  CHECK(bench.driver.setCounts(0, 300, 1, 0).error() == EINVAL);
  CHECK(bench.chip.counts(0) == 0);
  CHECK(bench.driver.start(10).error() == EINVAL);
  CHECK(bench.driver.start(0).error() == EINVAL);
}

TEST_CASE("a PCA9685 that was reset is noticed before the next pulse, and runs again when it is started again") {
  Bench bench;
  REQUIRE(bench.driver.start(50).ok());
  bench.now += 500us;
  REQUIRE(bench.driver.setCounts(0, 298, 1, 440).ok());
  CHECK(bench.driver.stillRuns().ok());
  bench.chip.brownOut();
  CHECK(bench.chip.counts(0) == 0);
  CHECK(bench.driver.stillRuns().error() == EAGAIN);
  CHECK(bench.driver.setCounts(0, 300).error() == EAGAIN);
  CHECK(bench.driver.setCounts(0, 300, 1, 440).error() == EAGAIN);
  CHECK(bench.driver.setCounts(4, 300, 9, 440).error() == EAGAIN);
  CHECK(bench.chip.reg(0x08) == 0);
  REQUIRE(bench.driver.start(50).ok());
  REQUIRE(bench.driver.setCounts(0, 300, 1, 440).ok());
  CHECK(bench.chip.counts(0) == 300);
  CHECK(bench.chip.counts(1) == 440);
}

TEST_CASE("a PCA9685 that lost its auto-increment only is noticed, too") {
  Bench bench;
  REQUIRE(bench.driver.start(50).ok());
  REQUIRE(bench.bus.open(0x40)->writeRegister(reg::kMode1, reg::kMode1AllCall).ok());
  CHECK(bench.driver.setCounts(0, 300, 1, 440).error() == EAGAIN);
}

TEST_CASE("a bus that fails is reported with device, act and reason") {
  Bench bench;
  bench.bus.fail(EREMOTEIO, 2);
  const IoStatus status = bench.driver.start(50);
  CHECK(status.error() == EREMOTEIO);
  CHECK_THAT(status.message(), Catch::StartsWith("/dev/i2c-1, address 0x40: writing 2 bytes: "));
  bench.bus.fail(0);
  CHECK(bench.driver.start(50).ok());
  Pca9685 absent(bench.bus.open(0x41));
  CHECK(absent.start(50).error() == ENXIO);
}

TEST_CASE("a PCA9685 channel is a PWM output with its high time in nanoseconds") {
  Bench bench;
  REQUIRE(bench.driver.start(50).ok());
  const auto pwm = pca9685Channel(bench.driver, 2);
  CHECK(pwm->period() == 20ms);
  REQUIRE(pwm->setHighTime(1500us).ok());
  CHECK(bench.chip.counts(2) == 307);
  CHECK(pwm->setHighTime(21ms).error() == EINVAL);
  REQUIRE(pwm->off().ok());
  CHECK(bench.chip.counts(2) == 0);
  CHECK_THROWS_AS(pca9685Channel(bench.driver, 16), OpenError);
}
