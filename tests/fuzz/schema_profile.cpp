// A plugin's schema and a stranger's value: "<schema>\n<value>". Linting, compiling and validating end, and what the
// lint refuses is never compiled.
#include "base/json.hpp"
#include "schema/schema.hpp"
#include "target.hpp"

using namespace robohub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text(data, size);
  const auto line = bytes.find('\n');
  const auto object = json::parseObject(bytes.substr(0, line));
  if (!object) return 0;
  const bool good = schema::lint(**object).has_value();
  const auto compiled = schema::compile(*object);
  fuzz::promise(good || !compiled, "what the lint refuses is not compiled");
  if (!compiled || line == std::string_view::npos) return 0;
  const auto value = json::parse(bytes.substr(line + 1));
  if (!value) return 0;
  const auto here = compiled->validate(*value);
  // Inside of another schema there is no short cut for flat ones: the library decides, and must say the same.
  json::Object::Ptr outer = new json::Object, properties = new json::Object, wrapped = new json::Object;
  properties->set("v", *object);
  outer->set("type", "object");
  outer->set("properties", properties);
  outer->set("additionalProperties", false);
  wrapped->set("v", *value);
  if (const auto around = schema::compile(outer)) {
    const auto there = around->validate(wrapped);
    fuzz::promise(here.has_value() == there.has_value(), "a value fits inside of another schema as it does alone");
  }
  return 0;
}
