#include "plugin/manifest.hpp"

#include <catch2/catch.hpp>

#include "plugin/sha256.hpp"

using namespace robohub;
using namespace robohub::plugin;

namespace {

const std::string kGood = R"({"abi":1,"id":"acme.lamp","version":"1.2.0","title":"Lamp","permissions":["gpio"],
 "libraries":{"linux-x86_64":{"file":"acme.lamp.so","sha256":"0000000000000000000000000000000000000000000000000000000000000000"}},
 "device_types":[{"type":"acme.lamp","title":"Lamp","commands":[
   {"name":"on","title":"On","turn":"required","ttl_ms":1500,"hazardous":true,"panel":false,
    "params":{"type":"object","additionalProperties":false,"properties":{"level":{"type":"number","minimum":0,"maximum":1,"x-unit":"1"}}}},
   {"name":"state","turn":"none","ttl_ms":2000,"hazardous":false,"params":{"type":"object","additionalProperties":false,"properties":{}},
    "result":{"type":"object","additionalProperties":false,"properties":{"on":{"type":"boolean"}}}}],
  "channels":[{"name":"lamp","kind":"value","max_rate_hz":2.5,"schema":{"type":"object","additionalProperties":false,"properties":{}}}],
  "streams":[{"name":"main","kind":"mjpeg","width":640,"height":480}],
  "safety":{"hazards":["light"],"deadman_ms":250,"halt":"Off"},
  "panels":[{"element":"acme-lamp","module":"panel.js","slot":"side","title":"Lamp"}]}]})";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a stream of sound has a rate, and chunks of it may wait") {
  const auto manifest = Manifest::parse(with("\"mjpeg\",\"width\":640,\"height\":480", "\"sound\",\"rate_hz\":16000"));
  REQUIRE(manifest);
  const auto* stream = (*manifest)->types[0].stream("main");
  REQUIRE(stream != nullptr);
  CHECK(stream->kind == Stream::Kind::sound);
  CHECK(stream->rate_hz == 16000);
  CHECK(stream->frames_kept > 1);
}

TEST_CASE("a manifest is read with its types, commands, channels and streams") {
  auto manifest = Manifest::parse(kGood);
  REQUIRE(manifest);
  const Manifest& m = **manifest;
  CHECK(m.id == "acme.lamp");
  CHECK(m.version == "1.2.0");
  CHECK(m.permissions == std::vector<std::string>{"gpio"});
  const DeviceType* type = m.type("acme.lamp");
  REQUIRE(type);
  CHECK(type->hazards == std::vector<std::string>{"light"});
  CHECK(type->deadman == std::chrono::milliseconds(250));
  REQUIRE(type->command("on"));
  CHECK(type->command("on")->hazardous);
  CHECK(type->command("on")->needs_turn);
  CHECK(type->command("on")->ttl == std::chrono::milliseconds(1500));
  CHECK(type->command("on")->params.validate(*json::parse(R"({"level":1})")));
  CHECK_FALSE(type->command("on")->params.validate(*json::parse(R"({"level":1.1})")));
  CHECK_FALSE(type->command("state")->needs_turn);
  CHECK(type->command("state")->result);
  CHECK_FALSE(type->command("off"));
  CHECK(type->channel("lamp")->max_rate_hz == 2.5);
  CHECK_FALSE(type->channel("lamp")->is_state);
  CHECK(type->stream("main")->width_px == 640);
  CHECK_FALSE(m.type("other"));
}

TEST_CASE("the hash is of the canonical text without the libraries") {
  const auto with_libraries = *Manifest::parse(kGood);
  auto object = *json::parseObject(kGood);
  object->remove("libraries");
  const auto without = *Manifest::parse(json::write(*object));
  CHECK(with_libraries->hash == without->hash);
  CHECK(without->hash == sha256Hex(json::write(*object)));
  CHECK((*Manifest::parse(with("1500", "1501")))->hash != without->hash);
  CHECK(sha256Hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4
}

TEST_CASE("a type has no more channels than a hub keeps values of") {
  const auto type = [](int channels) {
    const std::string schema = R"({"type":"object","additionalProperties":false,"properties":{}})";
    std::string list;
    for (int i = 0; i < channels; ++i)
      list += (i > 0 ? ",{\"name\":\"c" : "{\"name\":\"c") + std::to_string(i) +
              R"(","kind":"value","max_rate_hz":1,"schema":)" + schema + "}";
    return Manifest::parse(R"({"abi":1,"id":"a","version":"1","device_types":[{"type":"a","channels":[)" + list +
                           "]}]}");
  };
  CHECK(type(64));
  REQUIRE_FALSE(type(65));
  CHECK(type(65).error().where == "/device_types/0/channels");
}

TEST_CASE("a wrong manifest is refused where it is wrong") {
  struct Case {
    std::string from, to, where;
  };
  const Case cases[] = {
      {"\"abi\":1", "\"abi\":2", "/abi"},
      {"\"id\":\"acme.lamp\"", "\"id\":\"../lamp\"", "/id"},
      {"\"id\":\"acme.lamp\"", "\"id\":\"a..b\"", "/id"},
      {"\"id\":\"acme.lamp\"", "\"id\":\"\"", "/id"},
      {"\"id\":\"acme.lamp\"", "\"id\":\"Lamp\"", "/id"},
      {"\"version\":\"1.2.0\"", "\"version\":\"1/2\"", "/version"},
      {"[\"gpio\"]", "\"gpio\"", "/permissions"},
      {"\"name\":\"state\"", "\"name\":\"on\"", "/device_types/0/commands/1/name"},
      {"\"turn\":\"required\"", "\"turn\":\"maybe\"", "/device_types/0/commands/0/turn"},
      {"\"turn\":\"required\"", "\"turn\":\"none\"", "/device_types/0/commands/0/turn"},
      {"\"ttl_ms\":1500", "\"ttl_ms\":0", "/device_types/0/commands/0/ttl_ms"},
      {"\"ttl_ms\":1500", "\"ttl_ms\":60001", "/device_types/0/commands/0/ttl_ms"},
      {",\"x-unit\":\"1\"", "", "/device_types/0/commands/0/params/properties/level/x-unit"},
      {"\"deadman_ms\":250,", "", "/device_types/0/safety/deadman_ms"},
      {"\"hazards\":[\"light\"],", "", "/device_types/0/safety/hazards"},
      {"[\"light\"]", "[]", "/device_types/0/safety/hazards"},
      {"\"name\":\"lamp\"", "\"name\":\"lamp.a\"", "/device_types/0/channels/0/name"},
      {"\"name\":\"lamp\"", "\"name\":\"-lamp\"", "/device_types/0/channels/0/name"},
      {"\"name\":\"main\"", "\"name\":\"front.cam\"", "/device_types/0/streams/0/name"},
      {"\"deadman_ms\":250", "\"deadman_ms\":10", "/device_types/0/safety/deadman_ms"},
      {"\"kind\":\"value\"", "\"kind\":\"x\"", "/device_types/0/channels/0/kind"},
      {"\"max_rate_hz\":2.5", "\"max_rate_hz\":0", "/device_types/0/channels/0/max_rate_hz"},
      {"\"kind\":\"mjpeg\"", "\"kind\":\"h264\"", "/device_types/0/streams/0/kind"},
      {"\"width\":640", "\"width\":0", "/device_types/0/streams/0/width"},
      {"\"mjpeg\",\"width\":640", "\"sound\",\"rate_hz\":7999", "/device_types/0/streams/0/rate_hz"},
      {"\"mjpeg\",\"width\":640", "\"sound\",\"rate_hz\":48001", "/device_types/0/streams/0/rate_hz"},
      {"\"mjpeg\"", "\"sound\"", "/device_types/0/streams/0/rate_hz"},
      {"acme-lamp", "lamp", "/device_types/0/panels/0/element"},
      {"panel.js", "../x.js", "/device_types/0/panels/0/module"},
      {"\"slot\":\"side\"", "\"slot\":\"top\"", "/device_types/0/panels/0/slot"},
      {"\"sha256\":\"0", "\"sha256\":\"g", "/libraries/linux-x86_64/sha256"},
      {"\"hazardous\":true", "\"hazardous\":1", "/device_types/0/commands/0/hazardous"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.from, c.to);
    auto manifest = Manifest::parse(with(c.from, c.to));
    REQUIRE_FALSE(manifest);
    CHECK(manifest.error().where == c.where);
  }
  CHECK_FALSE(Manifest::parse("{}"));
  CHECK_FALSE(Manifest::parse("[]"));
  CHECK_FALSE(Manifest::parse(R"({"abi":1,"id":"a","version":"1","device_types":[]})"));
  CHECK_FALSE(Manifest::parse(with("\"commands\":[", "\"commands\":[1,")));
}
