#include "schema/explain.hpp"

#include <algorithm>

namespace robohub::schema {
namespace {

bool isNumber(const json::Var& value) {
  return !value.isEmpty() && !value.isBoolean() && !value.isString() && value.isNumeric();
}

std::string wordFor(const std::string& type) {
  if (type == "boolean") return "must be true or false";
  if (type == "string") return "must be a text";
  if (type == "number") return "must be a number";
  return "must be an " + type;  // object, array, integer
}

bool hasType(const std::string& type, const json::Var& value) {
  if (type == "object") return value.type() == typeid(json::Object::Ptr);
  if (type == "array") return value.type() == typeid(json::Array::Ptr);
  if (type == "string") return value.isString();
  if (type == "boolean") return value.isBoolean();
  return isNumber(value) && (type == "number" || value.isInteger());
}

Explanation ofObject(const json::Object& schema, const json::Object& value) {
  const auto properties = schema.getObject("properties");
  if (const auto required = schema.getArray("required"))
    for (const auto& name : *required)
      if (!value.has(name.convert<std::string>())) return {name.convert<std::string>(), "is missing"};
  for (const auto& [name, member] : value)
    if (!properties->has(name)) return {name, "is not known here"};
  return {"", "does not fit"};
}

std::string ofNumber(const json::Object& schema, const json::Var& value) {
  const double number = value.convert<double>();
  auto bound = [&](const char* key, const char* words, auto broken) -> std::string {
    if (!schema.has(key) || !broken(schema.get(key).convert<double>())) return "";
    return words + json::write(schema.get(key));
  };
  std::string text = bound("minimum", "must be at least ", [&](double b) { return number < b; });
  if (text.empty()) text = bound("maximum", "must be at most ", [&](double b) { return number > b; });
  if (text.empty()) text = bound("exclusiveMinimum", "must be more than ", [&](double b) { return number <= b; });
  if (text.empty()) text = bound("exclusiveMaximum", "must be less than ", [&](double b) { return number >= b; });
  if (text.empty() && schema.has("multipleOf")) text = "must be a multiple of " + json::write(schema.get("multipleOf"));
  return text;
}

std::string ofSize(const json::Object& schema, std::size_t size, const char* min, const char* max, const char* what) {
  if (schema.has(max) && size > schema.getValue<std::size_t>(max))
    return "must have at most " + json::write(schema.get(max)) + what;
  if (schema.has(min) && size < schema.getValue<std::size_t>(min))
    return "must have at least " + json::write(schema.get(min)) + what;
  return "";
}

}  // namespace

Explanation explain(const json::Object& schema, const json::Var& value) {
  const auto type = schema.getValue<std::string>("type");
  if (!hasType(type, value)) return {"", wordFor(type)};
  std::string sentence;
  if (type == "object") {
    return ofObject(schema, *value.extract<json::Object::Ptr>());
  } else if (type == "number" || type == "integer") {
    sentence = ofNumber(schema, value);
  } else if (type == "string") {
    const auto text = value.convert<std::string>();
    const auto characters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
    sentence = ofSize(schema, static_cast<std::size_t>(characters), "minLength", "maxLength", " characters");
  } else if (type == "array") {
    sentence = ofSize(schema, value.extract<json::Array::Ptr>()->size(), "minItems", "maxItems", " items");
  }
  if (schema.has("enum") && sentence.empty()) sentence = "must be one of " + json::write(schema.get("enum"));
  if (schema.has("const") && sentence.empty()) sentence = "must be " + json::write(schema.get("const"));
  return {"", sentence.empty() ? "does not fit" : sentence};
}

}  // namespace robohub::schema
