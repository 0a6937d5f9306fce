// What counts as motion, on sequences of pictures that are made here.
#include <catch2/catch.hpp>

#include <random>

#include "cloud_camera/lab/scene.hpp"
#include "cloud_camera/motion.hpp"

using namespace cloud_camera;

namespace {

constexpr int kWidth = 320, kHeight = 192;

// A grey wall with a box on it.
struct Wall {
  double light = 100;
  double slope = 0.1;  // a pixel: one side is nearer to the window
  double gain = 1;     // of the camera
  int box_x = -1;      // none
  int box_size = 48;
  int noise = 0;
  std::int64_t t_ns = 1'000'000'000;  // of the next picture, of 15 a second
  std::mt19937 random{7};

  Frame picture() {
    Frame frame(kWidth, kHeight);
    frame.t_ns = t_ns;
    t_ns += 1'000'000'000 / 15;
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x) {
        double value = light + slope * x;
        if (box_x >= 0 && x >= box_x && x < box_x + box_size && y >= 60 && y < 60 + box_size) value += 80;
        value *= gain;
        if (noise > 0) value += std::uniform_int_distribution<int>(-noise, noise)(random);
        frame.y[static_cast<std::size_t>(y * kWidth + x)] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
      }
    return frame;
  }
};

void settle(MotionDetector& detector, Wall& wall) {
  for (int i = 0; i < 40; ++i) detector.take(wall.picture());
}

}  // namespace

TEST_CASE("something that moves is seen after so many pictures, and is over after so many without") {
  MotionDetector detector({12, 1, 3, 5});
  Wall wall;
  settle(detector, wall);
  CHECK_FALSE(detector.moving());
  for (int i = 0; i < 3; ++i) {
    wall.box_x = 40 + 8 * i;
    CHECK(detector.take(wall.picture()) == (i == 2));
  }
  CHECK(detector.changedPercent() > 1);
  wall.box_x = -1;
  for (int i = 0; i < 5; ++i) {
    INFO(i);
    CHECK(detector.take(wall.picture()) == (i < 4));
  }
}

TEST_CASE("one picture that differs is no motion") {
  MotionDetector detector({12, 1, 3, 5});
  Wall wall;
  settle(detector, wall);
  for (int i = 0; i < 30; ++i) {
    wall.box_x = i % 3 == 0 ? 100 : -1;  // a moth, a broken picture
    CHECK_FALSE(detector.take(wall.picture()));
  }
}

TEST_CASE("what is smaller than the area is no motion") {
  MotionDetector detector({12, 8, 3, 5});
  Wall wall;
  wall.box_size = 32;  // 4 to 9 of 240 cells
  settle(detector, wall);
  for (int i = 0; i < 20; ++i) {
    wall.box_x = 40 + 4 * i;
    CHECK_FALSE(detector.take(wall.picture()));
  }
  CHECK(detector.changedPercent() > 0);
}

TEST_CASE("light that changes slowly or at once is no motion") {
  MotionDetector detector({12, 1, 3, 5});
  Wall wall;
  settle(detector, wall);
  for (int i = 0; i < 200; ++i) {  // a cloud
    wall.light = 100 + 60 * std::sin(i / 30.0);
    CHECK_FALSE(detector.take(wall.picture()));
  }
  for (int i = 0; i < 40; ++i) {  // a lamp, again and again
    wall.light = i / 8 % 2 == 0 ? 60 : 160;
    CHECK_FALSE(detector.take(wall.picture()));
  }
  // And behind all that something that moves is still seen.
  settle(detector, wall);
  bool seen = false;
  for (int i = 0; i < 6; ++i) {
    wall.box_x = 40 + 8 * i;
    seen = detector.take(wall.picture());
  }
  CHECK(seen);
}

TEST_CASE("a camera that finds its exposure when it is opened is no motion, and what moves behind that is") {
  MotionDetector detector({12, 1, 3, 5});
  Wall wall;
  wall.light = 20;
  wall.slope = 200.0 / kWidth;
  for (int i = 0; i < 45; ++i) {
    wall.gain = 0.5 + 0.5 * std::min(1.0, i / 25.0);
    INFO(i);
    CHECK_FALSE(detector.take(wall.picture()));
  }
  bool seen = false;
  for (int i = 0; i < 6; ++i) {
    wall.box_x = 40 + 8 * i;
    seen = detector.take(wall.picture());
  }
  CHECK(seen);
  // The same again when it was closed meanwhile, or armed anew.
  detector.reset();
  wall.box_x = -1;
  for (int i = 0; i < 45; ++i) {
    wall.gain = 0.5 + 0.5 * std::min(1.0, i / 25.0);
    CHECK_FALSE(detector.take(wall.picture()));
  }
}

TEST_CASE("a sensor's noise is no motion") {
  MotionDetector detector({12, 1, 3, 5});
  Wall wall;
  wall.noise = 25;
  for (int i = 0; i < 200; ++i) CHECK_FALSE(detector.take(wall.picture()));
}

TEST_CASE("what was put there and stays becomes part of the place") {
  MotionDetector detector({12, 1, 3, 5});
  Wall wall;
  settle(detector, wall);
  wall.box_x = 100;
  bool moving = true;
  int pictures = 0;
  for (; moving && pictures < 2000; ++pictures) moving = detector.take(wall.picture()) || pictures < 10;
  CHECK_FALSE(moving);
  CHECK(pictures < 400);
}

TEST_CASE("pictures of another size begin anew") {
  MotionDetector detector({12, 1, 1, 5});
  Wall wall;
  settle(detector, wall);
  CHECK_FALSE(detector.take(Frame(64, 64)));
  CHECK_FALSE(detector.take(Frame(8, 8)));  // smaller than a cell
  CHECK_FALSE(detector.take(wall.picture()));
}

TEST_CASE("the lab's scene moves when somebody walks by, and only then") {
  Scene scene(640, 360, 1, 20);
  MotionDetector detector(MotionSettings{});
  int wrong = 0, seen = 0;
  double last_busy = -100;
  for (double t = 0; t < 90; t += 1.0 / 12) {
    if (scene.busy(t)) last_busy = t;
    Frame frame = scene.draw(t);
    frame.t_ns = static_cast<std::int64_t>(t * 1e9);
    const bool moving = detector.take(frame);
    wrong += moving && t - last_busy > 3;
    seen += moving;
  }
  CHECK(wrong == 0);
  CHECK(seen > 100);
}

TEST_CASE("the lab's scene is the same for the same seed") {
  Scene one(128, 96, 5, 10), same(128, 96, 5, 10), other(128, 96, 6, 10);
  bool differs = false;
  for (double t = 0; t < 30; t += 0.5) {
    const bool equal = one.draw(t).y == same.draw(t).y;
    CHECK(equal);
    differs = differs || other.draw(t).y != same.draw(t).y;
  }
  CHECK(differs);
}
