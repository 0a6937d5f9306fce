#include <catch2/catch.hpp>
#include <cmath>

#include "hw/lab/jpeg.hpp"
#include "laser_turret/lab/lab_room.hpp"
#include "laser_turret/lab/room_painter.hpp"
#include "laser_turret/lab/servo.hpp"
#include "laser_turret/settings.hpp"
#include "support/dot.hpp"
#include "unit/laser_turret/turret_on_bench.hpp"

using namespace laser_turret;
using namespace std::chrono_literals;

namespace {

double distance(Point a, double x, double y) {
  return std::hypot(a.x - x, a.y - y);
}

// The painted room is shared while somebody holds it: one painting for all tests of this file.
void keepRoomPainted() {
  static const auto room = sharedRoom(RoomScene(), Camera());
}

Point reddestPixel(const robohub::test::Picture& picture) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
    if (robohub::test::redness(&picture.rgb[i]) > robohub::test::redness(&picture.rgb[best])) best = i;
  }
  const std::size_t pixel = best / 3, width = static_cast<std::size_t>(picture.width);
  return {static_cast<double>(pixel % width) + 0.5, static_cast<double>(pixel / width) + 0.5};
}

}  // namespace

TEST_CASE("every click on the floor from 160..480 x 200..440 puts the dot within two pixels") {
  const LabRoom room(1);
  const Calibration calibration(room.measuredPairs());
  const ServoLimits limits;
  double worst = 0;
  for (int y = 200; y <= 440; y += 4) {
    for (int x = 160; x <= 480; x += 4) {
      const auto counts = calibration.countsOf({static_cast<double>(x), static_cast<double>(y)});
      REQUIRE(counts);
      REQUIRE(limits.allows(counts->x));
      REQUIRE(limits.allows(counts->y));
      const auto dot = room.dotAt(static_cast<float>(counts->x), static_cast<float>(counts->y));
      REQUIRE(dot);
      worst = std::max(worst, distance(*dot, x, y));
    }
  }
  CHECK(worst < 2);
}

TEST_CASE("the lab's mapping is a true perspective, not a scale") {
  const LabRoom room(1);
  const Calibration calibration(room.measuredPairs());
  const auto far_left = calibration.countsOf({160, 200}), far_right = calibration.countsOf({480, 200});
  const auto near_left = calibration.countsOf({160, 440}), near_right = calibration.countsOf({480, 440});
  CHECK(std::abs((far_left->x - far_right->x) - (near_left->x - near_right->x)) > 30);
  CHECK(std::abs(far_left->y - far_right->y) > 30);
}

TEST_CASE("a beam that misses the floor ends on the wall, not where the floor would be seen") {
  const LabRoom room(1);
  const Calibration calibration(room.measuredPairs());
  // High on the back wall beside the sofa: a pixel of the wall, taken for floor by the calibration.
  const auto dot = room.dotAt(300, 760);
  REQUIRE(dot);
  const auto believed = calibration.pixelOf({300, 760});
  CHECK((!believed || distance(*believed, dot->x, dot->y) > 6));
}

TEST_CASE("a servo takes its time: about a third of a second from end to end") {
  Servo servo;
  servo.command(200, 1s);
  CHECK(servo.position(1s) == 200);
  servo.command(600, 2s);
  CHECK(servo.position(2s) == 200);
  CHECK(servo.position(2s + 100ms) == Approx(340).margin(1));
  CHECK(servo.position(2s + 300ms) == 600);
  servo.command(200, 2s + 350ms);
  servo.command(0, 2s + 450ms);
  CHECK(servo.position(3s) == Approx(460).margin(1));
}

TEST_CASE("the dot in the encoded picture is where the beam ends, wherever the cat is, and gone with the laser") {
  keepRoomPainted();
  LabRoom room(1);
  const Calibration calibration(room.measuredPairs());
  rh::hw::lab::JpegEncoder encoder(78);
  const auto encoded = [&](double seconds, const TurretOutputs& outputs) {
    return encoder.encode(room.draw(seconds, outputs));
  };
  auto jpeg = encoded(0, {});
  CHECK(jpeg.size() < 44000);
  CHECK_FALSE(robohub::test::findDot(jpeg.data(), jpeg.size()));
  double worst = 0, worst_pixel = 0;
  std::uint32_t random = 7;
  for (int i = 0; i < 60; ++i) {
    random = random * 1664525u + 1013904223u;
    const double x = 160 + (random >> 16) % 321, y = 200 + (random >> 8) % 241;
    const auto counts = calibration.countsOf({x, y});
    REQUIRE(counts);
    const TurretOutputs outputs{static_cast<float>(counts->x), static_cast<float>(counts->y), true};
    jpeg = encoded(0.4, outputs);
    const auto dot = robohub::test::findDot(jpeg.data(), jpeg.size());
    REQUIRE(dot);
    worst = std::max(worst, std::hypot(dot->x_px - x, dot->y_px - y));
    CHECK(dot->area_px > 30);
    const auto reddest = reddestPixel(*robohub::test::decodeJpeg(jpeg.data(), jpeg.size()));
    worst_pixel = std::max(worst_pixel, std::hypot(reddest.x - x, reddest.y - y));
  }
  CHECK(worst < 3);
  CHECK(worst_pixel < 4.5);  // a coarser finder than ours, which takes the one reddest pixel, is right too
  jpeg = encoded(0.05, {375, 375, false});
  CHECK_FALSE(robohub::test::findDot(jpeg.data(), jpeg.size()));
}

TEST_CASE("nothing else in the room is nearly as red as the dot") {
  LabRoom room(1);
  const auto reddest = [](const Image& image) {
    int most = -255;
    for (std::size_t i = 0; i < image.rgb.size(); i += 3) most = std::max(most, robohub::test::redness(&image.rgb[i]));
    return most;
  };
  int dark = -255;
  for (int i = 0; i < 20; ++i) dark = std::max(dark, reddest(room.draw(0.7, {})));
  CHECK(dark < 75);
  CHECK(reddest(room.draw(0.05, {375, 375, true})) > 200);
}

TEST_CASE("the same seed and the same times give the same pictures; the cat moves") {
  LabRoom one(5), two(5);
  std::vector<std::uint8_t> first = one.draw(0.05, {}).rgb;
  CHECK((two.draw(0.05, {}).rgb == first));  // doubled: nobody wants a million bytes printed
  for (int i = 0; i < 20; ++i) {
    one.draw(0.05, {});
    two.draw(0.05, {});
  }
  CHECK((one.draw(0.05, {}).rgb == two.draw(0.05, {}).rgb));
  CHECK((one.draw(0.05, {}).rgb != first));
}

TEST_CASE("the cat comes to a dot that stays") {
  CatMind cat(3);
  const Vec dot{-0.6f, 0, 2.6f};
  for (int i = 0; i < 80; ++i) cat.live(0.1, dot);
  CHECK(std::hypot(cat.pose().position.x - dot.x, cat.pose().position.z - dot.z) < 0.8f);
}

TEST_CASE("pictures come only while somebody watches, and show the dot where the click was") {
  using laser_turret::test::Turret;
  Turret turret(R"({"hardware":"model","laser_follows_turn":true,"model":{"fps":30}})");
  turret.permit(1);
  REQUIRE(turret.command("aim", R"({"x_px":250,"y_px":330})").status == RH_OK);
  CHECK(turret.host().frames() == 0);
  turret.watch(true);
  std::optional<robohub::test::Dot> dot;
  for (int i = 0; i < 40 && !(dot && std::hypot(dot->x_px - 250, dot->y_px - 330) < 3); ++i) {
    const auto jpeg = turret.host().nextFrame();
    REQUIRE_FALSE(jpeg.empty());
    dot = robohub::test::findDot(jpeg.data(), jpeg.size());
  }
  REQUIRE(dot);
  CHECK(std::hypot(dot->x_px - 250, dot->y_px - 330) < 3);
  turret.halt();
  for (int i = 0; i < 3; ++i)
    dot = [&] {
      const auto jpeg = turret.host().nextFrame();
      return robohub::test::findDot(jpeg.data(), jpeg.size());
    }();
  CHECK_FALSE(dot);
  turret.watch(false);
}
