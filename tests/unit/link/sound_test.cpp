#include "link/sound.hpp"

#include <catch2/catch.hpp>

#include "link/chunk.hpp"
#include "link/picture.hpp"

using namespace robohub;
using namespace robohub::link;

TEST_CASE("a sound message reads back as it was written, and is neither picture nor piece of a capture") {
  const std::string pcm(1280, 'x');
  const auto head = encodeSoundHead("sound", 0x0102030405060708);
  REQUIRE(head);
  const std::string message = *head + pcm;
  CHECK(message.substr(0, 7) == std::string("\x03\x05sound"));
  CHECK(isSound(message));
  const auto view = parseSound(message);
  REQUIRE(view);
  CHECK(view->stream == "sound");
  CHECK(view->t_ns == 0x0102030405060708);
  CHECK(view->pcm == pcm);
  CHECK(view->pcm.data() == message.data() + head->size());
  CHECK_FALSE(parsePicture(message));
  CHECK_FALSE(isChunk(message));
}

TEST_CASE("what is no whole sound message is refused") {
  const std::string head = *encodeSoundHead("sound", 1);
  for (std::size_t size = 0; size < head.size(); ++size) CHECK_FALSE(parseSound(head.substr(0, size)));
  CHECK_FALSE(parseSound("\x01" + head.substr(1)));
  CHECK_FALSE(parseSound(std::string("\x03\x05../xx", 7) + head.substr(7)));
  CHECK_FALSE(encodeSoundHead("no such name", 1));
}

TEST_CASE("a chunk has whole samples, 10 to 100 ms of them") {
  const auto checked = [](std::size_t bytes, int rate_hz) { return checkSound(std::string(bytes, 'x'), rate_hz); };
  CHECK(checked(320, 16000));
  CHECK(checked(3200, 16000));
  CHECK(checked(318, 16000).error().code == ErrorCode::invalid_argument);
  CHECK(checked(3202, 16000).error().code == ErrorCode::too_large);
  CHECK(checked(641, 16000).error().code == ErrorCode::invalid_argument);
  CHECK(checked(0, 8000).error().code == ErrorCode::invalid_argument);
  CHECK(checked(9600, 48000));
  CHECK(checked(4 * 1024 * 1024, 48000).error().code == ErrorCode::too_large);
}
