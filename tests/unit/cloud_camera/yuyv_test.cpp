// Cameras without JPEG: what their bytes become.
#include "cloud_camera/yuyv.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace cloud_camera;

namespace {

// Four by two pixels, with two bytes of padding behind each line.
const std::vector<std::uint8_t> kBytes{16, 16, 235, 240, 126, 128, 255, 0, 9, 9,  //
                                       0,  1,  2,   3,   4,   5,   6,   7, 9, 9};

}  // namespace

TEST_CASE("the limited range of television becomes the full one, and what lies outside is cut") {
  Frame frame(4, 2);
  unpackYuyv(kBytes.data(), 10, true, frame);
  CHECK(frame.y == std::vector<std::uint8_t>{0, 255, 128, 255, 0, 0, 0, 0});
  CHECK(frame.u == std::vector<std::uint8_t>{0, 128});
  CHECK(frame.v == std::vector<std::uint8_t>{255, 0});
}

TEST_CASE("the full range stays as it is") {
  Frame frame(4, 2);
  unpackYuyv(kBytes.data(), 10, false, frame);
  CHECK(frame.y == std::vector<std::uint8_t>{16, 235, 126, 255, 0, 2, 4, 6});
  CHECK(frame.u == std::vector<std::uint8_t>{16, 128});
  CHECK(frame.v == std::vector<std::uint8_t>{240, 0});
}
