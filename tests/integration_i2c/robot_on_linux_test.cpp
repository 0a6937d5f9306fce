// The motor robot's plugin as it is shipped, on /dev/i2c-1 and /dev/gpiochip0.
#include <dlfcn.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <string>

#include "hw/model/adxl345.hpp"
#include "hw/model/bmp180.hpp"
#include "integration_i2c/mock_board.hpp"
#include "rh/context.hpp"
#include "rh/gate.hpp"

using robohub::test::MockBoard;

namespace {

// Keeps what the driver's threads tell.
struct Host {
  rh_host table{sizeof(rh_host),
                RH_ABI_VERSION,
                this,
                [](const rh_host* host, rh_host_device*, std::int32_t, rh_text line) {
                  of(host).hear("log", std::string(rh::fromText(line)));
                },
                [](const rh_host* host, rh_host_device*, rh_text channel, rh_text json) {
                  of(host).hear(std::string(rh::fromText(channel)), std::string(rh::fromText(json)));
                },
                [](const rh_host*, rh_host_device*, std::uint64_t, rh_status, rh_text) {},
                [](const rh_host*, rh_text) -> const void* { return nullptr; }};
  std::mutex mutex;
  std::condition_variable heard;
  std::map<std::string, std::string> newest;

  static Host& of(const rh_host* host) { return *static_cast<Host*>(host->context); }
  void hear(const std::string& what, const std::string& text) {
    const std::lock_guard lock(mutex);
    newest[what] = text;
    heard.notify_all();
  }
  // The first that is told of it, for at most ten seconds.
  std::string await(const std::string& what) {
    std::unique_lock lock(mutex);
    heard.wait_for(lock, std::chrono::seconds(10), [&] { return newest.count(what) != 0; });
    return newest[what];
  }
};

const rh_driver& driver() {
  static const rh_driver* const table = [] {
    void* library = ::dlopen(ROBOT_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(::dlerror());
    const auto* plugin = static_cast<const rh_plugin*>(::dlsym(library, "rh_plugin_v1"));
    return static_cast<const rh_driver*>(plugin->interface(rh::toText(RH_DRIVER_V1)));
  }();
  return *table;
}

struct Robot {
  Host host;
  rh_device* device = nullptr;
  rh_status opened = RH_INTERNAL;
  std::string message;

  Robot() {
    const rh_open args{sizeof(rh_open),
                       0,
                       &host.table,
                       nullptr,
                       rh::toText("motor_robot"),
                       rh::toText("r"),
                       rh::toText(R"({"hardware":"linux"})")};
    const rh_sink sink = rh::sinkTo(message);
    opened = driver().open(&args, &device, &sink);
  }
  ~Robot() { close(); }
  void close() {
    if (device == nullptr) return;
    driver().quiesce(device);
    driver().close(device);
    device = nullptr;
  }
  rh_status command(const char* name, const char* params) {
    const rh_request request{sizeof(rh_request), 0, 1, 1, rh::monotonicNs() + 1'000'000'000, rh::toText(name),
                             rh::toText(params)};
    message.clear();
    const rh_sink sink = rh::sinkTo(message);
    return driver().handle(device, &request, &sink);
  }
  void permit() {
    driver().permit(device, 1, rh::monotonicNs() + 60'000'000'000);
    driver().turn(device, 1);
  }
  rh_status halt() { return driver().halt(device, rh::toText("test"), nullptr); }
};

// Both chips on the board's bus, in a given posture and weather.
struct Chips {
  rh::hw::model::Adxl345Chip accelerometer{[] { return rh::hw::Acceleration{-0.5, 0, 0.866}; }};
  rh::hw::model::Bmp180Chip barometer{[] { return rh::hw::Climate{15.0, 69964}; }};
  explicit Chips(MockBoard& board) {
    board.bus().attach(0x53, accelerometer);
    board.bus().attach(0x77, barometer);
  }
};

}  // namespace

TEST_CASE("the robot opens eight lines low on the real character device") {
  MockBoard board;
  Chips chips(board);
  Robot robot;
  CHECK(robot.message.empty());
  REQUIRE(robot.opened == RH_OK);
  for (const std::uint32_t line : {9, 10, 12, 5, 6, 13, 7, 8}) {
    INFO("line " << line);
    CHECK(board.lineRequested(line));
    CHECK(board.lineHistory(line) == std::vector<bool>{false});
  }
}

TEST_CASE("both chips are read on the real bus, and the rest of their addresses is not touched") {
  MockBoard board;
  Chips chips(board);
  Robot robot;
  REQUIRE(robot.opened == RH_OK);
  const rh::Json orientation = rh::Json::parse(robot.host.await("orientation"));
  CHECK(orientation.get<double>("pitch_deg") == Approx(30).margin(0.5));
  CHECK(orientation.get<double>("roll_deg") == Approx(0).margin(0.5));
  const rh::Json climate = rh::Json::parse(robot.host.await("climate"));
  CHECK(climate.get<double>("temperature_cel") == Approx(15).margin(0.06));
  CHECK(climate.get<double>("pressure_pa") == Approx(69964).margin(5));
  CHECK(chips.barometer.earlyReads() == 0);
}

TEST_CASE("forwards drives the right lines with pulses by software, and a halt ends all of it") {
  MockBoard board;
  Chips chips(board);
  Robot robot;
  REQUIRE(robot.opened == RH_OK);
  CHECK(robot.command("drive", R"({"left_percent":50,"right_percent":100})") == RH_NOT_PERMITTED);
  robot.permit();
  REQUIRE(robot.command("drive", R"({"left_percent":50,"right_percent":100})") == RH_OK);
  CHECK_FALSE(board.lineLevel(9));
  CHECK(board.lineLevel(10));  // motor 1, CCW
  CHECK(board.lineLevel(5));   // motor 2, CW
  CHECK_FALSE(board.lineLevel(6));
  CHECK(board.lineLevel(13));  // at a hundred percent steadily high
  for (int i = 0; i < 5000 && board.lineHistory(12).size() < 12; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(board.lineHistory(12).size() >= 12);
  CHECK(robot.halt() == RH_OK);
  for (const std::uint32_t line : {9, 10, 12, 5, 6, 13, 8}) {
    INFO("line " << line);
    CHECK_FALSE(board.lineLevel(line));
  }
  robot.close();
  CHECK(board.awaitRelease(12));
}

TEST_CASE("without chips on the bus the robot opens, says which is missing, and drives") {
  MockBoard board;
  Robot robot;
  REQUIRE(robot.opened == RH_OK);
  CHECK_THAT(robot.host.await("log"), Catch::Contains("cannot be read") && Catch::Contains("/dev/i2c-1, address 0x") &&
                                          Catch::Contains("No such device or address"));
  robot.permit();
  CHECK(robot.command("drive", R"({"left_percent":-30,"right_percent":0})") == RH_OK);
  CHECK(board.lineLevel(9));
  CHECK(robot.halt() == RH_OK);
}

TEST_CASE("a line that another program holds keeps the robot shut, by its name") {
  MockBoard board;
  board.failLineRequests(EBUSY);
  Robot robot;
  CHECK(robot.opened == RH_UNAVAILABLE);
  CHECK(robot.message == "Requesting /dev/gpiochip0, line 12: Device or resource busy");
}
