// From a device's message to a channel's value. Made once from the configuration; immutable. [any-thread]
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "gateway/mqtt/settings.hpp"

namespace robohub::gateway {

// The value that a JSON Pointer (RFC 6901) names, or nothing. `pointer` is a good one.
json::Var atPointer(const json::Var& root, std::string_view pointer);
// "" or steps that each begin with "/", "~" only as "~0" and "~1".
bool isJsonPointer(std::string_view pointer);

// A plain message without what ends it as a line, or as a text of C: many programs send that along, and none means it.
std::string_view withoutEnd(std::string_view payload);

class MqttExtract {
 public:
  // `schema`: of the channel's value, whose members say what is a number and what a text.
  static MqttExtract make(const MqttChannel& channel, const json::Object& schema);

  // The channel's value as JSON text, an object. Numbers and booleans may come as texts ("21.5", "ON\n"). Errors:
  // invalid_argument: no JSON, nothing at the pointer, no such number. Whether it fits the schema is asked later.
  Result<std::string> value(std::string_view payload) const;

 private:
  struct Field {
    std::string member, pointer, type;
  };
  std::vector<Field> fields_;  // none: the payload is the value
};

}  // namespace robohub::gateway
