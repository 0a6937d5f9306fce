// The turret's plugin as it is shipped, on /dev/i2c-1 and /dev/gpiochip0.
#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "hw/pca9685.hpp"
#include "integration_i2c/mock_board.hpp"
#include "rh/context.hpp"
#include "rh/gate.hpp"

using robohub::test::MockBoard;
namespace reg = rh::hw::pca9685;

namespace {

const std::string kConfig = R"({"hardware":"linux"})";
const char kKnownPairs[] =
    R"({"pairs":[{"x_px":190,"y_px":190,"x_counts":440,"y_counts":298},{"x_px":555,"y_px":190,"x_counts":340,"y_counts":298},
                 {"x_px":480,"y_px":525,"x_counts":340,"y_counts":220},{"x_px":240,"y_px":525,"x_counts":440,"y_counts":220}]})";

// A host without extensions.
struct Host {
  rh_host table{sizeof(rh_host),
                RH_ABI_VERSION,
                nullptr,
                [](const rh_host*, rh_host_device*, std::int32_t, rh_text) {},
                [](const rh_host*, rh_host_device*, rh_text, rh_text) {},
                [](const rh_host*, rh_host_device*, std::uint64_t, rh_status, rh_text) {},
                [](const rh_host*, rh_text) -> const void* { return nullptr; }};
};

const rh_driver& driver() {
  static const rh_driver* const table = [] {
    void* library = ::dlopen(TURRET_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(::dlerror());
    const auto* plugin = static_cast<const rh_plugin*>(::dlsym(library, "rh_plugin_v1"));
    return static_cast<const rh_driver*>(plugin->interface(rh::toText(RH_DRIVER_V1)));
  }();
  return *table;
}

struct Turret {
  Host host;
  rh_device* device = nullptr;
  rh_status opened = RH_INTERNAL;
  std::string message;

  explicit Turret(const std::string& config = kConfig) {
    const rh_open args{sizeof(rh_open),   0, &host.table, nullptr, rh::toText("laser_turret"), rh::toText("t"),
                       rh::toText(config)};
    const rh_sink sink = rh::sinkTo(message);
    opened = driver().open(&args, &device, &sink);
  }
  ~Turret() { close(); }
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

}  // namespace

TEST_CASE("the driver opens a real bus: laser low first, 50 Hz set while asleep, servos centred") {
  MockBoard board;
  Turret turret;
  CHECK(turret.message.empty());
  REQUIRE(turret.opened == RH_OK);
  CHECK(board.order() == "LB");
  CHECK(board.lineOffset() == 23);
  CHECK(board.lineHistory() == std::vector<bool>{false});
  CHECK(board.chip().reg(reg::kPrescale) == 121);
  CHECK((board.chip().reg(reg::kMode1) & reg::kMode1Sleep) == 0);
  CHECK(board.chip().earlyWrites() == 0);
  CHECK(board.chip().counts(0) == 200);
  CHECK(board.chip().counts(1) == 200);
}

TEST_CASE("a click on the real bus writes both servos, and only in a turn") {
  MockBoard board;
  Turret turret;
  REQUIRE(turret.opened == RH_OK);
  REQUIRE(turret.command("calibrate", kKnownPairs) == RH_OK);
  CHECK(turret.command("aim", R"({"x_px":190,"y_px":190})") == RH_NOT_PERMITTED);
  CHECK(board.chip().counts(0) == 200);
  turret.permit();
  REQUIRE(turret.command("aim", R"({"x_px":190,"y_px":190})") == RH_OK);
  CHECK(board.chip().counts(0) == 440);
  CHECK(board.chip().counts(1) == 298);
}

TEST_CASE("the laser's line goes high under a permit and low at a halt, without a glitch between") {
  MockBoard board;
  Turret turret;
  REQUIRE(turret.opened == RH_OK);
  CHECK(turret.command("laser", R"({"on":true})") == RH_NOT_PERMITTED);
  turret.permit();
  REQUIRE(turret.command("laser", R"({"on":true})") == RH_OK);
  CHECK(board.lineLevel());
  CHECK(turret.halt() == RH_OK);
  CHECK_FALSE(board.lineLevel());
  CHECK(board.lineHistory() == std::vector<bool>{false, true, false});
}

TEST_CASE("a closed driver leaves the laser low, its line free and the servos without pulses") {
  MockBoard board;
  Turret turret;
  REQUIRE(turret.opened == RH_OK);
  turret.permit();
  REQUIRE(turret.command("laser", R"({"on":true})") == RH_OK);
  turret.close();
  CHECK_FALSE(board.lineLevel());
  CHECK(board.awaitRelease());
  CHECK(board.chip().counts(0) == 0);
  Turret again;
  CHECK(again.opened == RH_OK);
}

TEST_CASE("an address that does not answer is named with the bus and the system's reason") {
  MockBoard board;
  Turret turret(R"({"hardware":"linux","address":65})");
  CHECK(turret.opened == RH_UNAVAILABLE);
  CHECK(turret.message ==
        "The servos' chip could not be read: /dev/i2c-1, address 0x41: reading 1 bytes: No such device or address");
  CHECK(board.awaitRelease());
  CHECK(board.lineHistory() == std::vector<bool>{false});
}

TEST_CASE("a line that another program holds is named, and the bus is not touched") {
  MockBoard board;
  board.failLineRequests(EBUSY);
  Turret turret;
  CHECK(turret.opened == RH_UNAVAILABLE);
  CHECK(turret.message == "Requesting /dev/gpiochip0, line 23: Device or resource busy");
  CHECK(board.order().empty());
}

TEST_CASE("a bus that fails while aiming puts the laser out") {
  MockBoard board;
  Turret turret;
  REQUIRE(turret.opened == RH_OK);
  REQUIRE(turret.command("calibrate", kKnownPairs) == RH_OK);
  turret.permit();
  REQUIRE(turret.command("laser", R"({"on":true})") == RH_OK);
  board.bus().fail(EREMOTEIO);
  CHECK(turret.command("aim", R"({"x_px":190,"y_px":190})") == RH_UNAVAILABLE);
  CHECK_THAT(turret.message, Catch::Contains("Remote I/O error. The laser is off."));
  CHECK_FALSE(board.lineLevel());
}
