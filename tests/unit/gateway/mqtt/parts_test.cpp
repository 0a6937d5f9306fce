// Topics, templates, values: what needs no broker.
#include <catch2/catch.hpp>

#include "gateway/mqtt/extract.hpp"
#include "gateway/mqtt/template.hpp"
#include "gateway/mqtt/topic.hpp"

using namespace robohub;
using namespace robohub::gateway;

namespace {

json::Object::Ptr object(const std::string& text) {
  return json::parseObject(text).value();
}

const json::Object& schema() {
  static const auto made = object(
      R"({"type":"object","additionalProperties":false,"required":["x","n","on","word","list"],"properties":{
          "x":{"type":"number","x-unit":"1"},"x_px":{"type":"number","x-unit":"px"},"n":{"type":"integer"},
          "on":{"type":"boolean"},"word":{"type":"string"},"list":{"type":"array"}}})");
  return *made;
}

std::string render(const std::string& text, const std::string& params) {
  const auto made = MqttTemplate::make(text, schema());
  if (!made) return "no template: " + made.error().message;
  const auto out = made->render(*object(params));
  return out ? *out : "refused " + out.error().where;
}

}  // namespace

TEST_CASE("topics to publish to have no wildcards, control characters or bad UTF-8") {
  for (const char* good : {"a", "catlaser/target", "/", "a//b", "tele/Zimmer ü/SENSOR"}) CHECK(isMqttTopic(good));
  for (const std::string& bad :
       {std::string(), std::string("a/+"), std::string("#"), std::string("a\0b", 3), std::string("a\nb"),
        std::string("$SYS/x"), std::string("\xff"), std::string(1025, 'a')})
    CHECK_FALSE(isMqttTopic(bad));
  for (const char* good : {"#", "+", "a/+/b", "a/#"}) CHECK(isMqttFilter(good));
  for (const char* bad : {"", "a/#/b", "a#", "a+", "a/b+", "$SYS/#"}) CHECK_FALSE(isMqttFilter(bad));
}

TEST_CASE("filters match as MQTT says") {
  const auto matches = [](const char* filter, const char* topic) { return matchesMqttFilter(filter, topic); };
  CHECK(matches("a/b", "a/b"));
  CHECK(matches("a/+", "a/b"));
  CHECK(matches("a/+", "a/"));
  CHECK(matches("a/#", "a/b/c"));
  CHECK(matches("a/#", "a"));
  CHECK(matches("#", "a/b"));
  CHECK(matches("+/+", "/a"));
  CHECK_FALSE(matches("a/b", "a/b/c"));
  CHECK_FALSE(matches("a/+", "a"));
  CHECK_FALSE(matches("a/+", "a/b/c"));
  CHECK_FALSE(matches("+", "/a"));
  CHECK_FALSE(matches("#", "$SYS/broker"));
}

TEST_CASE("numbers go into messages without exponent, and pixels as whole ones") {
  CHECK(render("{x}", R"({"x":0.1})") == "0.1");
  CHECK(render("{x}", R"({"x":3})") == "3");
  CHECK(render("{x}", R"({"x":1e-7})") == "0.0000001");
  CHECK(render("{x}", R"({"x":1e15})") == "1000000000000000");
  CHECK(render("{x}", R"({"x":1e16})") == "refused /x");
  CHECK(render("{x}", R"({"x":-0.0})") == "0");
  CHECK(render("{x:2}", R"({"x":-0.001})") == "0.00");
  CHECK(render("{x:2}", R"({"x":2.345678})") == "2.35");
  CHECK(render("{n}", R"({"n":7.0})") == "7");
  CHECK(render("{n}", R"({"n":-0})") == "0");
  CHECK(render("{n:2}", R"({"n":7})") == "7.00");
  CHECK(render("{n}", R"({"n":-1000000000000000})") == "-1000000000000000");
  CHECK(render("{n}", R"({"n":1000000000000001})") == "refused /n");
  CHECK(render("{x}", R"({"x":-7})") == "-7");
  // As printf rounds: halves to the even neighbour.
  for (double number :
       {0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, 312.5, 4503599627370495.5 / 8, -999999.4999, 1e15})
    for (double sign : {1.0, -1.0}) {
      char text[64];
      std::snprintf(text, sizeof text, "%.0f", sign * number);
      CHECK(roundedNumber(sign * number, 0) == (std::string(text) == "-0" ? "0" : text));
    }
  CHECK(plainNumber(std::numeric_limits<double>::quiet_NaN()).empty());
  CHECK(plainNumber(std::numeric_limits<double>::infinity()).empty());
  // The click of a finger lies between pixels.
  const auto pixel = object(
      R"({"required":["x_px","y_px"],"properties":{"x_px":{"type":"number","x-unit":"px"},"y_px":{"type":"number","x-unit":"px"}}})");
  const auto made = MqttTemplate::make("{x_px},{y_px}", *pixel);
  REQUIRE(made);
  CHECK(made->render(*object(R"({"x_px":99.6,"y_px":-0.4})")).value() == "100,0");
}

TEST_CASE("texts, booleans and JSON have forms of their own") {
  CHECK(render("{on:ON|OFF}/{on}", R"({"on":false})") == "OFF/false");
  CHECK(render("{{\"w\":{word:json}}}", R"({"word":"a\"b\n"})") == R"({"w":"a\"b\n"})");
  CHECK(render("{word}", R"({"word":"a b"})") == "a b");
  CHECK(render("{word}", R"({"word":"a\nb"})") == "refused /word");
  CHECK(render("{list:json}", R"({"list":[1,2]})") == "[1,2]");
  CHECK(render("{x}", "{}") == "refused /x");
  CHECK(render("", "{}").empty());
  const std::string long_word(70'000, 'a');
  CHECK(render("{word}", R"({"word":")" + long_word + "\"}") == "refused ");
}

TEST_CASE("templates that cannot work are refused before anything runs") {
  for (const char* bad : {"{", "}", "{}", "{ x}", "{y}", "{x:12}", "{x:json2}", "{x:a|b}", "{on:2}", "{x:}", "{list}",
                          "{x_px}" /* may be left out */, "{on:a|b|c}", "{x", "a}b"}) {
    INFO(bad);
    CHECK(render(bad, "{}").starts_with("no template: "));
  }
  const std::vector<std::string> names{"x"};
  CHECK(MqttTemplate::check("{anything}"));
  CHECK_FALSE(MqttTemplate::check("{y}", &names));
  CHECK_FALSE(MqttTemplate::check("{x", nullptr));
}

TEST_CASE("a value is found by its pointer, and made what the channel wants") {
  const auto channel = [](const std::string& pointer) {
    MqttChannel made;
    made.pointer = pointer;
    return made;
  };
  const auto number = object(R"({"properties":{"value":{"type":"number"}}})");
  const auto flag = object(R"({"properties":{"value":{"type":"boolean"}}})");
  const auto text = object(R"({"properties":{"value":{"type":"string"}}})");
  const auto of = [](const MqttChannel& from, const json::Object& schema_of, std::string_view payload) {
    const auto value = MqttExtract::make(from, schema_of).value(payload);
    return value ? *value : "none";
  };
  CHECK(of(channel("/BME280/Temperature"), *number, R"({"BME280":{"Temperature":21.5}})") == R"({"value":21.5})");
  CHECK(of(channel("/a~1b/1"), *number, R"({"a/b":[1,2]})") == R"({"value":2})");
  CHECK(of(channel(""), *number, "21.5") == R"({"value":21.5})");
  CHECK(of(channel("/t"), *number, R"({"t":"-3"})") == R"({"value":-3})");
  CHECK(of(channel(""), *flag, "ON") == R"({"value":true})");
  CHECK(of(channel(""), *flag, "0") == R"({"value":false})");
  CHECK(of(channel(""), *text, "ready") == R"({"value":"ready"})");
  CHECK(of(channel(""), *text, "5") == R"({"value":"5"})");
  CHECK(of(channel(""), *text, "caf\xe9") == "none");  // no text of JSON
  // What ends a line or a text of C belongs to neither.
  CHECK(of(channel(""), *flag, "ON\r\n") == R"({"value":true})");
  CHECK(of(channel(""), *flag, std::string_view("OFF\0", 4)) == R"({"value":false})");
  CHECK(of(channel(""), *text, "eco\n") == R"({"value":"eco"})");
  CHECK(of(channel(""), *number, std::string_view("21.5\0", 5)) == R"({"value":21.5})");
  CHECK(of(channel("/t"), *number, std::string_view("{\"t\":1}\n\0", 9)) == R"({"value":1})");
  CHECK(of(channel(""), *text, " \n") == R"({"value":""})");
  for (const char* bad :
       {"", "{", "hot", "{}", "[]", "null", "true", "\"\"", "1e999", "NaN", "\xff\xfe", "{\"t\":1}{"}) {
    INFO(bad);
    CHECK(of(channel(""), *number, bad) == "none");
  }
  CHECK(of(channel("/9"), *number, "[1]") == "none");
  CHECK(of(channel("/a/b"), *number, R"({"a":1})") == "none");
  CHECK_FALSE(isJsonPointer("a"));
  CHECK_FALSE(isJsonPointer("/~2"));
  CHECK(isJsonPointer("/~0~1/"));

  MqttChannel members;
  members.fields = {{"temperature_cel", "/t"}, {"pressure_pa", "/p"}};
  const auto two = object(R"({"properties":{"temperature_cel":{"type":"number"},"pressure_pa":{"type":"number"}}})");
  CHECK(of(members, *two, R"({"t":"20","p":101325})") == R"({"pressure_pa":101325,"temperature_cel":20})");
  CHECK(of(members, *two, R"({"t":20})") == "none");
  CHECK(of(MqttChannel{}, *two, R"({"t":20})") == R"({"t":20})");
}
