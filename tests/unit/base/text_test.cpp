#include "base/text.hpp"

#include <catch2/catch.hpp>

using robohub::beginningOf;

TEST_CASE("the beginning of a text ends between characters") {
  CHECK(beginningOf("", 0) == "");
  CHECK(beginningOf("stop", 4) == "stop");
  CHECK(beginningOf("stop", 40) == "stop");
  CHECK(beginningOf("stop", 2) == "st");
  CHECK(beginningOf("gr\xc3\xbc\xc3\x9f", 3) == "gr");
  CHECK(beginningOf("gr\xc3\xbc\xc3\x9f", 4) == "gr\xc3\xbc");
  CHECK(beginningOf("\xf0\x9f\x90\x88", 3) == "");
  CHECK(beginningOf("\x80\x80\x80", 2) == "");
}
