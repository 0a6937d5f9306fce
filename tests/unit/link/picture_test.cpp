#include "link/picture.hpp"

#include <catch2/catch.hpp>

using namespace robohub::link;

TEST_CASE("a picture message reads back as it was written") {
  const std::string jpeg = std::string("\xFF\xD8\xFF\xE0", 4) + std::string(100, 'x');
  const auto head = encodePictureHead("main", 0x0102030405060708);
  REQUIRE(head);
  const std::string message = *head + jpeg;
  CHECK(message.substr(0, 6) == std::string("\x01\x04main"));
  const auto view = parsePicture(message);
  REQUIRE(view);
  CHECK(view->stream == "main");
  CHECK(view->t_ns == 0x0102030405060708);
  CHECK(view->jpeg == jpeg);
  CHECK(view->jpeg.data() == message.data() + head->size());
}

TEST_CASE("what is no whole picture is refused") {
  const std::string good = *encodePictureHead("main", 1) + "\xFF\xD8\xFF\xE0" + "data";
  REQUIRE(parsePicture(good));
  for (std::size_t size = 0; size < good.size() - 4; ++size) CHECK_FALSE(parsePicture(good.substr(0, size)));
  CHECK_FALSE(parsePicture("\x02" + good.substr(1)));
  CHECK_FALSE(parsePicture(*encodePictureHead("main", 1) + "GIF89a...."));
  CHECK_FALSE(parsePicture(std::string("\x01\x04../x", 6) + good.substr(6)));
  CHECK_FALSE(parsePicture(good + std::string(kMaxPictureBytes, 'x')));
  CHECK_FALSE(encodePictureHead("no such name", 1));
}
