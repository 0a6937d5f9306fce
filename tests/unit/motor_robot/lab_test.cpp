#include <catch2/catch.hpp>
#include <cmath>

#include "hw/lab/jpeg.hpp"
#include "motor_robot/lab/rover.hpp"
#include "motor_robot/lab/rover_painter.hpp"
#include "motor_robot/lab/yard.hpp"
#include "support/dot.hpp"
#include "unit/motor_robot/robot_on_bench.hpp"

using namespace motor_robot;
using namespace motor_robot::test;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr double kDegrees = 57.29577951;

// A rover on a clock that the test winds.
struct Drive {
  std::int64_t now_ns = kSecond;
  Rover rover;
  explicit Drive(std::uint64_t seed = 1) : rover(seed) { (void)rover.pose(now_ns); }
  RoverPose go(float left, float right, double seconds) {
    rover.drive(now_ns, left, right);
    now_ns += static_cast<std::int64_t>(seconds * 1e9);
    return rover.pose(now_ns);
  }
};

// The painted yard is shared while somebody holds it: one painting for all tests of this file.
std::shared_ptr<const YardPicture> paintedYard() {
  static const auto yard = sharedYard();
  return yard;
}

}  // namespace

TEST_CASE("a rover goes where its motors push it") {
  Drive ahead;
  const RoverPose start = ahead.rover.pose(ahead.now_ns);
  const RoverPose forward = ahead.go(0.8f, 0.8f, 1);
  CHECK(forward.z - start.z > 0.25f);
  CHECK(std::fabs(forward.x - start.x) < 0.01f);
  const RoverPose rolled_out = ahead.go(0, 0, 3);
  CHECK(std::fabs(ahead.go(0, 0, 1).z - rolled_out.z) < 0.001f);
  CHECK(ahead.go(-0.8f, -0.8f, 1.5).z < rolled_out.z);
  CHECK(Drive().go(0.7f, -0.7f, 1).heading > 0.5f);
  CHECK(Drive().go(-0.7f, 0.7f, 1).heading < -0.5f);
  CHECK(Drive().go(0.05f, 0.05f, 2).z == start.z);  // too weak to move it
}

TEST_CASE("walls and things in the way hold a rover, wherever it is sent") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Drive drive(seed);
    std::uint64_t random = seed;
    for (int i = 0; i < 60; ++i) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      const auto part = [&](int shift) { return static_cast<float>((random >> shift) % 201) / 100 - 1; };
      const RoverPose pose = drive.go(part(20), part(40), 1);
      REQUIRE(std::fabs(pose.x) <= kYardHalfWidth - 0.25f);
      REQUIRE(std::fabs(pose.z) <= kYardHalfDepth - 0.25f);
      for (const Obstacle& one : obstacles()) REQUIRE(std::hypot(pose.x - one.x, pose.z - one.z) > one.radius + 0.2f);
      REQUIRE(std::fabs(pose.pitch) < 0.8f);
      REQUIRE(std::fabs(pose.roll) < 0.8f);
    }
  }
}

TEST_CASE("on the ramp its nose is up, and the accelerometer says so") {
  Drive drive;
  (void)drive.go(0.6f, -0.6f, 1.1);  // to the right
  (void)drive.go(0, 0, 2);
  while (drive.rover.pose(drive.now_ns).heading > 1.1f) (void)drive.go(-0.25f, 0.25f, 0.05);
  while (drive.rover.pose(drive.now_ns).heading < 0.9f) (void)drive.go(0.25f, -0.25f, 0.05);
  RoverPose pose = drive.go(0, 0, 2);
  double steepest = 0;
  for (int i = 0; i < 120 && pose.y < 0.25f; ++i) {
    pose = drive.go(0.5f, 0.5f, 0.1);
    if (pose.pitch < steepest) continue;
    steepest = pose.pitch;
    const auto still = drive.go(0, 0, 1.5);
    const rh::hw::Tilt tilt = rh::hw::tiltOf(drive.rover.acceleration(drive.now_ns));
    CHECK(tilt.pitch_deg == Approx(still.pitch * kDegrees).margin(3));
    CHECK(tilt.roll_deg == Approx(still.roll * kDegrees).margin(4));
  }
  CHECK(steepest * kDegrees > 8);
  CHECK(pose.y > 0.2f);
}

TEST_CASE("the same seed and the same orders make the same drive, to the last digit") {
  const auto trace = [](std::uint64_t seed) {
    Drive drive(seed);
    std::vector<double> all;
    for (int i = 0; i < 50; ++i) {
      const RoverPose pose = drive.go(0.9f, i % 7 < 4 ? 0.2f : 0.9f, 0.13);
      const auto felt = drive.rover.acceleration(drive.now_ns);
      all.insert(all.end(), {pose.x, pose.z, pose.heading, felt.x_g, drive.rover.climate(drive.now_ns).pressure_pa});
    }
    return all;
  };
  CHECK(trace(7) == trace(7));
  CHECK(trace(7) != trace(8));
}

TEST_CASE("the rover is the reddest thing in the picture, and where the simulation says") {
  const auto yard = paintedYard();
  const YardCamera camera;
  rh::hw::lab::JpegEncoder encoder(80);
  {
    const auto& jpeg = encoder.encode(yard->image);
    REQUIRE(jpeg.size() < 60000);
    CHECK_FALSE(robohub::test::findDot(jpeg.data(), jpeg.size()));
  }
  Drive drive(3);
  for (int i = 0; i < 20; ++i) {
    const RoverPose pose = drive.go(0.9f, i % 5 < 3 ? 0.3f : 0.9f, 0.4);
    Image picture = yard->image;
    const PixelBox box = paintRover(picture, *yard, camera, pose, {});
    CHECK(box.right - box.left < 120);
    const auto& jpeg = encoder.encode(picture);
    const auto dot = robohub::test::findDot(jpeg.data(), jpeg.size());
    REQUIRE(dot);
    const Projected seen = camera.project({pose.x, pose.y + 0.1f, pose.z});
    CHECK(std::hypot(dot->x_px - seen.x, dot->y_px - seen.y) < 30);
  }
}

TEST_CASE("pictures come only while somebody watches, and the real driver's orders move the rover in them") {
  (void)paintedYard();
  Robot robot(R"({"hardware":"model","model":{"fps":30}})");
  robot.permit(1);
  CHECK(robot.host().frames() == 0);
  robot.watch(true);
  const auto seen = [&] {
    const auto jpeg = robot.host().nextFrame();
    REQUIRE_FALSE(jpeg.empty());
    const auto dot = robohub::test::findDot(jpeg.data(), jpeg.size());
    REQUIRE(dot);
    return *dot;
  };
  const auto before = seen();
  REQUIRE(robot.drive(100, 100).status == RH_OK);
  double farthest = 0;
  for (int i = 0; i < 60 && farthest < 15; ++i)
    farthest = std::max(farthest, std::hypot(seen().x_px - before.x_px, seen().y_px - before.y_px));
  CHECK(farthest >= 15);
  robot.watch(false);
  (void)robot.halt();
}
