#include "schema/flat_check.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "schema/schema.hpp"

using namespace robohub;
using schema::FlatCheck;

namespace {

json::Object::Ptr object(const std::string& text) {
  auto parsed = json::parseObject(text);
  REQUIRE(parsed);
  return *parsed;
}

const char* const kRover = R"({"type":"object","additionalProperties":false,"required":["left","on"],"properties":{
  "left":{"type":"number","minimum":-100,"maximum":100,"x-unit":"%"},
  "count":{"type":"integer","exclusiveMinimum":0,"maximum":9,"x-unit":"1"},
  "on":{"type":"boolean"},"text":{"type":"string","minLength":1,"maxLength":5}}})";

// The library's word: within an array nothing is flat.
bool libraryFits(const std::string& schema_text, const std::string& value) {
  const auto compiled = schema::compile(object(R"({"type":"array","maxItems":1,"items":)" + schema_text + "}"));
  REQUIRE(compiled);
  const auto parsed = json::parse("[" + value + "]");
  REQUIRE(parsed);
  return compiled->validate(*parsed).has_value();
}

}  // namespace

TEST_CASE("what the quick check takes, the library takes") {
  const auto check = FlatCheck::of(*object(kRover));
  REQUIRE(check);
  std::mt19937 random(7);
  const std::vector<std::string> values = {"0",
                                           "-100",
                                           "100",
                                           "100.5",
                                           "-100.0000001",
                                           "1e2",
                                           "3",
                                           "9",
                                           "9.0",
                                           "10",
                                           "0.5",
                                           "true",
                                           "false",
                                           "null",
                                           "\"\"",
                                           "\"a\"",
                                           "[]",
                                           "{}",
                                           "\"abcde\"",
                                           "\"abcdef\"",
                                           "\"\\u00e9\\u00e9\\u00e9\"",
                                           "9007199254740993",
                                           "-0"};
  const std::vector<std::string> names = {"left", "count", "on", "text", "more"};
  const auto any = [&](const auto& list) { return list[random() % list.size()]; };
  int taken = 0, all = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = "{";
    for (const auto& name : names)
      if (random() % 4 != 0 && (name != "more" || random() % 8 == 0))
        text += (text.size() > 1 ? ",\"" : "\"") + name + "\":" + any(values);
    text += "}";
    const bool quick = check->fits(*json::parse(text));
    const bool slow = libraryFits(kRover, text);
    INFO(text);
    if (quick) CHECK(slow);
    taken += quick;
    all += slow;
  }
  // It would be of no use if it took little of what fits.
  CHECK(taken > 0);
  CHECK(taken * 10 >= all * 8);
}

TEST_CASE("what is flat and good is taken quickly, at its bounds too") {
  const auto check = FlatCheck::of(*object(kRover));
  REQUIRE(check);
  for (const char* good : {R"({"left":-100,"on":true})", R"({"left":99.5,"on":false,"count":9,"text":"abcde"})",
                           R"({"left":0,"on":false,"count":1.0,"text":"a"})"})
    CHECK(check->fits(*json::parse(good)));
  for (const char* open : {R"({"left":-100.1,"on":true})", R"({"left":1})", R"({"left":1,"on":1})",
                           R"({"left":1,"on":true,"count":0})", R"({"left":1,"on":true,"count":1.5})",
                           R"({"left":1,"on":true,"text":""})", R"({"left":1,"on":true,"x":1})", "[]", "5", "null"})
    CHECK_FALSE(check->fits(*json::parse(open)));
}

TEST_CASE("what says more than the quick check knows is the library's") {
  for (const char* property :
       {R"({"type":"string","maxLength":5,"enum":["a"]})",
        R"({"type":"integer","minimum":0,"maximum":9,"multipleOf":3})",
        R"({"type":"object","properties":{},"additionalProperties":false})", R"({"type":"boolean","const":true})",
        R"({"type":"array","maxItems":2,"items":{"type":"boolean"}})",
        R"({"type":"string","minLength":2,"maxLength":5})"})
    CHECK_FALSE(FlatCheck::of(
        *object(std::string(R"({"type":"object","additionalProperties":false,"properties":{"p":)") + property + "}}")));
  CHECK(FlatCheck::of(*object(R"({"type":"object","additionalProperties":false,"properties":{}})")));
}
