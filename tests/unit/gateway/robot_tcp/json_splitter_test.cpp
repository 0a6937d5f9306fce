#include "gateway/robot_tcp/json_splitter.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <vector>

using namespace robohub;
using namespace robohub::gateway;

namespace {

struct Splitting {
  JsonSplitter splitter{64};
  std::vector<std::string> objects;
  Status feed(std::string_view bytes) {
    return splitter.feed(bytes, [this](std::string_view object) {
      objects.emplace_back(object);
      return true;
    });
  }
};

}  // namespace

TEST_CASE("Objects are cut wherever TCP cuts them") {
  const std::string stream = R"({"a":{"b":[1,{}]}}{"c":"}{"} {"d":"\"}"}{})";
  const std::vector<std::string> expected{R"({"a":{"b":[1,{}]}})", R"({"c":"}{"})", R"({"d":"\"}"})", "{}"};
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    Splitting splitting;
    for (std::size_t at = 0; at < stream.size(); at += size) REQUIRE(splitting.feed(stream.substr(at, size)));
    CHECK(splitting.objects == expected);
  }
}

TEST_CASE("What is no object ends the stream") {
  using namespace std::string_view_literals;
  for (const std::string_view text : {"x"sv, "[]"sv, "}"sv, "{}x"sv, "\"{}\""sv, "{}\0{}"sv}) {
    Splitting splitting;
    CHECK_FALSE(splitting.feed(text));
  }
}

TEST_CASE("An object may have so many bytes and levels") {
  Splitting splitting;
  CHECK(splitting.feed("{\"a\":\"" + std::string(56, 'x') + "\"}"));
  CHECK(splitting.objects.size() == 1);
  CHECK(splitting.feed("{\"a\":\"" + std::string(57, 'x') + "\"}").error().code == ErrorCode::too_large);
  Splitting endless;
  CHECK(endless.feed("{\"a\":\"" + std::string(40, 'x')));
  CHECK(endless.feed(std::string(30, 'x')).error().code == ErrorCode::too_large);
  JsonSplitter deep(1024 * 1024);
  CHECK(deep.feed("{\"a\":" + std::string(100, '['), [](std::string_view) { return true; }).error().code ==
        ErrorCode::too_large);
}

TEST_CASE("Whoever takes objects may stop") {
  JsonSplitter splitter(64);
  int taken = 0;
  CHECK(splitter.feed("{}{}{}", [&](std::string_view) { return ++taken < 2; }));
  CHECK(taken == 2);
}

TEST_CASE("An object that comes byte by byte costs a byte's time each") {
  JsonSplitter splitter(4 * 1024 * 1024);
  const auto before = std::chrono::steady_clock::now();
  CHECK(splitter.feed("{\"a\":\"", [](std::string_view) { return true; }));
  for (int i = 0; i < 1'000'000; ++i) (void)splitter.feed("x", [](std::string_view) { return true; });
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5));
}
