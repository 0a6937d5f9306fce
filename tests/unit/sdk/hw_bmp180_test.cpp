#include "hw/bmp180.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

#include "hw/model/bmp180.hpp"

using namespace rh::hw;
using namespace std::chrono_literals;
namespace reg = rh::hw::bmp180;

namespace {

// A chip on a bus, in air that the test makes and with a clock that only the driver's own waiting moves.
struct Bench {
  Climate air{21.3, 101325};
  std::chrono::nanoseconds now{1s};
  model::Bmp180Chip chip{[this] { return air; }, [this] { return now; }};
  model::I2cBus bus{"/dev/i2c-1"};
  Bmp180 driver;
  explicit Bench(unsigned oversampling)
      : driver(bus.open(reg::kAddress), oversampling, [this](std::chrono::microseconds time) { now += time; }) {
    bus.attach(reg::kAddress, chip);
  }
};

}  // namespace

TEST_CASE("the data sheet's example comes out: 15.0 degrees, 69964 Pa") {
  const Climate climate = compensate(model::kExampleCalibration, 27898, 23843, 0);
  CHECK(climate.temperature_cel == 15.0);
  CHECK(climate.pressure_pa == 69964);
}

TEST_CASE("the same example comes out of the chip's registers") {
  Bench bench(0);
  bench.chip.fixRaw(27898, 23843);
  REQUIRE(bench.driver.start().ok());
  CHECK(bench.driver.calibration().ac1 == 408);
  CHECK(bench.driver.calibration().ac4 == 32741);
  CHECK(bench.driver.calibration().mb == -32768);
  CHECK(bench.driver.calibration().md == 2868);
  Climate climate;
  REQUIRE(bench.driver.measure(climate).ok());
  CHECK(climate.temperature_cel == 15.0);
  CHECK(climate.pressure_pa == 69964);
}

TEST_CASE("the air is measured to a few pascals at every oversampling, and never read too early") {
  for (unsigned oversampling = 0; oversampling <= 3; ++oversampling) {
    Bench bench(oversampling);
    REQUIRE(bench.driver.start().ok());
    for (const Climate air : {Climate{21.3, 101325}, Climate{-12.5, 95000}, Climate{60, 70123}}) {
      bench.air = air;
      const auto begun = bench.now;
      Climate climate;
      REQUIRE(bench.driver.measure(climate).ok());
      CHECK(climate.temperature_cel == Approx(air.temperature_cel).margin(0.06));
      CHECK(climate.pressure_pa == Approx(air.pressure_pa).margin(5));
      CHECK(bench.now - begun == 4500us + reg::conversionTime(static_cast<std::uint8_t>(0x34 | oversampling << 6)));
    }
    CHECK(bench.chip.earlyReads() == 0);
  }
}

TEST_CASE("a conversion that is read too early gives the old value, and the model tells on the driver") {
  Bench bench(3);
  Bmp180 hasty(bench.bus.open(reg::kAddress), 3, [](std::chrono::microseconds) {});
  REQUIRE(hasty.start().ok());
  Climate climate;
  REQUIRE(hasty.measure(climate).ok());
  CHECK(bench.chip.earlyReads() == 2);
  CHECK(climate.pressure_pa != Approx(101325).margin(5));
}

TEST_CASE("a barometer that is not there, another chip, or words that cannot be true are told") {
  model::I2cBus empty("/dev/i2c-1");
  CHECK(Bmp180(empty.open(reg::kAddress), 0).start().error() == ENXIO);

  Bench bench(0);
  bench.chip.eraseCalibration();
  const IoStatus status = bench.driver.start();
  CHECK(status.error() == EIO);
  CHECK_THAT(status.message(), Catch::Contains("the calibration words cannot be true"));
}

TEST_CASE("a bus that fails in the middle of a measurement is told, and the next measurement is right") {
  Bench bench(1);
  REQUIRE(bench.driver.start().ok());
  for (const int after : {0, 1, 2, 3}) {
    bench.bus.fail(EREMOTEIO, after);
    Climate climate;
    CHECK(bench.driver.measure(climate).error() == EREMOTEIO);
    bench.bus.fail(0);
    bench.now += 30ms;
    REQUIRE(bench.driver.measure(climate).ok());
    CHECK(climate.pressure_pa == Approx(101325).margin(5));
  }
}

TEST_CASE("no words and no raw numbers make the arithmetic fail") {
  const Bmp180Calibration zero;
  for (const std::int32_t raw : {0, 1, 32768, 65535, 0x7FFFF}) {
    (void)compensate(zero, raw, raw, 3);
    (void)compensate(model::kExampleCalibration, raw, raw, 3);
    (void)compensate({32767, -32768, -32768, 65535, 65535, 65535, 32767, 32767, -32768, 32767, -32768}, raw, raw, 3);
  }
  // The pole: X1 + MD is 0 here, and nothing is divided by it.
  CHECK(compensate({408, -72, -14383, 32741, 32768, 23153, 6190, 4, -32768, -8711, 2868}, 23153 - 2868, 23843, 0)
            .temperature_cel < 0);
}
