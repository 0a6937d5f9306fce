#include "hw/adxl345.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

#include "hw/model/adxl345.hpp"

using namespace rh::hw;
using namespace std::chrono_literals;
namespace reg = rh::hw::adxl345;

namespace {

// A chip on a bus, in a hand that the test moves and with a clock that it winds.
struct Bench {
  Acceleration pull{0, 0, 1};
  std::chrono::nanoseconds now{1s};
  model::Adxl345Chip chip{[this] { return pull; }, [this] { return now; }};
  model::I2cBus bus{"/dev/i2c-1"};
  Adxl345 driver{bus.open(reg::kAddress), [this](std::chrono::microseconds time) { now += time; }};
  Bench() { bus.attach(reg::kAddress, chip); }

  Acceleration read() {
    now += 10ms;
    Acceleration felt;
    REQUIRE(driver.read(felt).ok());
    return felt;
  }
};

// Any other chip at that address.
class Stranger final : public model::I2cChip {
 public:
  int write(const std::uint8_t*, std::size_t) override { return 0; }
  int read(std::uint8_t* data, std::size_t size) override {
    for (std::size_t i = 0; i < size; ++i) data[i] = 0x33;
    return 0;
  }
};

}  // namespace

TEST_CASE("an ADXL345 starts at 100 Hz in full resolution, and shows 1 g where up is") {
  Bench bench;
  REQUIRE(bench.driver.start().ok());
  CHECK(bench.chip.reg(reg::kRate) == 0x0A);
  CHECK(bench.chip.reg(reg::kFormat) == 0x0B);
  CHECK(bench.chip.reg(reg::kPower) == 0x08);
  const Acceleration felt = bench.read();
  CHECK(felt.x_g == 0);
  CHECK(felt.y_g == 0);
  CHECK(felt.z_g == 1);
}

TEST_CASE("the first reading behind the start is a sample, not what stood there before") {
  Bench bench;
  bench.pull = {0, 1, 0};
  REQUIRE(bench.driver.start().ok());
  Acceleration felt;
  REQUIRE(bench.driver.read(felt).ok());
  CHECK(felt.y_g == 1);
}

TEST_CASE("an ADXL345 resolves 4 mg up to 16 g, with signs") {
  Bench bench;
  REQUIRE(bench.driver.start().ok());
  bench.pull = {-15.9, 0.0041, -1};
  const Acceleration felt = bench.read();
  CHECK(felt.x_g == Approx(-15.9).margin(0.002));
  CHECK(felt.y_g == Approx(1.0 / 256));
  CHECK(felt.z_g == -1);
  bench.pull = {40, -40, 0};
  CHECK(bench.read().x_g == Approx(16).margin(0.01));
  CHECK(bench.read().y_g == -16);
}

TEST_CASE("a sample stands until the next one is due, a hundredth of a second later") {
  Bench bench;
  REQUIRE(bench.driver.start().ok());
  bench.now += 8ms;  // with the start's 12 two whole periods
  Acceleration before;
  REQUIRE(bench.driver.read(before).ok());
  bench.pull = {1, 0, 0};
  bench.now += 9ms;
  Acceleration felt;
  REQUIRE(bench.driver.read(felt).ok());
  CHECK(felt.z_g == 1);
  bench.now += 1ms;
  REQUIRE(bench.driver.read(felt).ok());
  CHECK(felt.x_g == 1);
  CHECK(felt.z_g == 0);
}

TEST_CASE("another chip at the address is not taken for an ADXL345") {
  Stranger stranger;
  model::I2cBus bus("/dev/i2c-1");
  bus.attach(reg::kAddress, stranger);
  Adxl345 driver(bus.open(reg::kAddress));
  const IoStatus status = driver.start();
  CHECK(status.error() == ENODEV);
  CHECK_THAT(status.message(),
             Catch::StartsWith("/dev/i2c-1, address 0x53: the device id is 51, that of an ADXL345 is 229"));
}

TEST_CASE("an ADXL345 that is not there, or fell asleep by a break of its supply, is told") {
  model::I2cBus empty("/dev/i2c-1");
  CHECK(Adxl345(empty.open(reg::kAddress)).start().error() == ENXIO);
  Bench bench;
  REQUIRE(bench.driver.start().ok());
  bench.chip.reset();
  Acceleration felt;
  CHECK(bench.driver.read(felt).error() == EAGAIN);
  REQUIRE(bench.driver.start().ok());
  CHECK(bench.read().z_g == 1);
}

TEST_CASE("pitch and roll follow from where up is") {
  CHECK(tiltOf({0, 0, 1}).pitch_deg == 0);
  CHECK(tiltOf({-1, 0, 1}).pitch_deg == Approx(45));
  CHECK(tiltOf({0.5, 0, 0.8660254}).pitch_deg == Approx(-30));
  CHECK(tiltOf({0, -1, 1}).roll_deg == Approx(45));
  CHECK(tiltOf({0, 0.5, 0.8660254}).roll_deg == Approx(-30));
  CHECK(tiltOf({-1, 0, 0}).pitch_deg == Approx(90));
  CHECK(std::abs(tiltOf({0, 0, -1}).roll_deg) == Approx(180));
}
