#include "base/json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/json_text.hpp"
#include "rh/json_reader.hpp"

namespace robohub::json {
namespace {

// Builds Poco's values straight from the strict reader, so that no second parser gets a chance to read them otherwise.
class Builder {
 public:
  Var root;

  void onNull() { put(Var()); }
  void onBool(bool value) { put(value); }
  void onInteger(std::int64_t value) { put(static_cast<Poco::Int64>(value)); }
  void onNumber(double value) { put(value); }
  void onText(std::string&& value) { put(std::move(value)); }
  void beginArray() { open_.push_back({nullptr, new Array, {}}); }
  void beginObject() { open_.push_back({new Object, nullptr, {}}); }
  bool onKey(std::string&& key) {
    if (open_.back().object->has(key)) return false;
    open_.back().key = std::move(key);
    return true;
  }
  void endArray() {
    Array::Ptr done = open_.back().array;
    open_.pop_back();
    put(done);
  }
  bool endObject() {
    Object::Ptr done = open_.back().object;
    open_.pop_back();
    put(done);
    return true;
  }

 private:
  struct Container {
    Object::Ptr object;
    Array::Ptr array;
    std::string key;
  };
  void put(Var value) {
    if (open_.empty())
      root = std::move(value);
    else if (open_.back().array)
      open_.back().array->add(value);
    else
      open_.back().object->set(open_.back().key, value);
  }
  std::vector<Container> open_;
};

template <class Number>
std::string_view digits(std::array<char, 40>& space, Number number) {
  const auto end = std::to_chars(space.data(), space.data() + space.size(), number).ptr;
  return {space.data(), static_cast<std::size_t>(end - space.data())};
}

void writeDouble(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 40> space{};
  const std::string_view text = digits(space, number == 0 ? 0.0 : number);
  out += text;
  // Twenty digits without a point would read back as an integer over 64 bits.
  if (text.size() > 15 && text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void writeVar(std::string& out, const Var& value);

void writeObject(std::string& out, const Object& object) {
  out += '{';
  bool first = true;
  for (const auto& [key, member] : object) {
    if (!std::exchange(first, false)) out += ',';
    appendQuoted(out, key);
    out += ':';
    writeVar(out, member);
  }
  out += '}';
}

void writeArray(std::string& out, const Array& array) {
  out += '[';
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i) out += ',';
    writeVar(out, *(array.begin() + static_cast<std::ptrdiff_t>(i)));
  }
  out += ']';
}

void writeVar(std::string& out, const Var& value) {
  std::array<char, 40> space{};
  if (value.isEmpty()) {
    out += "null";
  } else if (value.type() == typeid(Object::Ptr)) {
    const auto& object = value.extract<Object::Ptr>();
    object ? writeObject(out, *object) : void(out += "null");
  } else if (value.type() == typeid(Array::Ptr)) {
    const auto& array = value.extract<Array::Ptr>();
    array ? writeArray(out, *array) : void(out += "null");
  } else if (value.type() == typeid(Object)) {
    writeObject(out, value.extract<Object>());
  } else if (value.type() == typeid(Array)) {
    writeArray(out, value.extract<Array>());
  } else if (value.isBoolean()) {
    out += value.convert<bool>() ? "true" : "false";
  } else if (value.isString()) {
    appendQuoted(out,
                 value.type() == typeid(std::string) ? value.extract<std::string>() : value.convert<std::string>());
  } else if (value.isInteger()) {
    out +=
        value.isSigned() ? digits(space, value.convert<Poco::Int64>()) : digits(space, value.convert<Poco::UInt64>());
  } else if (value.isNumeric()) {
    writeDouble(out, value.convert<double>());
  } else {
    appendQuoted(out, value.convert<std::string>());
  }
}

std::string pointer(std::string_view at, const std::string& key) {
  return std::string(at) + "/" + pointerStep(key);
}

// By a walk: asked for a member by its name, Poco makes a copy of it on the heap.
const Var* find(const Object& object, const std::string& key) {
  for (const auto& [name, value] : object)
    if (name == key) return &value;
  return nullptr;
}

Result<const Var*> member(const Object& object, const std::string& key, std::string_view at) {
  if (const Var* found = find(object, key)) return found;
  return fail(ErrorCode::invalid_argument, "\"" + key + "\" is missing.", pointer(at, key));
}

}  // namespace

Result<Var> parse(std::string_view text) {
  Builder builder;
  if (auto fault = rh::JsonReader<Builder>(text, builder, static_cast<int>(kMaxDepth)).read())
    return fail(ErrorCode::invalid_argument, fault.reason, "offset " + std::to_string(fault.offset));
  return std::move(builder.root);
}

Result<Object::Ptr> parseObject(std::string_view text) {
  auto value = parse(text);
  if (!value) return fail(value.error());
  if (value->type() != typeid(Object::Ptr))
    return fail(ErrorCode::invalid_argument, "A JSON object is expected here.", "offset 0");
  return value->extract<Object::Ptr>();
}

std::string write(const Object& object) {
  std::string out;
  writeObject(out, object);
  return out;
}

std::string write(const Var& value) {
  std::string out;
  writeVar(out, value);
  return out;
}

std::string quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  appendQuoted(out, text);
  return out;
}

std::string pointerStep(std::string_view key) {
  std::string step;
  for (char c : key) {
    if (c == '~')
      step += "~0";
    else if (c == '/')
      step += "~1";
    else
      step += c;
  }
  return step;
}

Result<std::string> getString(const Object& object, const std::string& key, std::string_view at) {
  const auto value = member(object, key, at);
  if (!value) return fail(value.error());
  if ((*value)->type() == typeid(std::string)) return (*value)->extract<std::string>();
  if (!(*value)->isString())
    return fail(ErrorCode::invalid_argument, "\"" + key + "\" must be a text.", pointer(at, key));
  return (*value)->convert<std::string>();
}

Result<std::int64_t> getInt(const Object& object, const std::string& key, std::string_view at) {
  const auto value = member(object, key, at);
  if (!value) return fail(value.error());
  const Var& given = **value;
  if (given.type() == typeid(Poco::Int64)) return static_cast<std::int64_t>(given.extract<Poco::Int64>());
  if (given.isBoolean() || given.isString() || !given.isInteger())
    return fail(ErrorCode::invalid_argument, "\"" + key + "\" must be an integer.", pointer(at, key));
  return static_cast<std::int64_t>(given.convert<Poco::Int64>());
}

Result<bool> getBool(const Object& object, const std::string& key, std::string_view at) {
  const auto value = member(object, key, at);
  if (!value) return fail(value.error());
  if (!(*value)->isBoolean())
    return fail(ErrorCode::invalid_argument, "\"" + key + "\" must be true or false.", pointer(at, key));
  return (*value)->convert<bool>();
}

Result<Object::Ptr> getObject(const Object& object, const std::string& key, std::string_view at) {
  const Var* value = find(object, key);
  if (!value || value->isEmpty()) return Object::Ptr();
  if (value->type() != typeid(Object::Ptr))
    return fail(ErrorCode::invalid_argument, "\"" + key + "\" must be an object.", pointer(at, key));
  return value->extract<Object::Ptr>();
}

}  // namespace robohub::json
