// The texts around foreign MQTT devices: "<template>\n<topic>\n<pointer>\n<payload>". Topics, what a template makes of
// parameters, and what a message yields.
#include <string>

#include "gateway/mqtt/extract.hpp"
#include "gateway/mqtt/template.hpp"
#include "gateway/mqtt/topic.hpp"
#include "net/utf8.hpp"
#include "target.hpp"

using namespace robohub;

namespace {

std::string_view line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const auto taken = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return taken;
}

const json::Object& params() {
  static const json::Object::Ptr schema =
      json::parseObject(
          R"({"type":"object","additionalProperties":false,"required":["n","i","b","s","x_px"],"properties":{
        "n":{"type":"number"},"i":{"type":"integer"},"b":{"type":"boolean"},"s":{"type":"string"},
        "x_px":{"type":"number","x-unit":"px"},"o":{"type":"number"}}})")
          .value();
  return *schema;
}

void topics(std::string_view text) {
  if (gateway::isMqttTopic(text)) {
    fuzz::promise(gateway::isMqttFilter(text), "a topic is a filter too");
    fuzz::promise(gateway::matchesMqttFilter(text, text), "a topic matches itself");
    fuzz::promise(gateway::matchesMqttFilter("#", text), "a topic is among all");
    fuzz::promise(net::isUtf8(text), "a topic is UTF-8");
  }
  const auto half = text.find(' ');
  if (half == std::string_view::npos) return;
  const auto filter = text.substr(0, half), topic = text.substr(half + 1);
  const bool matches = gateway::matchesMqttFilter(filter, topic);
  if (matches && gateway::isMqttTopic(filter))
    fuzz::promise(filter == topic, "without wildcards only the same matches");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto rest = fuzz::text(data, size);
  const auto text = line(rest), topic = line(rest), pointer = line(rest), payload = rest;
  topics(topic);
  const auto made = gateway::MqttTemplate::make(text, params());
  if (made) fuzz::promise(gateway::MqttTemplate::check(text).has_value(), "a template that was made is a good one");
  const auto given = json::parse(payload);
  if (made && given && given->type() == typeid(json::Object::Ptr)) {
    const auto sent = made->render(*given->extract<json::Object::Ptr>());
    if (sent) fuzz::promise(sent->size() <= gateway::kMaxMqttPayload, "no message is longer than 64 KiB");
  }
  if (!gateway::isJsonPointer(pointer)) return 0;
  if (given) (void)gateway::atPointer(*given, pointer);
  gateway::MqttChannel channel;
  for (const char* type : {"number", "boolean", "string", "object", ""}) {
    channel.pointer = std::string(pointer);
    const auto schema = json::parseObject(std::string("{\"properties\":{\"value\":{\"type\":\"") + type + "\"}}}");
    const auto value = gateway::MqttExtract::make(channel, **schema).value(payload);
    if (value) fuzz::promise(json::parseObject(*value).has_value(), "a channel's value is an object");
  }
  channel.pointer.reset();
  if (const auto whole = gateway::MqttExtract::make(channel, params()).value(payload))
    fuzz::promise(json::parseObject(*whole).has_value(), "a whole message is an object");
  return 0;
}
