#include "hub/log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "net/fd.hpp"
#include "net/utf8.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub::hub;

namespace {
const std::string kLong = "one line of several threads, and it must be whole: " + std::string(40, '.') + " end";
}

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

TEST_CASE("A line is text, or one JSON object, and holds no secret in either form") {
  const std::string token(43, 'Q');
  CHECK(logLine(false, 1'700'000'000'123, "info", "hello", {{"device", "d1"}}) ==
        "2023-11-14 22:13:20.123 info: hello device=d1");
  CHECK(logLine(true, 1'700'000'000'123, "error", "say \"x\"\n", {{"finding", "a\x1b"}}) ==
        "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"error\",\"msg\":\"say "
        "\\\"x\\\"\\\\x0a\",\"finding\":\"a\\\\x1b\"}");
  for (const bool as_json : {false, true}) {
    CHECK(logLine(as_json, 0, "info", "token " + token, {{"cookie", token}}).find(token) == std::string::npos);
    CHECK(robohub::net::isUtf8(logLine(as_json, 0, "info", "\xff\xfe caf\xc3\xa9 \xc3")));
  }
  CHECK(logLine(false, 0, "info", "caf\xc3\xa9").ends_with("caf\xc3\xa9"));
}

TEST_CASE("A log file can be moved away, and a file that cannot be opened changes nothing") {
  robohub::test::TempFolder folder;
  const auto text = [&](const char* name) {
    std::ifstream file(folder.path() / name);
    return std::string((std::istreambuf_iterator<char>(file)), {});
  };
  REQUIRE(configureLog({"warning", "text", folder.path() / "a.log"}));
  log(robohub::link::EventLevel::info, "too small");
  log(robohub::link::EventLevel::warning, "one");
  CHECK_FALSE(configureLog({"info", "json", folder.path() / "none" / "b.log"}));
  CHECK_FALSE(checkLog({"info", "json", folder.path() / "none" / "b.log"}));
  log(robohub::link::EventLevel::warning, "two");
  CHECK(text("a.log").find("too small") == std::string::npos);
  CHECK(text("a.log").find("warning: one\n") != std::string::npos);
  CHECK(text("a.log").find("warning: two\n") != std::string::npos);
  std::filesystem::rename(folder.path() / "a.log", folder.path() / "a.log.1");
  log(robohub::link::EventLevel::warning, "three");
  REQUIRE(reopenLog());
  log(robohub::link::EventLevel::warning, "four");
  CHECK(text("a.log.1").find("three") != std::string::npos);
  CHECK(text("a.log").find("three") == std::string::npos);
  CHECK(text("a.log").find("four") != std::string::npos);
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([] {
      for (int n = 0; n < 200; ++n) log(robohub::link::EventLevel::error, kLong);
    });
  for (auto& writer : writers) writer.join();
  std::ifstream file(folder.path() / "a.log");
  int whole = 0;
  for (std::string line; std::getline(file, line);) whole += line.ends_with("error: " + kLong);
  CHECK(whole == 800);
  REQUIRE(configureLog({"error", "text", {}}));
}

TEST_CASE("A log that nobody reads holds up nobody, and says later how much of it is lost") {
  robohub::test::TempFolder folder;
  const auto pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const robohub::net::UniqueFd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(reader.get() >= 0);
  REQUIRE(::fcntl(reader.get(), F_SETPIPE_SZ, 16 * 1024) > 0);
  REQUIRE(configureLog({"error", "text", pipe}));
  for (int n = 0; n < 500; ++n) log(robohub::link::EventLevel::error, kLong);
  const auto come = [&] {
    std::string text(128 * 1024, '\0');
    const ssize_t size = ::read(reader.get(), text.data(), text.size());
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  };
  const std::string before = come();
  const auto whole = std::count(before.begin(), before.end(), '\n');
  CHECK(whole >= 1);
  CHECK(whole < 500);
  log(robohub::link::EventLevel::error, "somebody reads again");
  const std::string after = come();
  const std::string told = "warning: log lines that nobody took are lost: " + std::to_string(500 - whole) + "\n";
  INFO(after);
  CHECK(after.find(told) != std::string::npos);
  CHECK(after.find("error: somebody reads again\n") > after.find(told));
  REQUIRE(configureLog({"error", "text", {}}));
}
