#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "hw/gpio.hpp"
#include "hw/gpio_request.hpp"
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

// A channel as the kernel has it, from 4.7 to 6.10 at least: a state without a period, or with a high time beyond it,
// is refused as a whole.
struct KernelPwm {
  bool exported = false, enabled = false, pulsed = false;
  long period = 0, high = 0;
  bool inversed = false;              // outlives unexport
  int turning = 0, turning_live = 0;  // what it answers whoever turns it round: at all, and while it is enabled

  IoStatus write(const std::string& path, const std::string& text) {
    const std::string file = path.substr(path.rfind('/') + 1);
    if (file == "export" || file == "unexport") {
      if (file == "export" && exported) return IoStatus(EBUSY, path);
      exported = file == "export";
      return {};
    }
    if (!exported) return IoStatus(ENOENT, path);
    if (file == "polarity") return turn(text == "inversed");
    const long value = std::stol(text);
    const long new_period = file == "period" ? value : period;
    const long new_high = file == "duty_cycle" ? value : high;
    if (new_period == 0 || new_high > new_period) return IoStatus(EINVAL, path);
    period = new_period;
    high = new_high;
    if (file == "enable") enabled = value != 0;
    pulsed = pulsed || (enabled && (inversed ? high < period : high > 0));
    return {};
  }
  IoStatus turn(bool over) {
    if (period == 0) return IoStatus(EINVAL, "polarity");
    if (over == inversed) return {};  // nobody asks the chip
    const int refused = turning != 0 || !enabled ? turning : turning_live;
    if (refused == 0) inversed = over;
    return IoStatus(refused, "polarity");
  }
  std::unique_ptr<PwmOutput> open(std::chrono::nanoseconds new_period) {
    return openSysfsPwm("/sys/class/pwm/pwmchip0", 0, new_period,
                        [this](const std::string& path, const std::string& text) { return write(path, text); });
  }
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

TEST_CASE(
    "a line that is requested low is pulled down too, where its chip can, so that it stays low when it is released") {
  std::vector<__u64> asked;
  int refusal = 0;
  const auto ask = [&](gpio_v2_line_request& request) {
    asked.push_back(request.config.flags);
    return (request.config.flags & GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN) != 0 ? refusal : 0;
  };
  constexpr __u64 kOutput = GPIO_V2_LINE_FLAG_OUTPUT;
  constexpr __u64 kPulledDown = GPIO_V2_LINE_FLAG_OUTPUT | GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
  auto request = outputRequest(6, false, "robohub motor");
  CHECK(request.offsets[0] == 6);
  CHECK(std::string(request.consumer) == "robohub motor");
  CHECK(request.config.attrs[0].attr.values == 0);
  SECTION("it can") {
    CHECK(askForOutput(request, ask) == 0);
    CHECK(asked == std::vector<__u64>{kPulledDown});
  }
  SECTION("it cannot") {
    refusal = GENERATE(EINVAL, EOPNOTSUPP, 524);
    CHECK(askForOutput(request, ask) == 0);
    CHECK(asked == std::vector<__u64>{kPulledDown, kOutput});
  }
  SECTION("it is somebody else's") {
    refusal = EBUSY;
    CHECK(askForOutput(request, ask) == EBUSY);
    CHECK(asked.size() == 1);
  }
  SECTION("a line that begins high is not") {
    request = outputRequest(6, true, "robohub motor");
    CHECK(request.config.attrs[0].attr.values == 1);
    CHECK(askForOutput(request, ask) == 0);
    CHECK(asked == std::vector<__u64>{kOutput});
  }
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
  for (const char* file : {"export", "unexport", "pwm1/duty_cycle", "pwm1/period", "pwm1/polarity", "pwm1/enable"}) {
    std::ofstream(folder.path / file) << "";
  }
  {
    const auto pwm = openSysfsPwm(folder.path.string(), 1, 20ms);
    CHECK(textOf(folder.path / "export") == "1");
    CHECK(textOf(folder.path / "pwm1/duty_cycle") == "0");
    CHECK(textOf(folder.path / "pwm1/period") == "20000000");
    CHECK(textOf(folder.path / "pwm1/polarity") == "normal");
    CHECK(textOf(folder.path / "pwm1/enable") == "1");
    REQUIRE(pwm->setHighTime(1500us).ok());
    CHECK(textOf(folder.path / "pwm1/duty_cycle") == "1500000");
    CHECK(pwm->setHighTime(20001us).error() == EINVAL);
    CHECK(pwm->setHighTime(-1us).error() == EINVAL);
  }
  CHECK(textOf(folder.path / "unexport") == "1");
  CHECK(textOf(folder.path / "pwm1/enable").substr(0, 1) == "0");
}

TEST_CASE("a sysfs PWM channel that was never used opens, and so does one that an earlier run has left running") {
  KernelPwm kernel;
  SECTION("never used: it has no period yet") {}
  SECTION("left running, with a high time beyond the new period") {
    kernel = {true, true, false, 20'000'000, 15'000'000};
  }
  SECTION("left exported, and never used") {
    kernel.exported = true;
  }
  {
    const auto pwm = kernel.open(1ms);
    CHECK(kernel.enabled);
    CHECK(kernel.period == 1'000'000);
    CHECK(kernel.high == 0);
    CHECK_FALSE(kernel.pulsed);
    REQUIRE(pwm->setHighTime(400us).ok());
    CHECK(kernel.high == 400'000);
  }
  CHECK_FALSE(kernel.enabled);
  CHECK_FALSE(kernel.exported);
}

TEST_CASE("a sysfs PWM channel that cannot be silenced does not open") {
  KernelPwm kernel;
  const auto write = [&](const std::string& path, const std::string& text) {
    if (path.find("duty_cycle") != std::string::npos) return IoStatus(EINVAL, path);
    return kernel.write(path, text);
  };
  CHECK_THROWS_AS(openSysfsPwm("/sys/class/pwm/pwmchip0", 0, 1ms, write), OpenError);
  CHECK_FALSE(kernel.enabled);
}

TEST_CASE("a sysfs PWM channel that somebody has used the other way round is turned back, or does not open") {
  KernelPwm kernel;
  kernel.period = 20'000'000;
  kernel.inversed = true;
  SECTION("it rests") {
    const auto pwm = kernel.open(1ms);
    CHECK(kernel.enabled);
    CHECK_FALSE(kernel.inversed);
    CHECK_FALSE(kernel.pulsed);
  }
  SECTION("it runs, on a chip that turns it only while it rests") {
    kernel.exported = kernel.enabled = true;
    kernel.turning_live = EBUSY;
    const auto pwm = kernel.open(1ms);
    CHECK(kernel.enabled);
    CHECK_FALSE(kernel.inversed);
    CHECK(kernel.high == 0);
  }
  SECTION("its chip does not turn it: it does not open, and rests") {
    kernel.exported = kernel.enabled = true;
    kernel.turning = EINVAL;
    CHECK_THROWS_AS(kernel.open(1ms), OpenError);
    CHECK_FALSE(kernel.enabled);
  }
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
