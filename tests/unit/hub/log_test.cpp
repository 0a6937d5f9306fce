#include "hub/log.hpp"

#include <catch2/catch.hpp>

using namespace robohub::hub;

TEST_CASE("Nobody writes lines or colours of his own into the log") {
  CHECK(escapedForLog("plain text, \xc3\xbc and \xf0\x9f\x98\xb8") == "plain text, \xc3\xbc and \xf0\x9f\x98\xb8");
  CHECK(escapedForLog("a\r\nb\tc") == "a\\x0d\\x0ab\\x09c");
  CHECK(escapedForLog("\x1b[31mred\x1b[0m") == "\\x1b[31mred\\x1b[0m");
  CHECK(escapedForLog(std::string("\0\x7f", 2)) == "\\x00\\x7f");
  CHECK(escapedForLog("") == "");
}

TEST_CASE("The control characters beyond ASCII are escaped too") {
  // U+009B begins a command for a terminal as ESC [ does; U+0085 is a line end.
  CHECK(escapedForLog("\xc2\x9b"
                      "31m") == "\\xc2\\x9b31m");
  CHECK(escapedForLog("\xc2\x85") == "\\xc2\\x85");
  CHECK(escapedForLog("\xc2\xa0") == "\xc2\xa0");
  CHECK(escapedForLog("\xc2") == "\xc2");
}
