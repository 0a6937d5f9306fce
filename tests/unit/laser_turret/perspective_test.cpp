#include "laser_turret/perspective.hpp"

#include <catch2/catch.hpp>

#include "rh/fault.hpp"

using namespace laser_turret;

namespace {

const Quad kPicture{{{190, 190}, {555, 190}, {480, 525}, {240, 525}}};
const Quad kServos{{{440, 298}, {340, 298}, {340, 220}, {440, 220}}};

std::string refusal(const Quad& from, const Quad& to) {
  try {
    Perspective::fit(from, to, "picture", "servos");
  } catch (const rh::Fault& fault) {
    CHECK(fault.status() == RH_INVALID_ARGUMENT);
    return fault.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a perspective is exact on its four points") {
  const Perspective map = Perspective::fit(kPicture, kServos, "picture", "servos");
  for (std::size_t i = 0; i < 4; ++i) {
    const auto got = map.map(kPicture[i]);
    REQUIRE(got);
    CHECK(got->x == Approx(kServos[i].x).margin(1e-9));
    CHECK(got->y == Approx(kServos[i].y).margin(1e-9));
  }
}

TEST_CASE("the way back leads where the way there came from") {
  const Perspective map = Perspective::fit(kPicture, kServos, "picture", "servos");
  const Perspective back = map.inverse();
  for (double x = 150; x <= 600; x += 50) {
    for (double y = 150; y <= 550; y += 50) {
      const auto there = map.map({x, y});
      REQUIRE(there);
      const auto again = back.map(*there);
      REQUIRE(again);
      CHECK(again->x == Approx(x).margin(1e-6));
      CHECK(again->y == Approx(y).margin(1e-6));
    }
  }
}

TEST_CASE("straight lines stay straight and the trapezium's diagonals cross where the rectangle's do") {
  const Perspective map = Perspective::fit(kPicture, kServos, "picture", "servos");
  // The crossing of the picture's diagonals, worked out by hand: x = 355.92.., y = 392.23..
  const double t = 365.0 / (365 + 240);  // along the first diagonal, from the similar triangles at the crossing
  const auto middle = map.map({190 + t * (480 - 190), 190 + t * (525 - 190)});
  REQUIRE(middle);
  CHECK(middle->x == Approx(390).margin(1e-6));
  CHECK(middle->y == Approx(259).margin(1e-6));
}

TEST_CASE("points beyond the horizon have no servo position") {
  const Perspective map = Perspective::fit(kPicture, kServos, "picture", "servos");
  // The sides through (190,190)-(240,525) and (555,190)-(480,525) meet far below: that is the horizon's height.
  CHECK(map.map({360, 1000}));
  CHECK_FALSE(map.map({360, 2000}));
}

TEST_CASE("the same point twice is refused by its numbers") {
  Quad picture = kPicture;
  picture[2] = {190.4, 190.4};
  CHECK(refusal(picture, kServos) ==
        "Points 1 and 3 of the picture are the same; a calibration needs four different ones.");
  Quad servos = kServos;
  servos[3] = servos[2];
  CHECK_THAT(refusal(kPicture, servos), Catch::Contains("Points 3 and 4 of the servos are the same"));
}

TEST_CASE("three points on a line are refused by their numbers") {
  Quad picture = kPicture;
  picture[2] = {900, 190.5};
  CHECK(refusal(picture, kServos) ==
        "Points 1, 2 and 3 of the picture lie on one line; a calibration needs a proper quadrangle.");
  Quad servos = kServos;
  servos[2] = {390, 259};
  servos[3] = {340, 220};
  CHECK_THAT(refusal(kPicture, servos), Catch::Contains("of the servos lie on one line"));
}

TEST_CASE("pairs whose points run around differently are refused") {
  Quad crossed = kServos;
  std::swap(crossed[0], crossed[1]);
  CHECK_THAT(refusal(kPicture, crossed), Catch::StartsWith("The points run around differently"));
}
