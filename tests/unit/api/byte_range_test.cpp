#include "api/byte_range.hpp"

#include <catch2/catch.hpp>

using robohub::api::wantedBytes;

namespace {

std::string said(std::string_view range, std::string_view if_range = "", std::uint64_t bytes = 1000) {
  const auto wanted = wantedBytes(range, if_range, "\"v1\"", bytes);
  if (!wanted.satisfiable) return "416";
  return wanted.range ? std::to_string(wanted.range->first) + "-" + std::to_string(wanted.range->last) : "all";
}

}  // namespace

TEST_CASE("one range of bytes is understood as RFC 9110 says") {
  CHECK(said("bytes=0-99") == "0-99");
  CHECK(said("bytes=500-") == "500-999");
  CHECK(said("bytes=-200") == "800-999");
  CHECK(said("bytes=-5000") == "0-999");
  CHECK(said("bytes=0-0") == "0-0");
  CHECK(said("bytes=999-999999999999999999999999") == "999-999");
  CHECK(said("bytes= 0 - 9 ") == "0-9");
}

TEST_CASE("a range behind the end of the file cannot be satisfied") {
  CHECK(said("bytes=1000-") == "416");
  CHECK(said("bytes=18446744073709551616-") == "416");
  CHECK(said("bytes=-0") == "416");
  CHECK(said("bytes=0-", "", 0) == "416");
  CHECK(said("bytes=-5", "", 0) == "416");
}

TEST_CASE("what is no single range of bytes is answered with all of it") {
  for (const char* odd : {"", "bytes", "bytes=", "bytes=-", "bytes=9-0", "bytes=a-b", "bytes=0-1,5-6", "items=0-1",
                          "bytes=0x1-5", "bytes=--5", "bytes=1 2-5", "Bytes=0-1"}) {
    INFO(odd);
    CHECK(said(odd) == "all");
  }
}

TEST_CASE("a piece is given only of the state of the file that the asker has") {
  CHECK(said("bytes=0-9", "\"v1\"") == "0-9");
  CHECK(said("bytes=0-9", "\"v2\"") == "all");
  CHECK(said("bytes=0-9", "W/\"v1\"") == "all");
  CHECK(said("bytes=0-9", "Sat, 21 Nov 2026 15:00:00 GMT") == "all");
}
