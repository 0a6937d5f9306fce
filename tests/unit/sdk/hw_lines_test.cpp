#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "hw/gpio.hpp"
#include "hw/i2c.hpp"
#include "hw/model/gpio_line.hpp"
#include "hw/model/pwm.hpp"
#include "hw/pwm.hpp"

using namespace rh::hw;
using namespace std::chrono_literals;

namespace {

struct TempFolder {
  std::filesystem::path path;
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "rh-hw-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path); }
};

std::string textOf(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("opening hardware that is not there says what and why") {
  CHECK_THROWS_WITH(openLinuxI2c("/dev/i2c-none", 0x40), "Opening I2C bus /dev/i2c-none: No such file or directory");
  CHECK_THROWS_WITH(openLinuxI2c("/dev/null", 0x78), Catch::Contains("allowed 0x08..0x77"));
  CHECK_THROWS_WITH(requestLinuxGpioOutput("/dev/gpiochip-none", 23, false, "laser"),
                    "Opening GPIO chip /dev/gpiochip-none: No such file or directory");
  CHECK_THROWS_WITH(requestLinuxGpioOutput("/dev/null", 23, false, "laser"),
                    Catch::StartsWith("Requesting /dev/null, line 23: "));
  CHECK_THROWS_AS(openSysfsPwm("/sys/class/pwm/none", 0, 20ms), OpenError);
}

TEST_CASE("a modelled line is driven from its request on and falls low when it is released") {
  model::GpioLine line("model, line 23");
  {
    const auto output = line.requestOutput(false);
    CHECK_FALSE(line.level());
    REQUIRE(output->set(true).ok());
    CHECK(line.level());
    CHECK_THROWS_AS(line.requestOutput(true), OpenError);
    line.fail(EIO);
    CHECK(output->set(false).message() == "model, line 23: setting low: Input/output error");
    CHECK(line.level());
    line.fail(0);
  }
  CHECK_FALSE(line.level());
  CHECK_FALSE(line.requested());
}

TEST_CASE("a modelled input queues the edges that were asked for") {
  model::GpioLine line("model, line 4");
  const auto input = line.requestInput(Edge::rising);
  bool seen = true;
  REQUIRE(input->waitEdge(0ms, seen).ok());
  CHECK_FALSE(seen);
  line.drive(true);
  line.drive(false);
  line.drive(true);
  bool high = false;
  REQUIRE(input->get(high).ok());
  CHECK(high);
  for (const bool expected : {true, true, false}) {
    REQUIRE(input->waitEdge(0ms, seen).ok());
    CHECK(seen == expected);
  }
}

TEST_CASE("a sysfs PWM channel is given its period and enabled without a pulse, and switched off at the end") {
  // A folder of plain files stands in for the kernel's: what is checked is which file gets which text.
  TempFolder folder;
  std::filesystem::create_directories(folder.path / "pwm1");
  for (const char* file : {"export", "unexport", "pwm1/duty_cycle", "pwm1/period", "pwm1/enable"}) {
    std::ofstream(folder.path / file) << "";
  }
  {
    const auto pwm = openSysfsPwm(folder.path.string(), 1, 20ms);
    CHECK(textOf(folder.path / "export") == "1");
    CHECK(textOf(folder.path / "pwm1/duty_cycle") == "0");
    CHECK(textOf(folder.path / "pwm1/period") == "20000000");
    CHECK(textOf(folder.path / "pwm1/enable") == "1");
    REQUIRE(pwm->setHighTime(1500us).ok());
    CHECK(textOf(folder.path / "pwm1/duty_cycle") == "1500000");
    CHECK(pwm->setHighTime(20001us).error() == EINVAL);
    CHECK(pwm->setHighTime(-1us).error() == EINVAL);
  }
  CHECK(textOf(folder.path / "unexport") == "1");
  CHECK(textOf(folder.path / "pwm1/enable").substr(0, 1) == "0");
}

TEST_CASE("a modelled PWM keeps its high time within the period") {
  model::Pwm pwm("model, channel 0", 1ms);
  REQUIRE(pwm.setHighTime(400us).ok());
  CHECK(pwm.highTime() == 400us);
  CHECK(pwm.setHighTime(2ms).error() == EINVAL);
  CHECK(pwm.highTime() == 400us);
  REQUIRE(pwm.off().ok());
  CHECK(pwm.highTime() == 0us);
}
