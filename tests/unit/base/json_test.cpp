#include "base/json.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "base/json_bounded.hpp"

using namespace robohub;

TEST_CASE("what is no strict JSON is refused with the offset of its fault") {
  struct Case {
    std::string text;
    std::string where;
  };
  const Case cases[] = {
      {"", "offset 0"},
      {"{\"a\":1,\"a\":2}", "offset 7"},
      {"[1,]", "offset 3"},
      {"{\"a\":1,}", "offset 7"},
      {"[1] 2", "offset 4"},
      {"01", "offset 1"},
      {"+1", "offset 0"},
      {".5", "offset 0"},
      {"1.", "offset 2"},
      {"1e", "offset 2"},
      {"NaN", "offset 0"},
      {"Infinity", "offset 0"},
      {"1e400", "offset 0"},
      {"9223372036854775808", "offset 0"},
      {"18446744073709551616", "offset 0"},
      {"-9223372036854775809", "offset 0"},
      {"'a'", "offset 0"},
      {"\"a", "offset 2"},
      {"\"\x01\"", "offset 1"},
      {"\"\\x\"", "offset 1"},
      {"\"\\ud800\"", "offset 1"},
      {"\"\\udc00\"", "offset 1"},
      {"\"\\ud800\\u0041\"", "offset 1"},
      {"\"\xc0\xaf\"", "offset 1"},      // overlong
      {"\"\xed\xa0\x80\"", "offset 1"},  // a surrogate in UTF-8
      {"\"\xf4\x90\x80\x80\"", "offset 1"},
      {"\"\xe2\x82\"", "offset 1"},
      {"\xef\xbb\xbf{}", "offset 0"},
      {"// c\n1", "offset 0"},
      {"tru", "offset 0"},
      {"{a:1}", "offset 1"},
      {std::string("1\0", 2), "offset 1"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    auto value = json::parse(c.text);
    REQUIRE_FALSE(value);
    CHECK(value.error().code == ErrorCode::invalid_argument);
    CHECK(value.error().where == c.where);
  }
}

TEST_CASE("nesting is read to a depth of 32 and not deeper") {
  auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(json::parse(nested(json::kMaxDepth)));
  CHECK_FALSE(json::parse(nested(json::kMaxDepth + 1)));
  CHECK_FALSE(json::parse(std::string(1'000'000, '[')));
}

TEST_CASE("what is read is written again as it was") {
  for (const char* text :
       {"{}", "[]", "null", "true", "-9223372036854775808", "9223372036854775807", "0.1", "1e+300", "5e-324",
        "\"\\u0001\\n\\\"\"", "\"\xe2\x82\xac\xf0\x9f\x98\x80\"", "{\"a\":[1,2.5,null,{\"b\":\"c\"}],\"z\":false}"}) {
    CAPTURE(text);
    auto value = json::parse(text);
    REQUIRE(value);
    CHECK(json::write(*value) == text);
  }
  CHECK(json::parse("\"\\ud83d\\ude00\\u20ac\"")->extract<std::string>() == "\xf0\x9f\x98\x80\xe2\x82\xac");
}

TEST_CASE("doubles are written so that they read back equal") {
  for (double number : {0.1, 1.0 / 3, 9223372036854775808.0, 1e22, 1e15, 123456789012345678.0, -0.0, 4.9e-324}) {
    CAPTURE(number);
    auto back = json::parse(json::write(json::Var(number)));
    REQUIRE(back);
    CHECK(back->convert<double>() == number);
  }
  CHECK(json::write(json::Var(std::nan(""))) == "null");
}

TEST_CASE("a hostile object with many keys is read in bounded time") {
  std::string text = "{";
  for (int i = 60000; i > 0; --i) text += "\"k" + std::to_string(i) + "\":1,";
  text += "\"k1\":2}";
  CHECK_FALSE(json::parse(text));
}

TEST_CASE("typed access names the member that is wrong") {
  const auto object = *json::parseObject(R"({"n":1,"t":"x","b":true,"o":{},"z":null,"d":1.5})");
  CHECK(*json::getInt(*object, "n") == 1);
  CHECK(*json::getString(*object, "t") == "x");
  CHECK(*json::getBool(*object, "b"));
  CHECK(*json::getObject(*object, "o"));
  CHECK_FALSE(*json::getObject(*object, "absent"));
  CHECK_FALSE(*json::getObject(*object, "z"));
  CHECK(json::getInt(*object, "t", "/params").error().where == "/params/t");
  CHECK_FALSE(json::getInt(*object, "b"));
  CHECK_FALSE(json::getInt(*object, "d"));
  CHECK_FALSE(json::getString(*object, "n"));
  CHECK_FALSE(json::getBool(*object, "n"));
  CHECK_FALSE(json::getObject(*object, "n"));
  CHECK(json::getString(*object, "a/b~").error().where == "/a~1b~0");
  CHECK_FALSE(json::parseObject("[]"));
  for (const char* none : {"z", "absent"}) {
    CHECK_FALSE(json::getString(*object, none));
    CHECK_FALSE(json::getInt(*object, none));
    CHECK_FALSE(json::getBool(*object, none));
  }
  CHECK(json::getString(*object, "absent").error().message == "\"absent\" is missing.");
  CHECK(json::getString(*object, "z").error().message == "\"z\" must be a text.");
}

TEST_CASE("typed access takes what a program has put in, not only what was read") {
  json::Object object;
  object.set("int", 7);
  object.set("unsigned", 8u);
  object.set("literal", "text");
  object.set("char", 'c');
  CHECK(json::getInt(object, "int").value() == 7);
  CHECK(json::getInt(object, "unsigned").value() == 8);
  CHECK(json::getString(object, "literal").value() == "text");
  CHECK_FALSE(json::getInt(object, "literal"));
}

TEST_CASE("a text is quoted with its escapes wherever they stand") {
  using namespace std::string_literals;
  CHECK(json::quote("") == "\"\"");
  CHECK(json::quote("plain, \xc3\xa4") == "\"plain, \xc3\xa4\"");
  CHECK(json::quote("\"a\\\\b\n") == "\"\\\"a\\\\\\\\b\\n\"");
  CHECK(json::quote("\r\t\x01\x7f\0x"s) == "\"\\r\\t\\u0001\\u007f\\u0000x\"");
}

TEST_CASE("values are counted before they are made, and what stands in texts is none") {
  const auto holds = [](const std::string& text, std::size_t most) {
    const auto object = json::parseObject(text, most);
    if (!object) CHECK(object.error().code == ErrorCode::too_large);
    return object.has_value();
  };
  CHECK(holds("{\"a\":[1,2,{\"b\":null}]}", 7));
  CHECK_FALSE(holds("{\"a\":[1,2,{\"b\":null}]}", 5));
  CHECK(holds(R"({"a":"[{,,,,,\",,,,\\","b,,,,":1})", 4));
  std::string many = "{\"a\":[0";
  for (int i = 0; i < 500'000; ++i) many += ",0";
  CHECK_FALSE(holds(many + "]}", 20'000));
  // What is no JSON is told as that, and a text that does not end does not lead past the end.
  CHECK(json::parseObject("{\"a\":\"\\", 10).error().code == ErrorCode::invalid_argument);
  CHECK(json::parseObject("[]", 10).error().code == ErrorCode::invalid_argument);
}
