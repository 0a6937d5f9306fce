// The hub's translator for a turret that the older program works: what is sent, and what is refused.
#include <catch2/catch.hpp>

#include <fstream>

#include "laser_turret/cat_laser.hpp"
#include "rh/fault.hpp"
#include "unit/store/temp_folder.hpp"

using namespace laser_turret;

namespace {

constexpr const char* kOld =
    R"({"targetCalibration":[{"x":190,"y":"190"},{"x":555,"y":190},{"x":480,"y":525},{"x":240,"y":525}],)"
    R"("servoCalibration":[{"x":"440","y":298},{"x":340,"y":298},{"x":340,"y":220},{"x":440,"y":220}]})";

struct Link {
  explicit Link(const std::string& more = "", const std::string& calibration = kOld) {
    const std::string file = (folder.path() / "calibration.json").string();
    std::ofstream(file) << calibration;
    port->config = rh::Json::parse("{\"calibration_file\":" + rh::Json(file).dump() + more + "}");
    translator = std::make_unique<CatLaser>(rh::Context(port));
  }
  // "topic payload", or the sentence of a refusal.
  std::string aim(double x, double y) { return send("aim", rh::Json{{"x_px", x}, {"y_px", y}}); }
  std::string send(const std::string& name, const rh::Json& params) {
    std::string said;
    const rh_message_sink sink{sizeof(rh_message_sink), 0, &said, [](void* context, rh_text topic, rh_bytes payload) {
                                 *static_cast<std::string*>(context) +=
                                     std::string(rh::fromText(topic)) + " " +
                                     std::string(reinterpret_cast<const char*>(payload.data), payload.size);
                               }};
    try {
      if (translator->encode({1, name, params}, rh::Outbox(&sink))) return "an answer is awaited";
    } catch (const rh::Fault& fault) {
      CHECK(said.empty());
      return fault.what();
    }
    return said;
  }
  robohub::test::TempFolder folder;
  std::shared_ptr<rh::detail::Port> port = std::make_shared<rh::detail::Port>();
  std::unique_ptr<CatLaser> translator;
};

}  // namespace

TEST_CASE("a click becomes two whole numbers") {
  Link link;
  CHECK(link.aim(190, 190) == "catlaser/target 190,190");
  CHECK(link.aim(299.5, 300.4) == "catlaser/target 300,300");
  // As templates round: what was checked is what they send.
  CHECK(link.aim(300.5, 301.5) == "catlaser/target 300,302");
  CHECK(Link(R"(,"topic":"other/place")").aim(300, 300) == "other/place 300,300");
}

TEST_CASE("what the older program would die of is not sent") {
  Link link;
  for (const auto& [x, y] : std::vector<std::pair<double, double>>{{4095, 0}, {0, 4095}, {4095, 4095}, {2000, 300}}) {
    INFO(x << ", " << y);
    CHECK(link.aim(x, y).find("Nothing was sent.") != std::string::npos);
  }
  CHECK(link.send("laser", rh::Json{{"on", true}}) == "The older program can only aim.");
  CHECK(Link(R"(,"keep_out":[{"x_px":200,"y_px":200,"width_px":50,"height_px":50}])").aim(220, 220).find("kept out") !=
        std::string::npos);
  CHECK(Link(R"(,"servo":{"min_counts":345,"max_counts":600,"centre_counts":400})").aim(555, 190).find("reach") !=
        std::string::npos);
}

TEST_CASE("every point that is sent lies within the servos' reach by the calibration") {
  Link link;
  std::size_t sent = 0;
  const auto calibration = Calibration::fromOldFile(kOld, "calibration.json");
  for (int x = 0; x <= 4095; x += 37)
    for (int y = 0; y <= 4095; y += 41) {
      if (!link.aim(x, y).starts_with("catlaser")) continue;
      ++sent;
      const auto counts = calibration.countsOf({static_cast<double>(x), static_cast<double>(y)});
      REQUIRE(counts);
      REQUIRE((counts->x >= 150 && counts->x <= 600 && counts->y >= 150 && counts->y <= 600));
    }
  CHECK(sent > 50);
}

TEST_CASE("without a calibration, or with another's settings, there is no link") {
  const auto open = [](const std::string& config) {
    auto port = std::make_shared<rh::detail::Port>();
    port->config = rh::Json::parse(config);
    CatLaser made{rh::Context(port)};
  };
  CHECK_THROWS_AS(open("{}"), rh::Fault);
  CHECK_THROWS_AS(open(R"({"calibration_file":"/no/such"})"), rh::Fault);
  CHECK_THROWS_AS(open(R"({"calibration_file":"/no/such","i2c":"/dev/i2c-1"})"), rh::Fault);
  CHECK_THROWS_AS(Link("", R"({"targetCalibration":[]})"), rh::Fault);
  CHECK_THROWS_AS(Link(R"(,"topic":"a/#")"), rh::Fault);
}
