// A JSON value for plugin authors, who get no third-party library from the SDK. Texts come in through the strict reader
// (json_reader.hpp); members are kept and written in the order of their keys, so that equal values give equal text.
//
//     rh::Json j{{"x_counts", 210}, {"laser", true}};
//     j["pairs"] = rh::Json::array({1, 2, 3});
//     int x = j.get<int>("x_counts", 0);
//
// A plain value: [any-thread], but one value is not for two threads at once. Wrong use (asking a text for its number)
// throws rh::Fault with a sentence that is fit for a person.
#pragma once
#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "rh/fault.hpp"
#include "rh/json_reader.hpp"

namespace rh {

class Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;  // sorted by key, each key once

  // Bodies that make or end a value stand below Member: C++20 lets a compiler look into them as soon as they are used.
  Json();
  Json(const Json&);
  Json(Json&&) noexcept;
  Json& operator=(const Json&);
  Json& operator=(Json&&) noexcept;
  ~Json();
  Json(std::nullptr_t);
  Json(bool value);
  template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int> = 0>
  Json(T value);
  Json(double value);
  Json(float value);
  Json(std::string value);
  Json(std::string_view value);
  Json(const char* value);
  // An object: Json{{"a", 1}, {"b", "text"}}.
  Json(std::initializer_list<Member> members);

  static Json array(std::initializer_list<Json> items = {});
  static Json array(Array items);
  static Json object();

  // One strict JSON value. Throws Fault (invalid argument) that names the byte offset.
  static Json parse(std::string_view text, int max_depth = 32);
  // Compact text, keys in order. Doubles read back equal; those that are not finite become null.
  std::string dump() const {
    std::string out;
    write(out);
    return out;
  }

  bool isNull() const { return std::holds_alternative<std::nullptr_t>(value_); }
  bool isBool() const { return std::holds_alternative<bool>(value_); }
  bool isInteger() const { return std::holds_alternative<std::int64_t>(value_); }
  bool isNumber() const { return isInteger() || std::holds_alternative<double>(value_); }
  bool isText() const { return std::holds_alternative<std::string>(value_); }
  bool isArray() const { return std::holds_alternative<Array>(value_); }
  bool isObject() const { return std::holds_alternative<Object>(value_); }

  bool asBool() const { return pick<bool>("true or false"); }
  // An integer, or a double that is one (3.0).
  std::int64_t asInteger() const {
    if (auto d = std::get_if<double>(&value_))
      if (std::nearbyint(*d) == *d && std::fabs(*d) <= 9007199254740992.0) return static_cast<std::int64_t>(*d);
    return pick<std::int64_t>("an integer");
  }
  double asNumber() const {
    if (auto i = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*i);
    return pick<double>("a number");
  }
  const std::string& asText() const { return pick<std::string>("a text"); }
  const Array& items() const { return pick<Array>("an array"); }
  const Object& members() const { return pick<Object>("an object"); }

  // The value as T: bool, an integer or floating type, std::string, Json, std::optional<T>, std::vector<T>, or a type
  // with a static `T fromJson(const Json&)`. Throws Fault where it does not fit.
  template <class T>
  T as() const;

  // Null when this is no object or has no such member.
  const Json* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  // The member as T, or `fallback` when it is absent.
  template <class T>
  T get(std::string_view key, T fallback) const {
    const Json* member = find(key);
    return member ? member->as<T>() : fallback;
  }
  // The member as T; throws Fault when it is absent.
  template <class T>
  T get(std::string_view key) const {
    const Json* member = find(key);
    if (!member) throw Fault(RH_INVALID_ARGUMENT, "\"" + std::string(key) + "\" is missing.");
    return member->as<T>();
  }
  // The member, made when it is absent; null becomes an object.
  Json& operator[](std::string_view key);
  void push(Json item);
  // The last item of an array that has one.
  Json& back();
  void erase(std::string_view key);

  friend bool operator==(const Json& a, const Json& b);
  friend bool operator!=(const Json& a, const Json& b) { return !(a == b); }

 private:
  struct Builder;
  template <class T>
  const T& pick(const char* what) const {
    if (auto value = std::get_if<T>(&value_)) return *value;
    throw Fault(RH_INVALID_ARGUMENT, std::string("This must be ") + what + ".");
  }
  void write(std::string& out) const;
  static void writeText(std::string& out, std::string_view text);
  static void writeNumber(std::string& out, double number);

  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct Json::Member {
  std::string key;
  Json value;
  friend bool operator==(const Member& a, const Member& b) { return a.key == b.key && a.value == b.value; }
};

inline Json::Json() = default;
inline Json::Json(const Json&) = default;
inline Json::Json(Json&&) noexcept = default;
inline Json& Json::operator=(const Json&) = default;
inline Json& Json::operator=(Json&&) noexcept = default;
inline Json::~Json() = default;
inline Json::Json(std::nullptr_t) {}
inline Json::Json(bool value) : value_(value) {}
template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int>>
Json::Json(T value) : value_(static_cast<std::int64_t>(value)) {}
inline Json::Json(double value) : value_(value) {}
inline Json::Json(float value) : value_(static_cast<double>(value)) {}
inline Json::Json(std::string value) : value_(std::move(value)) {}
inline Json::Json(std::string_view value) : value_(std::string(value)) {}
inline Json::Json(const char* value) : value_(std::string(value)) {}

inline Json Json::array(std::initializer_list<Json> items) {
  return array(Array(items));
}
inline Json Json::array(Array items) {
  Json json;
  json.value_ = std::move(items);
  return json;
}
inline Json Json::object() {
  Json json;
  json.value_ = Object();
  return json;
}

inline void Json::push(Json item) {
  if (isNull()) value_ = Array();
  std::get<Array>(value_).push_back(std::move(item));
}
inline Json& Json::back() {
  return std::get<Array>(value_).back();
}

inline bool operator==(const Json& a, const Json& b) {
  if (a.isNumber() && b.isNumber() && a.isInteger() != b.isInteger()) return a.asNumber() == b.asNumber();
  return a.value_ == b.value_;
}

namespace detail {
inline auto lowerBound(const Json::Object& object, std::string_view key) {
  return std::lower_bound(object.begin(), object.end(), key,
                          [](const Json::Member& m, std::string_view k) { return m.key < k; });
}
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
}  // namespace detail

inline Json::Json(std::initializer_list<Member> members) : value_(Object()) {
  for (const Member& member : members) (*this)[member.key] = member.value;
}

inline const Json* Json::find(std::string_view key) const {
  const Object* object = std::get_if<Object>(&value_);
  if (!object) return nullptr;
  auto it = detail::lowerBound(*object, key);
  return it != object->end() && it->key == key ? &it->value : nullptr;
}

inline Json& Json::operator[](std::string_view key) {
  if (isNull()) value_ = Object();
  pick<Object>("an object");
  Object& object = std::get<Object>(value_);
  auto it = object.begin() + (detail::lowerBound(object, key) - object.cbegin());
  if (it == object.end() || it->key != key) it = object.insert(it, Member{std::string(key), Json()});
  return it->value;
}

inline void Json::erase(std::string_view key) {
  Object* object = std::get_if<Object>(&value_);
  if (!object) return;
  auto it = object->begin() + (detail::lowerBound(*object, key) - object->cbegin());
  if (it != object->end() && it->key == key) object->erase(it);
}

template <class T>
T Json::as() const {
  if constexpr (std::is_same_v<T, Json>) {
    return *this;
  } else if constexpr (std::is_same_v<T, bool>) {
    return asBool();
  } else if constexpr (std::is_integral_v<T>) {
    const std::int64_t n = asInteger();
    const bool fits = std::is_unsigned_v<T> ? n >= 0 && static_cast<std::uint64_t>(n) <= std::numeric_limits<T>::max()
                                            : n >= static_cast<std::int64_t>(std::numeric_limits<T>::min()) &&
                                                  n <= static_cast<std::int64_t>(std::numeric_limits<T>::max());
    if (!fits) throw Fault(RH_INVALID_ARGUMENT, "This integer is out of range.");
    return static_cast<T>(n);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(asNumber());
  } else if constexpr (std::is_same_v<T, std::string>) {
    return asText();
  } else if constexpr (detail::IsOptional<T>::value) {
    if (isNull()) return std::nullopt;
    return as<typename T::value_type>();
  } else if constexpr (detail::IsVector<T>::value) {
    T out;
    for (const Json& item : items()) out.push_back(item.as<typename T::value_type>());
    return out;
  } else {
    return T::fromJson(*this);
  }
}

struct Json::Builder {
  Json root;
  std::vector<Json> open;  // the containers around the next value, each complete but for what follows
  std::vector<std::string> keys;

  void put(Json value) {
    if (open.empty()) {
      root = std::move(value);
    } else if (auto array = std::get_if<Array>(&open.back().value_)) {
      array->push_back(std::move(value));
    } else {
      std::get<Object>(open.back().value_).push_back(Member{std::move(keys.back()), std::move(value)});
      keys.pop_back();
    }
  }
  void close() {
    Json done = std::move(open.back());
    open.pop_back();
    put(std::move(done));
  }
  void onNull() { put(Json()); }
  void onBool(bool value) { put(Json(value)); }
  void onInteger(std::int64_t value) { put(Json(value)); }
  void onNumber(double value) { put(Json(value)); }
  void onText(std::string&& value) { put(Json(std::move(value))); }
  void beginArray() { open.push_back(Json::array()); }
  void endArray() { close(); }
  void beginObject() { open.push_back(Json::object()); }
  bool onKey(std::string&& key) { return keys.push_back(std::move(key)), true; }
  // Sorted once at the end: inserting one by one costs n * n for a hostile object with many keys.
  bool endObject() {
    Object& object = std::get<Object>(open.back().value_);
    std::sort(object.begin(), object.end(), [](const Member& a, const Member& b) { return a.key < b.key; });
    for (std::size_t i = 1; i < object.size(); ++i)
      if (object[i - 1].key == object[i].key) return false;
    close();
    return true;
  }
};

inline Json Json::parse(std::string_view text, int max_depth) {
  Builder builder;
  if (JsonFault fault = JsonReader<Builder>(text, builder, max_depth).read())
    throw Fault(RH_INVALID_ARGUMENT, std::string(fault.reason) + " (offset " + std::to_string(fault.offset) + ")");
  return std::move(builder.root);
}

inline void Json::writeText(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (char c : text) {
    const unsigned char u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (u < 0x20 || u == 0x7f)
      ((out += "\\u00") += hex[u >> 4]) += hex[u & 15];
    else
      out += c;
  }
  out += '"';
}

inline void Json::writeNumber(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number == 0 ? 0.0 : number).ptr;
  const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  out += digits;
  // Twenty digits without a point would read back as an integer over 64 bits.
  if (digits.size() > 15 && digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

inline void Json::write(std::string& out) const {
  if (auto b = std::get_if<bool>(&value_)) {
    out += *b ? "true" : "false";
  } else if (auto i = std::get_if<std::int64_t>(&value_)) {
    out += std::to_string(*i);
  } else if (auto d = std::get_if<double>(&value_)) {
    writeNumber(out, *d);
  } else if (auto s = std::get_if<std::string>(&value_)) {
    writeText(out, *s);
  } else if (auto array = std::get_if<Array>(&value_)) {
    out += '[';
    for (std::size_t n = 0; n < array->size(); ++n) {
      if (n) out += ',';
      (*array)[n].write(out);
    }
    out += ']';
  } else if (auto object = std::get_if<Object>(&value_)) {
    out += '{';
    for (std::size_t n = 0; n < object->size(); ++n) {
      if (n) out += ',';
      writeText(out, (*object)[n].key);
      out += ':';
      (*object)[n].value.write(out);
    }
    out += '}';
  } else {
    out += "null";
  }
}

}  // namespace rh
