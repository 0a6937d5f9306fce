#include "telemetry/channel_shape.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "schema/schema.hpp"

using namespace robohub;
using telemetry::ChannelShape;
using telemetry::FieldValue;

namespace {

const char* kSchema = R"({"type":"object","additionalProperties":false,"required":["a"],"properties":{
  "a":{"type":"number","minimum":-5,"maximum":5,"x-unit":"deg","title":"Angle"},
  "b":{"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":10,"x-unit":"1"},
  "c":{"type":"boolean"},
  "d":{"type":"string","maxLength":20},
  "e":{"type":"object","additionalProperties":false,"required":["x"],"properties":{"x":{"type":"number","minimum":0,"maximum":1,"x-unit":"m"}}},
  "f":{"type":"array","minItems":1,"maxItems":3,"items":{"type":"number","minimum":0,"maximum":1,"x-unit":"V"}},
  "g":{"type":"array","maxItems":1000,"items":{"type":"number","minimum":0,"maximum":1,"x-unit":"V"}}}})";

json::Object::Ptr readSchema(const std::string& text = kSchema) {
  auto object = json::parseObject(text);
  REQUIRE(object);
  REQUIRE(schema::lint(**object));
  return *object;
}

std::string shown(const ChannelShape& shape, const std::string& text) {
  std::vector<FieldValue> values;
  const Status read = shape.read(text, values);
  if (!read) {
    CHECK(values.empty());
    return "refused " + read.error().where;
  }
  std::string all;
  for (const FieldValue& one : values)
    all += shape.fields()[one.field].pointer + "=" + json::write(json::Var(one.value)) + " ";
  return all;
}

}  // namespace

TEST_CASE("every number and boolean of a value becomes a field, with its unit and title") {
  const auto shape = ChannelShape::of(*readSchema());
  std::map<std::string, telemetry::Field> fields;
  for (const auto& field : shape->fields()) fields[field.pointer] = field;
  CHECK(fields.size() == 7);
  CHECK(fields["/a"].unit == "deg");
  CHECK(fields["/a"].title == "Angle");
  CHECK(fields["/e/x"].unit == "m");
  CHECK(fields.count("/f/2") == 1);
  CHECK(fields["/c"].unit.empty());
  CHECK(shape->leavesOut());  // "g" may be long

  CHECK(shown(*shape, R"({"a":1.5})") == "/a=1.5 ");
  CHECK(shown(*shape, R"( { "d" : "x\"}{" , "a" : -5 , "c" : true , "b": 9 } )") == "/a=-5 /c=1 /b=9 ");
  CHECK(shown(*shape, R"({"a":0,"e":{"x":0.5},"f":[0,1],"g":[1,1,1]})") == "/a=0 /e/x=0.5 /f/0=0 /f/1=1 ");
  CHECK(shown(*shape, R"({"a":-0.0,"b":3.0,"c":false})") == "/a=0 /b=3 /c=0 ");
}

TEST_CASE("a value that does not fit its schema is refused whole, with the place") {
  const auto shape = ChannelShape::of(*readSchema());
  CHECK(shown(*shape, R"({})") == "refused ");
  CHECK(shown(*shape, R"({"a":5.01})") == "refused /a");
  CHECK(shown(*shape, R"({"a":"1"})") == "refused /a");
  CHECK(shown(*shape, R"({"a":nan})") == "refused /a");
  CHECK(shown(*shape, R"({"a":inf})") == "refused /a");
  CHECK(shown(*shape, R"({"a":1e999})") == "refused /a");
  CHECK(shown(*shape, R"({"a":null})") == "refused /a");
  CHECK(shown(*shape, R"({"a":1,"b":0})") == "refused /b");
  CHECK(shown(*shape, R"({"a":1,"b":10})") == "refused /b");
  CHECK(shown(*shape, R"({"a":1,"b":1.5})") == "refused /b");
  CHECK(shown(*shape, R"({"a":1,"c":1})") == "refused /c");
  CHECK(shown(*shape, R"({"a":1,"z":1})") == "refused ");
  CHECK(shown(*shape, R"({"a":1,"d":7})") == "refused /d");
  CHECK(shown(*shape, R"({"a":1,"e":{}})") == "refused /e");
  CHECK(shown(*shape, R"({"a":1,"e":{"x":2}})") == "refused /e/x");
  CHECK(shown(*shape, R"({"a":1,"f":[]})") == "refused /f");
  CHECK(shown(*shape, R"({"a":1,"f":[0,0,0,0]})") == "refused /f");
  CHECK(shown(*shape, R"({"a":1,"f":[0,7]})") == "refused /f/1");
  CHECK(shown(*shape, R"([1])") == "refused ");
  CHECK(shown(*shape, R"({"a":1} {"a":1})") == "refused ");
}

TEST_CASE("text that is cut or mutated never reads beyond its end") {
  const auto shape = ChannelShape::of(*readSchema());
  const std::string good = R"({"a":1.25,"b":3,"c":true,"d":"x\"y","e":{"x":0.5},"f":[0,1,0.5],"g":[1]})";
  std::vector<FieldValue> values;
  REQUIRE(shape->read(good, values));
  for (std::size_t length = 0; length < good.size(); ++length) {
    const std::vector<char> exact(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK_FALSE(shape->read({exact.data(), exact.size()}, values));
  }
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (int k = 0; k < 3; ++k) text[random() % text.size()] = static_cast<char>(random() % 128);
    const std::vector<char> exact(text.begin(), text.end());
    if (shape->read({exact.data(), exact.size()}, values))
      for (const FieldValue& one : values) CHECK(std::isfinite(one.value));
  }
}

TEST_CASE("what it takes, the schema's own validation takes as well") {
  const auto shape = ChannelShape::of(*readSchema());
  const auto compiled = schema::compile(readSchema());
  REQUIRE(compiled);
  std::mt19937 random(8);
  const std::vector<std::string> pieces{"\"a\":1",         "\"a\":9",         "\"b\":5",    "\"b\":0",   "\"c\":true",
                                        "\"c\":0",         "\"e\":{\"x\":1}", "\"e\":{}",   "\"f\":[1]", "\"f\":[]",
                                        "\"f\":[1,1,1,1]", "\"z\":1",         "\"d\":\"t\""};
  std::vector<FieldValue> values;
  for (int i = 0; i < 3000; ++i) {
    std::map<char, std::string> members;
    for (std::size_t k = 0; k < random() % 5; ++k) {
      const std::string& piece = pieces[random() % pieces.size()];
      members[piece[1]] = piece;
    }
    std::string text;
    for (const auto& [key, member] : members) text += (text.empty() ? "" : ",") + member;
    text = "{" + text + "}";
    INFO(text);
    const auto value = json::parseObject(text);
    REQUIRE(value);
    CHECK(shape->read(text, values).has_value() == compiled->validate(*value).has_value());
  }
}

TEST_CASE("a channel keeps at most so many fields, and arrays of arrays do not multiply without end") {
  std::string members;
  for (int i = 0; i < 100; ++i)
    members += (i ? "," : "") + std::string("\"m") + std::to_string(i) + "\":{\"type\":\"boolean\"}";
  const auto many = ChannelShape::of(
      *readSchema("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" + members + "}}"));
  CHECK(many->fields().size() == ChannelShape::kMaxFields);
  CHECK(many->leavesOut());

  std::string deep = R"({"type":"string","maxLength":1})";
  for (int i = 0; i < 6; ++i) deep = R"({"type":"array","maxItems":16,"items":)" + deep + "}";
  const auto nested = ChannelShape::of(
      *readSchema("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"x\":" + deep + "}}"));
  CHECK(nested->fields().empty());
  std::vector<FieldValue> values;
  CHECK(nested->read(R"({"x":[[[[[["a"],["b"]]]]]]})", values));
}
