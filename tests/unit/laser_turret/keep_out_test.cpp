// What no holder of the turn may undo: the areas that the operator keeps out.
#include <catch2/catch.hpp>
#include <cerrno>

#include "unit/laser_turret/turret_on_bench.hpp"

using namespace laser_turret;
using namespace laser_turret::test;

namespace {

const std::string kPairs =
    R"({"pairs":[{"x_px":190,"y_px":190,"x_counts":440,"y_counts":298},{"x_px":555,"y_px":190,"x_counts":340,"y_counts":298},
                 {"x_px":480,"y_px":525,"x_counts":340,"y_counts":220},{"x_px":240,"y_px":525,"x_counts":440,"y_counts":220}]})";
// The same servo positions, said to lie elsewhere in the picture.
const std::string kLyingPairs =
    R"({"pairs":[{"x_px":2190,"y_px":190,"x_counts":440,"y_counts":298},{"x_px":2555,"y_px":190,"x_counts":340,"y_counts":298},
                 {"x_px":2480,"y_px":525,"x_counts":340,"y_counts":220},{"x_px":2240,"y_px":525,"x_counts":440,"y_counts":220}]})";

std::string config(const std::string& more) {
  return R"({"hardware":"model","keep_out":[{"x_px":180,"y_px":180,"width_px":40,"height_px":40}])" + more + "}";
}

// A host that keeps kPairs already.
struct Calibrated : FakeHost {
  Calibrated() { state = kPairs; }
};

}  // namespace

TEST_CASE("no holder can move a kept-out area away by calibrating") {
  Calibrated host;
  Turret turret(config(""), &host);
  turret.permit(1);
  REQUIRE(turret.command("servo", R"({"x_counts":440,"y_counts":298})").status == RH_INVALID_ARGUMENT);
  const rh::Json before = host.latest("calibration");
  const Outcome refused = turret.command("calibrate", kLyingPairs);
  CHECK(refused.status == RH_CONFLICT);
  CHECK(refused.text ==
        "The calibration is not to be changed from the page, because areas are kept out by it; the operator can set "
        "allow_calibration: true in agent.yaml. Nothing was changed.");
  CHECK(host.state == kPairs);
  CHECK(host.latest("calibration") == before);
  CHECK(turret.command("servo", R"({"x_counts":440,"y_counts":298})").status == RH_INVALID_ARGUMENT);
  CHECK(turret.servos().x == 200);
}

TEST_CASE("a turret says beforehand whether it may be calibrated") {
  Calibrated host;
  const auto allowed = [&host] { return host.latest("calibration").get<bool>("allowed"); };
  const Turret fixed(config(""), &host);
  CHECK_FALSE(allowed());
  const Turret measured(config(R"(,"allow_calibration":true)"), &host);
  CHECK(allowed());
  const Turret free(R"({"hardware":"model"})", &host);
  CHECK(allowed());
}

TEST_CASE("a position of which no pixel is known counts as kept out where anything is") {
  Calibrated host;
  const std::string beyond = R"({"x_counts":390,"y_counts":600})";
  {
    Turret free(R"({"hardware":"model"})", &host);
    free.permit(1);
    REQUIRE(free.command("servo", beyond).status == RH_OK);
    REQUIRE_FALSE(free.pointing().find("x_px"));
  }
  Turret turret(config(""), &host);
  turret.permit(1);
  const Outcome refused = turret.command("servo", beyond);
  CHECK(refused.status == RH_INVALID_ARGUMENT);
  CHECK_THAT(refused.text, Catch::Contains("beyond the horizon of the calibration"));
  CHECK(turret.servos().x == 200);
}

TEST_CASE("a turret with areas and no calibration neither moves nor shines, unless somebody is to measure one") {
  FakeHost host;
  host.state = "damaged";
  Turret turret(config(""), &host);
  turret.permit(1);
  const Outcome refused = turret.command("laser", R"({"on":true})");
  CHECK(refused.status == RH_INVALID_ARGUMENT);
  CHECK_THAT(refused.text, Catch::Contains("allow_calibration: true"));
  CHECK_FALSE(turret.laser());
  CHECK(turret.command("servo", R"({"x_counts":300,"y_counts":300})").status == RH_INVALID_ARGUMENT);

  Turret measured(config(R"(,"allow_calibration":true)"), &host);
  measured.permit(1);
  CHECK(measured.command("servo", R"({"x_counts":300,"y_counts":300})").status == RH_OK);
  CHECK(measured.command("laser", R"({"on":true})").status == RH_OK);
}

TEST_CASE("the laser is not lit while the turret points into a kept-out area") {
  Calibrated host;
  const std::string centred = R"(,"servo":{"centre_counts":300},"laser_follows_turn":true)";
  // Where 300, 300 lies, as the calibration knows it.
  double x_px = 0, y_px = 0;
  {
    Turret free(R"({"hardware":"model","servo":{"centre_counts":300}})", &host);
    x_px = free.pointing().get<double>("x_px");
    y_px = free.pointing().get<double>("y_px");
  }
  const rh::Json area{{"x_px", x_px - 5}, {"y_px", y_px - 5}, {"width_px", 10}, {"height_px", 10}};
  Turret turret(R"({"hardware":"model","keep_out":[)" + area.dump() + "]" + centred + "}", &host);
  REQUIRE(turret.opened().status == RH_OK);
  turret.permit(1);
  CHECK_FALSE(turret.laser());
  CHECK(turret.pointing().get<bool>("energised"));
  CHECK_FALSE(turret.pointing().get<bool>("laser"));
  const Outcome refused = turret.command("laser", R"({"on":true})");
  CHECK(refused.status == RH_INVALID_ARGUMENT);
  CHECK_THAT(refused.text, Catch::Contains("is kept out") && Catch::EndsWith("The laser stays off."));
  CHECK_FALSE(turret.laser());
  // An aim out of it is the way on.
  CHECK(turret.command("aim", R"({"x_px":300,"y_px":300})").status == RH_OK);
  CHECK(turret.laser());
}

TEST_CASE("the laser is not lit where a move that broke off may have left the dot") {
  Calibrated host;
  // The channels are no neighbours, so each servo has a message of its own: the chip is read, written, read, written.
  Turret turret(config(R"(,"y_channel":2)"), &host);
  REQUIRE(turret.opened().status == RH_OK);
  turret.permit(1);
  REQUIRE(turret.command("servo", R"({"x_counts":340,"y_counts":298})").status == RH_OK);
  turret.lab().bus().fail(EREMOTEIO, 3);
  CHECK(turret.command("servo", R"({"x_counts":440,"y_counts":220})").status == RH_UNAVAILABLE);
  turret.lab().bus().fail(0);
  // It points into the area now, though neither of the two positions lies there.
  REQUIRE(turret.lab().chip().counts(0) == 440);
  REQUIRE(turret.lab().chip().counts(2) == 298);
  REQUIRE(turret.command("servo", R"({"x_counts":440,"y_counts":298})").status == RH_INVALID_ARGUMENT);

  const Outcome refused = turret.command("laser", R"({"on":true})");
  CHECK(refused.status == RH_UNAVAILABLE);
  CHECK(refused.text ==
        "Nobody knows where the laser points: the servos did not take their last position, or have lost it; aim first. "
        "It is off.");
  CHECK_FALSE(turret.laser());
  REQUIRE(turret.command("servo", R"({"x_counts":440,"y_counts":220})").status == RH_OK);
  CHECK(turret.command("laser", R"({"on":true})").status == RH_OK);
  CHECK(turret.laser());
}

TEST_CASE("a turn that begins behind a move that broke off lights nothing before a move has worked") {
  Calibrated host;
  Turret turret(config(R"(,"laser_follows_turn":true)"), &host);
  turret.permit(1);
  REQUIRE(turret.command("servo", R"({"x_counts":340,"y_counts":298})").status == RH_OK);
  REQUIRE(turret.laser());
  turret.lab().bus().fail(ETIMEDOUT, 1);  // the chip is read, and does not take the position
  CHECK(turret.command("servo", R"({"x_counts":440,"y_counts":220})").status == RH_UNAVAILABLE);
  CHECK_FALSE(turret.laser());
  turret.lab().bus().fail(0);
  turret.end();
  turret.permit(2);
  CHECK_FALSE(turret.laser());
  REQUIRE(turret.command("aim", R"({"x_px":300,"y_px":300})").status == RH_OK);
  CHECK(turret.laser());
}

TEST_CASE("a calibration that puts the dot into a kept-out area puts the laser out") {
  Calibrated host;
  Turret turret(config(R"(,"allow_calibration":true)"), &host);
  turret.permit(1);
  REQUIRE(turret.command("calibrate", kLyingPairs).status == RH_OK);
  REQUIRE(turret.command("servo", R"({"x_counts":440,"y_counts":298})").status == RH_OK);
  REQUIRE(turret.command("laser", R"({"on":true})").status == RH_OK);
  REQUIRE(turret.command("calibrate", kPairs).status == RH_OK);
  CHECK_FALSE(turret.laser());
  CHECK_FALSE(turret.pointing().get<bool>("laser"));
}
