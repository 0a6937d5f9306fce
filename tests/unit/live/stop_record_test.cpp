#include "live/stop_record.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::live;

TEST_CASE("A stop that is written is read alike") {
  const control::StopRecord stop{true, 7, "A\"d\\a\n\xf0\x9f\x98\xb8", "the \x01 cat", 1'700'000'000'123};
  const auto read = readStopRecord(writeStopRecord(stop));
  REQUIRE(read);
  CHECK(read->latched);
  CHECK(read->number == 7);
  CHECK(read->by == stop.by);
  CHECK(read->reason == stop.reason);
  CHECK(read->at_ms == stop.at_ms);

  const auto ended = readStopRecord(writeStopRecord({false, 9, "", "", 0}));
  REQUIRE(ended);
  CHECK_FALSE(ended->latched);
  CHECK(ended->number == 9);
}

TEST_CASE("No record is no stop") {
  const auto none = readStopRecord("");
  REQUIRE(none);
  CHECK_FALSE(none->latched);
  CHECK(none->number == 0);
}

TEST_CASE("A stored stop that is damaged is an error and never reads as no stop") {
  const std::string good = writeStopRecord({true, 7, "Ada", "", 5});
  for (std::size_t cut = 1; cut < good.size(); ++cut) {
    const auto read = readStopRecord(good.substr(0, cut));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::corrupt);
  }
  for (const char* text :
       {"null", "[]", "{}", " ", "{\"latched\":1,\"number\":7,\"by\":\"\",\"reason\":\"\",\"at_ms\":0}",
        "{\"latched\":true,\"number\":-1,\"by\":\"\",\"reason\":\"\",\"at_ms\":0}",
        "{\"latched\":true,\"number\":1.5,\"by\":\"\",\"reason\":\"\",\"at_ms\":0}",
        "{\"latched\":true,\"latched\":false,\"number\":1,\"by\":\"\",\"reason\":\"\",\"at_ms\":0}",
        "{\"latched\":true,\"number\":1,\"by\":null,\"reason\":\"\",\"at_ms\":0}"}) {
    INFO(text);
    CHECK_FALSE(readStopRecord(text));
  }
}
