#include "api/problem.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "base/rate_limit.hpp"

using namespace robohub;
using namespace robohub::api;
using namespace std::chrono_literals;

TEST_CASE("A problem carries its kind, a sentence, and where in the input it is") {
  const Error error{ErrorCode::conflict, "It is \"not\" your turn.", "/x_px"};
  CHECK(problemJson(error, httpStatus(error.code)) ==
        "{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409,\"code\":\"conflict\","
        "\"detail\":\"It is \\\"not\\\" your turn.\",\"pointer\":\"/x_px\"}");
  CHECK(problemJson({ErrorCode::internal, "x", ""}, 500).find("pointer") == std::string::npos);
}

TEST_CASE("A place in a text that is no JSON is told in the sentence, for it is no pointer") {
  const Error error = json::parseObject("{\"a\":}").error();
  REQUIRE(error.where == "offset 5");
  const std::string problem = problemJson(error, 400);
  CHECK(problem.find("pointer") == std::string::npos);
  CHECK(problem.find("offset 5") != std::string::npos);
}

TEST_CASE("Every kind of failure has a status and every status a title") {
  for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code) {
    const int status = httpStatus(static_cast<ErrorCode>(code));
    INFO(toString(static_cast<ErrorCode>(code)));
    CHECK(status >= 400);
    CHECK(status < 600);
    if (status != 500) CHECK(std::string(httpTitle(status)) != "Internal Server Error");
  }
}

TEST_CASE("A rate allows its burst, then so many a second") {
  RateLimit rate(10, 3);
  MonoTime now{100s};
  for (int i = 0; i < 3; ++i) CHECK(rate.take(now));
  CHECK_FALSE(rate.take(now));
  CHECK_FALSE(rate.take(now + 50ms));
  CHECK(rate.take(now + 100ms));
  CHECK_FALSE(rate.take(now + 100ms));
  now += 1h;
  for (int i = 0; i < 3; ++i) CHECK(rate.take(now));
  CHECK_FALSE(rate.take(now));
}
