// What opening does to servos that stand somewhere already.
#include <catch2/catch.hpp>

#include "hw/pca9685.hpp"
#include "unit/laser_turret/turret_on_bench.hpp"

using namespace laser_turret;
using namespace laser_turret::test;

namespace {

// Hardware that outlives the driver, as a board does when the driver's process is killed.
class StandingBench final : public Bench {
 public:
  explicit StandingBench(LabBench& lab) : lab_(lab) {}
  std::unique_ptr<rh::hw::GpioOutput> requestLaser() override { return lab_.requestLaser(); }
  std::unique_ptr<rh::hw::I2cDevice> openServos() override { return lab_.openServos(); }

 private:
  LabBench& lab_;
};

struct Board {
  LabBench lab{Settings::fromJson(rh::Json::parse(R"({"hardware":"model"})"))};

  // What a killed driver leaves behind.
  void leave(unsigned x, unsigned y, double frequency_hz = 50) {
    rh::hw::Pca9685 chip(lab.openServos());
    REQUIRE(chip.start(frequency_hz).ok());
    REQUIRE(chip.setCounts(0, x, 1, y).ok());
  }
  rh::Json open(const std::string& config = R"({"hardware":"model"})") {
    Turret turret(config, nullptr, std::make_unique<StandingBench>(lab));
    REQUIRE(turret.opened().status == RH_OK);
    x_counts = lab.chip().counts(0);
    y_counts = lab.chip().counts(1);
    return turret.pointing();
  }
  unsigned x_counts = 0, y_counts = 0;
};

}  // namespace

TEST_CASE("opening again behind a driver that was killed moves nothing") {
  Board board;
  board.leave(410, 333);
  const rh::Json pointing = board.open();
  CHECK(board.x_counts == 410);
  CHECK(board.y_counts == 333);
  CHECK(pointing.get<int>("x_counts") == 410);
  CHECK(pointing.get<int>("y_counts") == 333);
}

TEST_CASE("kept servos take the next command") {
  Board board;
  board.leave(410, 333);
  // A chip that another program left without auto-increment.
  REQUIRE(board.lab.openServos()->writeRegister(rh::hw::pca9685::kMode1, 0).ok());
  Turret turret(R"({"hardware":"model"})", nullptr, std::make_unique<StandingBench>(board.lab));
  turret.permit(1);
  REQUIRE(turret.command("servo", R"({"x_counts":300,"y_counts":310})").status == RH_OK);
  CHECK(board.lab.chip().counts(0) == 300);
  CHECK(board.lab.chip().counts(1) == 310);
}

TEST_CASE("servos that stand outside their limits, or without a pulse, or at another frequency, are centred") {
  Board board;
  SECTION("powered up") {}
  SECTION("beyond a limit") {
    board.leave(410, 601);
  }
  SECTION("another frequency") {
    board.leave(410, 333, 60);
  }
  SECTION("closed in good order") {
    board.leave(410, 333);
    (void)board.open();
  }
  SECTION("asleep") {
    board.leave(410, 333);
    REQUIRE(board.lab.openServos()
                ->writeRegister(rh::hw::pca9685::kMode1,
                                rh::hw::pca9685::kMode1AutoIncrement | rh::hw::pca9685::kMode1Sleep)
                .ok());
  }
  (void)board.open();
  CHECK(board.x_counts == 200);
  CHECK(board.y_counts == 200);
}
