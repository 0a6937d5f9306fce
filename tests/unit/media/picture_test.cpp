#include "media/picture.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::media;

namespace {

constexpr MonoTime kThen{std::chrono::seconds(5)};
constexpr WallTime kWall{std::chrono::milliseconds(1'700'000'000'042)};

std::string jpegOf(std::size_t bytes) {
  return "\xff\xd8\xff" + std::string(bytes - 5, 'j') + "\xff\xd9";
}

Result<PicturePtr> framed(std::string_view jpeg) {
  return framePicture(jpeg, kThen, kWall);
}

}  // namespace

TEST_CASE("A picture is framed as one part that carries its own closing boundary") {
  const auto picture = framed(jpegOf(100));
  REQUIRE(picture);
  CHECK(*(*picture)->part == "Content-Type: image/jpeg\r\nContent-Length: 100\r\nX-Timestamp: 1700000000.042\r\n\r\n" +
                                 jpegOf(100) + "\r\n--robohub-picture\r\n");
  CHECK((*picture)->jpeg() == jpegOf(100));
  CHECK((*picture)->received == kThen);
}

TEST_CASE("All who ask for a still of a picture share one buffer") {
  const auto picture = framed(jpegOf(100));
  REQUIRE(picture);
  CHECK(*(*picture)->still() == jpegOf(100));
  CHECK((*picture)->still() == (*picture)->still());
}

TEST_CASE("The boundary of the parts is the one that the content type names") {
  CHECK(mjpegContentType() == "multipart/x-mixed-replace; boundary=robohub-picture");
  CHECK(*mjpegOpening() == "--robohub-picture\r\n");
}

TEST_CASE("Zeros behind the end of a JPEG are padding and do not travel") {
  const auto picture = framed(jpegOf(64) + std::string(1000, '\0'));
  REQUIRE(picture);
  CHECK((*picture)->jpeg() == jpegOf(64));
  CHECK((*picture)->part->find("Content-Length: 64\r\n") != std::string::npos);
}

TEST_CASE("Only whole JPEGs are pictures") {
  const std::string good = jpegOf(50);
  const std::string cases[] = {"",
                               "x",
                               std::string(100, '\0'),
                               "\xff\xd8\xff",
                               "\xff\xd8\xff\xd9",
                               good.substr(1),
                               good.substr(0, 48),
                               good + "x",
                               "GIF89a" + good,
                               std::string("\xff\xd8\xfe") + good.substr(3)};
  for (const std::string& bytes : cases) {
    INFO("bytes: " << bytes.size());
    const auto picture = framed(bytes);
    REQUIRE_FALSE(picture);
    CHECK(picture.error().code == ErrorCode::invalid_argument);
  }
  CHECK(framed(jpegOf(5)));
}

TEST_CASE("A picture has at most four mebibytes") {
  CHECK(framed(jpegOf(kMaxPictureBytes)));
  const auto larger = framed(jpegOf(kMaxPictureBytes + 1));
  REQUIRE_FALSE(larger);
  CHECK(larger.error().code == ErrorCode::too_large);
  CHECK(larger.error().message.find(std::to_string(kMaxPictureBytes + 1)) != std::string::npos);
}

TEST_CASE("A framed picture does not change with the buffer it came from") {
  std::string buffer = jpegOf(30);
  const auto picture = framed(buffer);
  buffer.assign(30, 'x');
  CHECK((*picture)->jpeg() == jpegOf(30));
}
