#include "schema/schema.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace robohub;

namespace {

json::Object::Ptr object(const std::string& text) {
  auto parsed = json::parseObject(text);
  REQUIRE(parsed);
  return *parsed;
}

const char* const kAim = R"({"type":"object","additionalProperties":false,"required":["x_px","y_px"],"x-order":["x_px"],
  "properties":{"x_px":{"type":"number","minimum":0,"maximum":639,"x-unit":"px"},
                "y_px":{"type":"integer","minimum":0,"maximum":479},
                "axis":{"type":"string","enum":["x","y"],"maxLength":1},
                "note":{"type":"string","minLength":2,"maxLength":4},
                "on":{"type":"boolean"},
                "step":{"type":"integer","minimum":0,"maximum":100,"multipleOf":5},
                "gain":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1,"x-unit":"1"},
                "pairs":{"type":"array","minItems":1,"maxItems":2,"items":{"type":"object","additionalProperties":false,
                  "required":["q"],"properties":{"q":{"type":"boolean"}}}}}})";

}  // namespace

TEST_CASE("a schema outside the profile is refused where it leaves it") {
  struct Case {
    const char* schema;
    const char* where;
  };
  const Case cases[] = {
      {R"({"type":"number","minimum":0,"maximum":1})", "/x-unit"},
      {R"({"type":"number","maximum":1,"x-unit":"m"})", "/minimum"},
      {R"({"type":"number","minimum":0,"x-unit":"m"})", "/maximum"},
      {R"({"type":"number","minimum":0,"exclusiveMinimum":0,"maximum":1,"x-unit":"m"})", "/minimum"},
      {R"({"type":"number","minimum":2,"maximum":1,"x-unit":"m"})", "/maximum"},
      {R"({"type":"number","minimum":"0","maximum":1,"x-unit":"m"})", "/minimum"},
      {R"({"type":"integer","minimum":0})", "/maximum"},
      {R"({"type":"integer","minimum":0.5,"maximum":1})", "/minimum"},
      {R"({"type":"integer","minimum":0,"maximum":9007199254740993})", "/maximum"},
      {R"({"type":"integer","minimum":0,"maximum":9,"multipleOf":0})", "/multipleOf"},
      {R"({"type":"string"})", "/maxLength"},
      {R"({"type":"string","maxLength":-1})", "/maxLength"},
      {R"({"type":"string","maxLength":9,"pattern":"(a+)+"})", "/pattern"},
      {R"({"type":"string","maxLength":9,"format":"date"})", "/format"},
      {R"({"type":"string","maxLength":9,"enum":[]})", "/enum"},
      {R"({"type":"string","maxLength":9,"minimum":1})", "/minimum"},
      {R"({"type":"array","items":{"type":"boolean"}})", "/maxItems"},
      {R"({"type":"array","maxItems":2})", "/items"},
      {R"({"type":"array","maxItems":2,"items":[{"type":"boolean"}]})", "/items"},
      {R"({"type":"array","maxItems":4,"items":{"type":"boolean"},"uniqueItems":true})", "/uniqueItems"},
      {R"({"type":"object","properties":{}})", "/additionalProperties"},
      {R"({"type":"object","properties":{},"additionalProperties":true})", "/additionalProperties"},
      {R"({"type":"object","additionalProperties":false})", "/properties"},
      {R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"string"}}})",
       "/properties/a/maxLength"},
      {R"({"type":"object","additionalProperties":false,"properties":{"a]":{"type":"boolean"}}})", "/properties/a]"},
      {R"({"type":"object","additionalProperties":false,"properties":{},"required":["a"]})", "/required"},
      {R"({"type":"boolean","unknownWord":1})", "/unknownWord"},
      {R"({"$ref":"#"})", "/type"},
      {R"({"type":["string","null"],"maxLength":1})", "/type"},
      {R"({"type":"null"})", "/type"},
      {R"({"anyOf":[{"type":"boolean"}]})", "/type"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.schema);
    auto compiled = schema::compile(object(c.schema), "/params");
    REQUIRE_FALSE(compiled);
    CHECK(compiled.error().where == std::string("/params") + c.where);
    CHECK_FALSE(compiled.error().message.empty());
  }
}

TEST_CASE("a number that no 64 bits hold is no integer, wherever it stands") {
  const auto schema = schema::compile(object(
      R"({"type":"object","additionalProperties":false,"properties":{
          "free":{"type":"number","minimum":-1e308,"maximum":1e308,"x-unit":"1"},
          "steps":{"type":"array","maxItems":3,
                   "items":{"type":"integer","minimum":0,"maximum":100,"multipleOf":5,"x-unit":"1"}}}})"));
  REQUIRE(schema);
  CHECK(schema->validate(*json::parse(R"({"free":1e300,"steps":[5,10.0]})"), "/params"));
  for (const std::string huge : {"1e300", "-1e300", "9.3e18"}) {
    const auto done = schema->validate(*json::parse(R"({"free":1e300,"steps":[5,)" + huge + "]}"), "/params");
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::invalid_argument);
    CHECK(done.error().where == "/params/steps/1");
  }
}

TEST_CASE("a schema that nests without end is refused") {
  std::string text = R"({"type":"boolean"})";
  for (int i = 0; i < 12; ++i) text = R"({"type":"array","maxItems":1,"items":)" + text + "}";
  CHECK_FALSE(schema::compile(object(text)));
}

TEST_CASE("declared minima and maxima are taken, and one step beyond is refused with pointer and sentence") {
  const auto compiled = schema::compile(object(kAim));
  REQUIRE(compiled);
  auto check = [&](const std::string& text) { return compiled->validate(*json::parse(text)); };
  CHECK(check(R"({"x_px":0,"y_px":0})"));
  CHECK(check(R"({"x_px":639,"y_px":479})"));
  CHECK(check(R"({"x_px":638.5,"y_px":3.0})"));
  CHECK(check(R"({"x_px":1,"y_px":1,"axis":"x","note":"abcd","on":true,"step":100,"gain":0.5,"pairs":[{"q":true}]})"));
  CHECK(check("{\"x_px\":1,\"y_px\":1,\"note\":\"\u20ac\u20ac\u20ac\u20ac\"}"));

  struct Case {
    const char* value;
    const char* where;
    const char* sentence;
  };
  const Case cases[] = {
      {R"({"x_px":639.0001,"y_px":1})", "/x_px", "\"x_px\" must be at most 639."},
      {R"({"x_px":-1,"y_px":1})", "/x_px", "\"x_px\" must be at least 0."},
      {R"({"x_px":1e300,"y_px":1})", "/x_px", "\"x_px\" must be at most 639."},
      {R"({"x_px":9223372036854775807,"y_px":1})", "/x_px", "\"x_px\" must be at most 639."},
      {R"({"x_px":1,"y_px":480})", "/y_px", "\"y_px\" must be at most 479."},
      {R"({"x_px":1,"y_px":1.5})", "/y_px", "\"y_px\" must be an integer."},
      {R"({"x_px":1,"y_px":"1"})", "/y_px", "\"y_px\" must be an integer."},
      {R"({"x_px":1,"y_px":true})", "/y_px", "\"y_px\" must be an integer."},
      {R"({"x_px":null,"y_px":1})", "/x_px", "\"x_px\" must be a number."},
      {R"({"x_px":1})", "/y_px", "\"y_px\" is missing."},
      {R"({"x_px":1,"y_px":1,"z/1":2})", "/z~11", "\"z/1\" is not known here."},
      {R"({"x_px":1,"y_px":1,"axis":"z"})", "/axis", "\"axis\" must be one of [\"x\",\"y\"]."},
      {R"({"x_px":1,"y_px":1,"note":"a"})", "/note", "\"note\" must have at least 2 characters."},
      {R"({"x_px":1,"y_px":1,"note":"abcde"})", "/note", "\"note\" must have at most 4 characters."},
      {R"({"x_px":1,"y_px":1,"on":1})", "/on", "\"on\" must be true or false."},
      {R"({"x_px":1,"y_px":1,"step":7})", "/step", "\"step\" must be a multiple of 5."},
      {R"({"x_px":1,"y_px":1,"gain":0})", "/gain", "\"gain\" must be more than 0."},
      {R"({"x_px":1,"y_px":1,"gain":1.0})", "/gain", "\"gain\" must be less than 1."},
      {R"({"x_px":1,"y_px":1,"pairs":[]})", "/pairs", "\"pairs\" must have at least 1 items."},
      {R"({"x_px":1,"y_px":1,"pairs":[{"q":true},{"q":1}]})", "/pairs/1/q", "\"q\" must be true or false."},
      {R"({"x_px":1,"y_px":1,"pairs":[{}]})", "/pairs/0/q", "\"q\" is missing."},
      {R"([1])", "", "The value must be an object."},
  };
  for (const Case& c : cases) {
    CAPTURE(c.value);
    auto result = check(c.value);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::invalid_argument);
    CHECK(result.error().where == c.where);
    CHECK(result.error().message == c.sentence);
  }
  CHECK(compiled->validate(*json::parse(R"({"x_px":1})"), "/params").error().where == "/params/y_px");
}

TEST_CASE("numbers that are not finite are refused however they were made") {
  const auto compiled = schema::compile(object(R"({"type":"number","minimum":0,"maximum":1,"x-unit":"1"})"));
  REQUIRE(compiled);
  CHECK_FALSE(compiled->validate(json::Var(std::numeric_limits<double>::quiet_NaN())));
  CHECK_FALSE(compiled->validate(json::Var(std::numeric_limits<double>::infinity())));
  CHECK(compiled->validate(json::Var(0.5)));
}

TEST_CASE("a compiled schema does not change with the object that it was made from") {
  auto source = object(kAim);
  const auto compiled = schema::compile(source);
  REQUIRE(compiled);
  source->clear();
  CHECK_FALSE(compiled->validate(*json::parse(R"({"x_px":700,"y_px":1})")));
}
