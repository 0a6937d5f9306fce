#include <rh/json.hpp>

#include <catch2/catch.hpp>

using rh::Json;

TEST_CASE("a plugin's JSON is written with its keys in order and reads back equal") {
  Json j{{"laser", true}, {"x_counts", 210}, {"a", Json::array({1, 2.5, "t", nullptr})}};
  j["nested"]["deep"] = "\"\n\x01";
  CHECK(j.dump() == R"({"a":[1,2.5,"t",null],"laser":true,"nested":{"deep":"\"\n\u0001"},"x_counts":210})");
  CHECK(Json::parse(j.dump()) == j);
  CHECK(Json::parse("3") == Json::parse("3.0"));
  CHECK(Json::parse("3") != Json::parse("3.5"));
  CHECK(Json(9223372036854775808.0).dump() == "9223372036854775808.0");
  CHECK(Json(std::numeric_limits<double>::infinity()).dump() == "null");
  j.erase("nested");
  CHECK_FALSE(j.has("nested"));
  CHECK(j.get<int>("x_counts") == 210);
  CHECK(j.get<int>("absent", 7) == 7);
}

TEST_CASE("a plugin's JSON refuses what is no strict JSON") {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2,\"a\":3}", "NaN", "01", "1e999",
                           "\"\xff\"", "99999999999999999999", "[1] x", "\"\\ud800\"", "[[[[1]]]]"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Json::parse(text, 3), rh::Fault);
  }
  CHECK_NOTHROW(Json::parse("[[[1]]]", 3));
}

TEST_CASE("values convert only where they fit") {
  CHECK(Json::parse("3.0").as<int>() == 3);
  CHECK_THROWS_AS(Json::parse("3.5").as<int>(), rh::Fault);
  CHECK_THROWS_AS(Json::parse("300").as<std::uint8_t>(), rh::Fault);
  CHECK_THROWS_AS(Json::parse("-1").as<std::uint64_t>(), rh::Fault);
  CHECK(Json::parse("-128").as<std::int8_t>() == -128);
  CHECK_THROWS_AS(Json::parse("\"1\"").as<int>(), rh::Fault);
  CHECK_THROWS_AS(Json::parse("1").as<bool>(), rh::Fault);
  CHECK_THROWS_AS(Json::parse("{}").get<int>("a"), rh::Fault);
  CHECK(Json::parse("2").as<double>() == 2.0);
  CHECK(Json::parse("[1,2]").as<std::vector<int>>() == std::vector<int>{1, 2});
  CHECK_FALSE(Json::parse("null").as<std::optional<int>>().has_value());
  CHECK(Json::parse("4").as<std::optional<int>>() == 4);
}

TEST_CASE("an object with very many keys is read in bounded time") {
  std::string text = "{";
  for (int i = 60000; i > 0; --i) text += "\"k" + std::to_string(i) + "\":1,";
  text += "\"k1\":2}";
  CHECK_THROWS_AS(Json::parse(text), rh::Fault);
}
