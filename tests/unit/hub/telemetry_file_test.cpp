// A file of values in as many answers as it takes.
#include "hub/telemetry_file.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>
#include <vector>

using namespace robohub;
using namespace robohub::hub;

namespace {

// A device that has a value each millisecond, at a hub whose answers have at most so many of them.
struct Source {
  explicit Source(std::int64_t most_values) : most(most_values) {}

  TelemetryFile file(std::int64_t to_ms, std::int64_t span_ms) {
    return {0, to_ms, span_ms, true, 100 * 4, [this](std::int64_t from, std::int64_t to) { return ask(from, to); }};
  }
  Result<std::string> ask(std::int64_t from, std::int64_t to) {
    asked.emplace_back(from, to);
    if (from >= gone_at) return fail(ErrorCode::corrupt, "The server ended its answer too early.");
    if (to - from > most && from < busy_until) return fail(ErrorCode::too_large, "The server's answer is too long.");
    std::string text = "t\r\n";
    for (std::int64_t t = from; t < std::min(to, busy_until); ++t) {
      if (t == broken_at) return text + "{\"error\":\"A file cannot be read.\"}\n";
      text += std::to_string(t) + "\r\n";
    }
    return text;
  }

  std::int64_t most, busy_until = 1'000'000, broken_at = -1, gone_at = 1'000'000;
  std::vector<std::pair<std::int64_t, std::int64_t>> asked;
};

std::string valuesTo(std::int64_t end) {
  std::string text = "t\r\n";
  for (std::int64_t t = 0; t < end; ++t) text += std::to_string(t) + "\r\n";
  return text;
}

}  // namespace

TEST_CASE("A device that says more than one answer holds is asked for shorter spans, and nothing lacks") {
  Source source(100);
  std::ostringstream out;
  CHECK(writeTelemetry(source.file(5'000, 1'000), out));
  CHECK(out.str() == valuesTo(5'000));
  CHECK(source.asked.size() < 120);
}

TEST_CASE("Where little is said, spans are as long again as they may be") {
  Source source(100);
  source.busy_until = 1'000;
  std::ostringstream out;
  CHECK(writeTelemetry(source.file(100'000, 1'000), out));
  CHECK(out.str() == valuesTo(1'000));
  CHECK(source.asked.size() < 150);
  const auto& [from, to] = source.asked[source.asked.size() - 2];
  CHECK(to - from == 1'000);
}

TEST_CASE("A single moment that is too large is an error") {
  Source source(0);
  std::ostringstream out;
  CHECK(writeTelemetry(source.file(1'000, 1'000), out).error().code == ErrorCode::too_large);
}

TEST_CASE("An answer that broke off ends the file with what came, and an error that says why") {
  Source source(100);
  source.broken_at = 250;
  std::ostringstream out;
  const Status cut = writeTelemetry(source.file(1'000, 100), out);
  REQUIRE_FALSE(cut);
  CHECK(cut.error().code == ErrorCode::corrupt);
  CHECK(cut.error().message.find("cut short") != std::string::npos);
  CHECK(cut.error().message.find("A file cannot be read.") != std::string::npos);
  CHECK(out.str() == valuesTo(250));
  CHECK(source.asked.size() == 3);

  Source at_once(100);
  at_once.broken_at = 0;
  std::ostringstream heading;
  CHECK_FALSE(writeTelemetry(at_once.file(1'000, 100), heading));
  CHECK(heading.str() == "t\r\n");
}

TEST_CASE("A hub that ends in the midst of an answer is an error that says from when on values are missing") {
  Source source(100);
  source.gone_at = 300;
  std::ostringstream out;
  const Status cut = writeTelemetry(source.file(1'000, 100), out);
  REQUIRE_FALSE(cut);
  CHECK(cut.error().code == ErrorCode::corrupt);
  CHECK(cut.error().message.find("The values are cut short: from ") == 0);
  CHECK(cut.error().message.find("ended its answer too early") != std::string::npos);
  CHECK(out.str() == valuesTo(300));

  Source at_once(100);
  at_once.gone_at = 0;
  std::ostringstream nothing;
  CHECK(writeTelemetry(at_once.file(1'000, 100), nothing).error().message == "The server ended its answer too early.");
  CHECK(nothing.str().empty());
}
