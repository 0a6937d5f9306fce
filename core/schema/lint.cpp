#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "schema/schema.hpp"

namespace robohub::schema {
namespace {

constexpr int kMaxNesting = 8;
constexpr double kMaxExactInteger = 9007199254740992.0;  // 2^53: pages hold numbers in doubles
constexpr std::int64_t kMaxCharacters = 65536;
constexpr std::int64_t kMaxItems = 65536;

using Words = std::vector<std::string_view>;

const Words kAnywhere = {"type", "title", "description", "default", "examples", "enum", "const"};

const Words* wordsOf(const std::string& type) {
  static const std::map<std::string, Words> words = {
      {"object", {"properties", "required", "additionalProperties"}},
      // No "uniqueItems": each item would be compared with every other, and a message has room for thousands.
      {"array", {"items", "minItems", "maxItems"}},
      {"string", {"minLength", "maxLength"}},
      {"number", {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}},
      {"integer", {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}},
      {"boolean", {}}};
  auto it = words.find(type);
  return it == words.end() ? nullptr : &it->second;
}

bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool isNumber(const json::Var& value) {
  return !value.isEmpty() && !value.isBoolean() && !value.isString() && value.isNumeric();
}

class Linter {
 public:
  Status node(const json::Object& schema, const std::string& at, int nesting) {
    if (nesting > kMaxNesting) return refuse(at, "Schemas nest at most 8 deep.");
    auto type = json::getString(schema, "type", at);
    if (!type) return refuse(at + "/type", "Each schema needs one \"type\".");
    const Words* words = wordsOf(*type);
    if (!words)
      return refuse(at + "/type", "\"" + *type + "\" is none of object, array, string, number, integer, boolean.");
    for (const auto& [key, value] : schema) {
      if (key.rfind("x-", 0) == 0 || contains(kAnywhere, key) || contains(*words, key)) continue;
      if (nesting == 0 && key == "$schema") continue;
      return refuse(at + "/" + key, "\"" + key + "\" is not part of the profile for " + *type + " schemas.");
    }
    if (schema.has("enum"))
      if (auto ok = nonEmptyArray(schema, "enum", at); !ok) return ok;
    if (*type == "object") return object(schema, at, nesting);
    if (*type == "array") return array(schema, at, nesting);
    if (*type == "string") return string(schema, at);
    if (*type == "number" || *type == "integer") return number(schema, at, *type == "integer");
    return {};
  }

 private:
  static Status refuse(const std::string& at, std::string sentence) {
    return fail(ErrorCode::invalid_argument, std::move(sentence), at);
  }

  static Status nonEmptyArray(const json::Object& schema, const char* key, const std::string& at) {
    const json::Var value = schema.get(key);
    if (value.type() != typeid(json::Array::Ptr) || value.extract<json::Array::Ptr>()->empty())
      return refuse(at + "/" + key, "This must be an array with items.");
    return {};
  }

  // A count from 0 to `max`; absent only where it may be.
  static Status count(const json::Object& schema, const char* key, const std::string& at, std::int64_t max,
                      bool needed) {
    if (!schema.has(key)) {
      if (!needed) return {};
      return refuse(at + "/" + key, std::string("\"") + key + "\" is needed here.");
    }
    auto value = json::getInt(schema, key, at);
    if (!value || *value < 0 || *value > max)
      return refuse(at + "/" + key, "This must be an integer from 0 to " + std::to_string(max) + ".");
    return {};
  }

  Status object(const json::Object& schema, const std::string& at, int nesting) {
    if (!schema.has("additionalProperties") || !schema.get("additionalProperties").isBoolean() ||
        schema.getValue<bool>("additionalProperties"))
      return refuse(at + "/additionalProperties", "\"additionalProperties\" must be false.");
    auto properties = json::getObject(schema, "properties", at);
    if (!properties || !*properties) return refuse(at + "/properties", "\"properties\" must be an object.");
    for (const auto& [name, property] : **properties) {
      const std::string place = at + "/properties/" + name;
      if (!isName(name)) return refuse(place, "A name has 1 to 64 characters of a-z, A-Z, 0-9, _ and -.");
      if (property.type() != typeid(json::Object::Ptr)) return refuse(place, "This must be a schema.");
      if (auto ok = node(*property.extract<json::Object::Ptr>(), place, nesting + 1); !ok) return ok;
    }
    return required(schema, **properties, at);
  }

  static Status required(const json::Object& schema, const json::Object& properties, const std::string& at) {
    if (!schema.has("required")) return {};
    const json::Var list = schema.get("required");
    if (list.type() != typeid(json::Array::Ptr)) return refuse(at + "/required", "This must be an array of names.");
    std::set<std::string> seen;
    for (const auto& name : *list.extract<json::Array::Ptr>()) {
      if (!name.isString() || !properties.has(name.convert<std::string>()))
        return refuse(at + "/required", "Only names of \"properties\" may be required.");
      if (!seen.insert(name.convert<std::string>()).second)
        return refuse(at + "/required", "A name stands here twice.");
    }
    return {};
  }

  Status array(const json::Object& schema, const std::string& at, int nesting) {
    if (auto ok = count(schema, "minItems", at, kMaxItems, false); !ok) return ok;
    if (auto ok = count(schema, "maxItems", at, kMaxItems, true); !ok) return ok;
    auto items = json::getObject(schema, "items", at);
    if (!items || !*items) return refuse(at + "/items", "\"items\" must be one schema for all items.");
    return node(**items, at + "/items", nesting + 1);
  }

  static Status string(const json::Object& schema, const std::string& at) {
    if (auto ok = count(schema, "minLength", at, kMaxCharacters, false); !ok) return ok;
    return count(schema, "maxLength", at, kMaxCharacters, true);
  }

  static Status number(const json::Object& schema, const std::string& at, bool integer) {
    double low = 0, high = 0;
    if (auto ok = bound(schema, "minimum", "exclusiveMinimum", at, integer, low); !ok) return ok;
    if (auto ok = bound(schema, "maximum", "exclusiveMaximum", at, integer, high); !ok) return ok;
    if (low > high) return refuse(at + "/maximum", "The highest value is below the lowest.");
    if (schema.has("multipleOf")) {
      auto step = json::getInt(schema, "multipleOf", at);
      if (!step || *step < 1) return refuse(at + "/multipleOf", "This must be an integer above 0.");
    }
    if (!integer || schema.has("x-unit")) {
      auto unit = json::getString(schema, "x-unit", at);
      if (!unit || unit->empty() || unit->size() > 16)
        return refuse(at + "/x-unit", "A number needs its unit in \"x-unit\" (\"1\" for none).");
    }
    return {};
  }

  static Status bound(const json::Object& schema, const char* key, const char* exclusive, const std::string& at,
                      bool integer, double& out) {
    if (schema.has(key) == schema.has(exclusive))
      return refuse(at + "/" + key, std::string("Exactly one of \"") + key + "\" and \"" + exclusive + "\" is needed.");
    const char* used = schema.has(key) ? key : exclusive;
    const json::Var value = schema.get(used);
    if (!isNumber(value)) return refuse(at + "/" + used, "This must be a number.");
    out = value.convert<double>();
    if (!std::isfinite(out)) return refuse(at + "/" + used, "This must be finite.");
    if (integer && (std::nearbyint(out) != out || std::fabs(out) >= kMaxExactInteger))
      return refuse(at + "/" + used, "This must be an integer below 2^53.");
    return {};
  }

  static bool isName(const std::string& name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
  }
};

}  // namespace

Status lint(const json::Object& schema, std::string_view at) {
  return Linter().node(schema, std::string(at), 0);
}

}  // namespace robohub::schema
