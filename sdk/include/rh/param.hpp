// One declared value: a command's parameter, a member of its result or of a telemetry channel. The schema (JSON Schema
// draft-07 in Robohub's profile), the form on the page and the last check before the driver all come from this line.
#pragma once
#include <initializer_list>

#include "rh/json.hpp"

namespace rh {

class Param {
 public:
  Param(std::string name, Json schema) : name_(std::move(name)), schema_(std::move(schema)) {}

  // The unit as people write it ("deg", "mm/s"; "1" for none). Without this call it is read from the name's ending
  // (yaw_deg, speed_mm_s), and is "1" where that is no unit.
  Param& unit(std::string_view unit) { return set("x-unit", unit); }
  Param& title(std::string_view title) { return set("title", title); }
  Param& help(std::string_view sentence) { return set("description", sentence); }
  // What the form starts with.
  Param& initial(Json value) { return set("default", std::move(value)); }
  // May be left out; a method takes it as std::optional<T>.
  Param& optional() {
    required_ = false;
    return *this;
  }

  const std::string& name() const { return name_; }
  const Json& schema() const { return schema_; }
  bool required() const { return required_; }

 private:
  Param& set(std::string_view key, Json value) {
    schema_[key] = std::move(value);
    return *this;
  }
  std::string name_;
  Json schema_;
  bool required_ = true;
};

using Params = std::vector<Param>;

namespace detail {

inline bool isUnit(std::string_view word) {
  static constexpr std::string_view known[] = {
      "deg", "rad", "px",  "ns",  "us",      "ms",  "s",   "min", "h",      "hz",    "khz",   "mhz", "um", "mm",  "cm",
      "m",   "km",  "g",   "kg",  "n",       "nm",  "v",   "mv",  "a",      "ma",    "w",     "mw",  "c",  "k",   "pa",
      "hpa", "kpa", "bar", "pct", "percent", "rpm", "lux", "db",  "counts", "steps", "bytes", "kb",  "mb", "fps", "s2"};
  return std::find(std::begin(known), std::end(known), word) != std::end(known);
}

// "speed_mm_s" -> "mm/s", "yaw_deg" -> "deg", "gain" -> "1".
inline std::string unitOf(std::string_view name) {
  const std::size_t last = name.rfind('_');
  if (last == std::string_view::npos || !isUnit(name.substr(last + 1))) return "1";
  const std::string_view unit = name.substr(last + 1);
  if (unit == "s" || unit == "s2") {
    const std::size_t before = name.rfind('_', last - 1);
    const std::string_view upper = name.substr(before == std::string_view::npos ? 0 : before + 1, last - before - 1);
    if (before != std::string_view::npos && isUnit(upper)) return std::string(upper) + "/" + std::string(unit);
  }
  if (unit == "hz") return "Hz";
  if (unit == "pct" || unit == "percent") return "%";
  if (unit == "v" || unit == "a" || unit == "w" || unit == "k") return std::string(1, static_cast<char>(unit[0] - 32));
  return std::string(unit);
}

}  // namespace detail

inline Param number(std::string name, double min, double max) {
  Json schema{{"type", "number"}, {"minimum", min}, {"maximum", max}, {"x-unit", detail::unitOf(name)}};
  return Param(std::move(name), std::move(schema));
}

inline Param integer(std::string name, std::int64_t min, std::int64_t max) {
  Json schema{{"type", "integer"}, {"minimum", min}, {"maximum", max}};
  if (auto unit = detail::unitOf(name); unit != "1") schema["x-unit"] = unit;
  return Param(std::move(name), std::move(schema));
}

inline Param boolean(std::string name) {
  return Param(std::move(name), Json{{"type", "boolean"}});
}

// One of these texts.
inline Param choice(std::string name, std::initializer_list<const char*> values) {
  Json all = Json::array();
  std::int64_t longest = 0;
  for (std::string_view value : values) {
    all.push(value);
    longest = std::max(longest, static_cast<std::int64_t>(value.size()));
  }
  return Param(std::move(name), Json{{"type", "string"}, {"enum", all}, {"maxLength", longest}});
}

// Up to max_characters Unicode characters.
inline Param text(std::string name, std::int64_t max_characters) {
  return Param(std::move(name), Json{{"type", "string"}, {"maxLength", max_characters}});
}

// Items like `item` (whose name is not used).
inline Param array(std::string name, const Param& item, std::int64_t min_items, std::int64_t max_items) {
  return Param(std::move(name),
               Json{{"type", "array"}, {"items", item.schema()}, {"minItems", min_items}, {"maxItems", max_items}});
}

// The schema of an object with exactly these members. "x-order" keeps their order for forms.
inline Json objectSchema(const Params& members) {
  Json properties = Json::object(), required = Json::array(), order = Json::array();
  for (const Param& member : members) {
    if (properties.has(member.name())) throw std::logic_error("\"" + member.name() + "\" is declared twice.");
    properties[member.name()] = member.schema();
    order.push(member.name());
    if (member.required()) required.push(member.name());
  }
  return Json{{"type", "object"},
              {"additionalProperties", false},
              {"properties", properties},
              {"required", required},
              {"x-order", order}};
}

inline Param object(std::string name, const Params& members) {
  return Param(std::move(name), objectSchema(members));
}

// Throws Fault (invalid argument) with a sentence when `value` does not fit `schema`, one that the functions above
// made. `what` names the value in the sentence.
inline void check(const Json& schema, const Json& value, const std::string& what) {
  const std::string& type = schema.find("type")->asText();
  auto refuse = [&](const std::string& rest) { throw invalid(what + " must " + rest + "."); };
  if (type == "number" || type == "integer") {
    if (!value.isNumber()) refuse(type == "number" ? "be a number" : "be an integer");
    if (type == "integer" && !value.isInteger() && std::nearbyint(value.asNumber()) != value.asNumber())
      refuse("be an integer");
    if (value.asNumber() < schema.find("minimum")->asNumber()) refuse("be at least " + schema.find("minimum")->dump());
    if (value.asNumber() > schema.find("maximum")->asNumber()) refuse("be at most " + schema.find("maximum")->dump());
  } else if (type == "boolean") {
    if (!value.isBool()) refuse("be true or false");
  } else if (type == "string") {
    if (!value.isText()) refuse("be a text");
    if (const Json* allowed = schema.find("enum")) {
      const auto& all = allowed->items();
      if (std::find(all.begin(), all.end(), value) == all.end()) refuse("be one of " + allowed->dump());
    }
    const auto starts = std::count_if(value.asText().begin(), value.asText().end(),
                                      [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    if (starts > schema.find("maxLength")->asInteger())
      refuse("have at most " + schema.find("maxLength")->dump() + " characters");
  } else if (type == "array") {
    if (!value.isArray()) refuse("be an array");
    const auto size = static_cast<std::int64_t>(value.items().size());
    if (size < schema.find("minItems")->asInteger())
      refuse("have at least " + schema.find("minItems")->dump() + " items");
    if (size > schema.find("maxItems")->asInteger())
      refuse("have at most " + schema.find("maxItems")->dump() + " items");
    for (std::size_t i = 0; i < value.items().size(); ++i)
      check(*schema.find("items"), value.items()[i], what + "[" + std::to_string(i) + "]");
  } else {
    if (!value.isObject()) refuse("be an object");
    for (const Json& name : schema.find("required")->items())
      if (!value.has(name.asText())) throw invalid("\"" + name.asText() + "\" is missing in " + what + ".");
    for (const auto& [key, member] : value.members()) {
      const Json* declared = schema.find("properties")->find(key);
      if (!declared) throw invalid("\"" + key + "\" is not known in " + what + ".");
      check(*declared, member, "\"" + key + "\"");
    }
  }
}

}  // namespace rh
