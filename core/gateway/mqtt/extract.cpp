#include "gateway/mqtt/extract.hpp"

#include <charconv>
#include <cmath>

#include "net/utf8.hpp"

namespace robohub::gateway {

namespace {

std::string unescaped(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size())
      out += step[++i] == '1' ? '/' : '~';
    else
      out += step[i];
  }
  return out;
}

// A whole text that is one number.
std::optional<double> numberOf(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<bool> flagOf(const std::string& text) {
  for (const char* yes : {"true", "ON", "on", "1"})
    if (text == yes) return true;
  for (const char* no : {"false", "OFF", "off", "0"})
    if (text == no) return false;
  return std::nullopt;
}

// What came, as the member's type wants it; empty when it cannot be that.
json::Var fitted(const json::Var& came, const std::string& type) {
  const bool plain =
      !came.isEmpty() && came.type() != typeid(json::Object::Ptr) && came.type() != typeid(json::Array::Ptr);
  if (type == "number" || type == "integer") {
    if (!plain || came.isBoolean()) return {};
    if (!came.isString()) return came.isNumeric() ? came : json::Var();
    const auto number = numberOf(came.convert<std::string>());
    return number ? json::Var(*number) : json::Var();
  }
  if (type == "boolean") {
    if (!plain || came.isBoolean()) return plain ? came : json::Var();
    const auto flag = flagOf(came.convert<std::string>());
    return flag ? json::Var(*flag) : json::Var();
  }
  if (type == "string" && plain && !came.isString()) return json::Var(json::write(came));
  return came;
}

}  // namespace

std::string_view withoutEnd(std::string_view payload) {
  constexpr std::string_view kEnds("\r\n\t \0", 5);
  const auto last = payload.find_last_not_of(kEnds);
  return last == std::string_view::npos ? std::string_view() : payload.substr(0, last + 1);
}

bool isJsonPointer(std::string_view pointer) {
  if (pointer.empty()) return true;
  if (pointer.front() != '/' || pointer.size() > 256) return false;
  for (std::size_t i = 0; i < pointer.size(); ++i)
    if (pointer[i] == '~' && (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')))
      return false;
  return true;
}

json::Var atPointer(const json::Var& root, std::string_view pointer) {
  json::Var at = root;
  while (!pointer.empty() && !at.isEmpty()) {
    pointer.remove_prefix(1);
    const auto slash = pointer.find('/');
    const std::string step = unescaped(pointer.substr(0, slash));
    pointer = slash == std::string_view::npos ? std::string_view() : pointer.substr(slash);
    if (at.type() == typeid(json::Object::Ptr)) {
      at = at.extract<json::Object::Ptr>()->get(step);
    } else if (at.type() == typeid(json::Array::Ptr)) {
      const auto array = at.extract<json::Array::Ptr>();
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      if (error != std::errc() || end != step.data() + step.size() || index >= array->size()) return {};
      at = array->get(static_cast<unsigned>(index));
    } else {
      return {};
    }
  }
  return at;
}

MqttExtract MqttExtract::make(const MqttChannel& channel, const json::Object& schema) {
  MqttExtract made;
  const auto properties = schema.getObject("properties");
  const auto typeOf = [&](const std::string& member) {
    const auto property = properties ? properties->getObject(member) : nullptr;
    return property ? property->optValue<std::string>("type", "") : std::string();
  };
  for (const auto& [member, pointer] : channel.fields) made.fields_.push_back({member, pointer, typeOf(member)});
  if (channel.pointer) made.fields_.push_back({"value", *channel.pointer, typeOf("value")});
  return made;
}

Result<std::string> MqttExtract::value(std::string_view payload) const {
  payload = withoutEnd(payload);
  auto root = json::parse(payload);
  if (fields_.empty()) {
    if (!root) return fail(ErrorCode::invalid_argument, "This is no JSON object: " + root.error().message);
    if (root->type() != typeid(json::Object::Ptr)) return fail(ErrorCode::invalid_argument, "This is no JSON object.");
    return json::write(*root);
  }
  json::Object out;
  for (const Field& field : fields_) {
    json::Var came;
    if (root)
      came = atPointer(*root, field.pointer);
    else if (field.pointer.empty() && net::isUtf8(payload))
      came = std::string(payload);  // a plain text, "ON" say
    else
      return fail(ErrorCode::invalid_argument, "This is no JSON: " + root.error().message);
    if (came.isEmpty()) return fail(ErrorCode::invalid_argument, "There is nothing at \"" + field.pointer + "\".");
    const json::Var good = fitted(came, field.type);
    if (good.isEmpty())
      return fail(ErrorCode::invalid_argument, "At \"" + field.pointer + "\" is no " + field.type + ".");
    out.set(field.member, good);
  }
  return json::write(out);
}

}  // namespace robohub::gateway
