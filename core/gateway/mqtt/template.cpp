#include "gateway/mqtt/template.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "base/ids.hpp"
#include "gateway/mqtt/topic.hpp"

namespace robohub::gateway {

namespace {

constexpr double kLargest = 1e15;

Status refuse(std::string sentence, std::string where = {}) {
  return fail(ErrorCode::invalid_argument, std::move(sentence), std::move(where));
}

bool isWhole(const std::string& unit) {
  return unit == "px" || unit == "counts";
}

bool canBeSent(double number) {
  return std::isfinite(number) && std::fabs(number) <= kLargest;
}

// Nearly all numbers of a click. The way of doubles through printf is a long one.
std::string wholeNumber(double number) {
  return std::to_string(static_cast<std::int64_t>(number));
}

}  // namespace

std::string roundedNumber(double number, int decimals) {
  if (!canBeSent(number)) return {};
  // Halves go to the even neighbour, as printf has them.
  if (decimals == 0) return wholeNumber(std::nearbyint(number));
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  std::string out = text;
  // "-0" is no whole number to everybody.
  if (out.find_first_not_of("-0.") == std::string::npos && out.front() == '-') out.erase(0, 1);
  return out;
}

std::string plainNumber(double number) {
  if (canBeSent(number) && number == std::trunc(number)) return wholeNumber(number);
  std::string out = roundedNumber(number, 9);
  if (out.find('.') == std::string::npos) return out;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

Result<MqttTemplate> MqttTemplate::parse(std::string_view text) {
  MqttTemplate made;
  Part part;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if ((c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
      part.text += c;
      ++at;
    } else if (c == '{') {
      const auto end = text.find('}', at);
      if (end == std::string_view::npos)
        return fail(ErrorCode::invalid_argument, "A brace is not closed; a brace itself is written {{ or }}.");
      const std::string_view inside = text.substr(at + 1, end - at - 1);
      const auto colon = inside.find(':');
      part.name = inside.substr(0, colon);
      if (!isPlainName(part.name))
        return fail(ErrorCode::invalid_argument,
                    "\"{" + std::string(inside) + "}\" names no parameter; a brace itself is written {{ or }}.");
      if (colon != std::string_view::npos) {
        const std::string_view form = inside.substr(colon + 1);
        const auto bar = form.find('|');
        if (form == "json") {
          part.form = Form::json;
        } else if (form.size() == 1 && form[0] >= '0' && form[0] <= '9') {
          part.form = Form::decimals;
          part.decimals = form[0] - '0';
        } else if (bar != std::string_view::npos && bar == form.rfind('|')) {
          part.form = Form::words;
          part.yes = form.substr(0, bar);
          part.no = form.substr(bar + 1);
        } else {
          return fail(ErrorCode::invalid_argument,
                      "\"" + std::string(form) + "\" is no form of a value; known are 0 to 9 (decimals), json, and " +
                          "two words as in ON|OFF.");
        }
      }
      made.parts_.push_back(std::move(part));
      part = Part();
      at = end;
    } else if (c == '}') {
      return fail(ErrorCode::invalid_argument, "A brace is closed that was not opened; a brace itself is written }}.");
    } else {
      part.text += c;
    }
  }
  if (!part.text.empty()) made.parts_.push_back(std::move(part));
  return made;
}

Status MqttTemplate::check(std::string_view text, const std::vector<std::string>* names) {
  const auto made = parse(text);
  if (!made) return fail(made.error());
  for (const Part& part : made->parts_)
    if (names && !part.name.empty() && std::find(names->begin(), names->end(), part.name) == names->end())
      return refuse("There is no parameter \"" + part.name + "\".");
  return {};
}

Result<MqttTemplate> MqttTemplate::make(std::string_view text, const json::Object& params) {
  auto made = parse(text);
  if (!made) return made;
  const auto properties = params.getObject("properties");
  const auto required = params.getArray("required");
  for (Part& part : made->parts_) {
    if (part.name.empty()) continue;
    const auto property = properties ? properties->getObject(part.name) : nullptr;
    if (!property) return fail(ErrorCode::invalid_argument, "There is no parameter \"" + part.name + "\".");
    bool needed = false;
    for (std::size_t i = 0; required && i < required->size(); ++i)
      needed = needed || required->get(static_cast<unsigned>(i)).toString() == part.name;
    if (!needed)
      return fail(ErrorCode::invalid_argument,
                  "The parameter \"" + part.name + "\" may be left out, so no message can be made with it.");
    const std::string type = property->optValue<std::string>("type", "");
    const bool number = type == "number" || type == "integer";
    if ((part.form == Form::decimals && !number) || (part.form == Form::words && type != "boolean"))
      return fail(ErrorCode::invalid_argument,
                  "This form does not fit \"" + part.name + "\", which is a " + type + ".");
    if (part.form != Form::json && !number && type != "boolean" && type != "string")
      return fail(ErrorCode::invalid_argument,
                  "\"" + part.name + "\" is an " + type + ", which only {" + part.name + ":json} can write.");
    if (part.form == Form::plain && (type == "integer" || isWhole(property->optValue<std::string>("x-unit", "")))) {
      part.form = number ? Form::decimals : Form::plain;
      part.decimals = 0;
    }
  }
  return made;
}

Status MqttTemplate::value(const Part& part, const json::Var& value, std::string& out) {
  const auto where = [&] { return "/" + part.name; };
  if (part.form == Form::json) {
    out += json::write(value);
    return {};
  }
  if (value.isBoolean()) {
    const bool yes = value.convert<bool>();
    if (part.form == Form::words)
      out += yes ? part.yes : part.no;
    else
      out += yes ? "true" : "false";
    return {};
  }
  if (value.isString()) {
    const auto text = value.convert<std::string>();
    for (const char c : text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
        return refuse("A control character cannot be sent to this device.", where());
    out += text;
    return {};
  }
  if (!value.isNumeric()) return refuse("This must be a number, a text, or true or false.", where());
  const double number = value.convert<double>();
  const std::string text = part.form == Form::decimals ? roundedNumber(number, part.decimals) : plainNumber(number);
  if (text.empty()) return refuse("This number cannot be sent.", where());
  out += text;
  return {};
}

Result<std::string> MqttTemplate::render(const json::Object& params) const {
  std::string out;
  for (const Part& part : parts_) {
    out += part.text;
    if (part.name.empty()) continue;
    const json::Var given = params.get(part.name);
    if (given.isEmpty()) return fail(ErrorCode::invalid_argument, "This is missing.", "/" + part.name);
    if (Status ok = value(part, given, out); !ok) return fail(ok.error());
  }
  if (out.size() > kMaxMqttPayload) return fail(ErrorCode::too_large, "The message would be over 64 KiB.");
  return out;
}

}  // namespace robohub::gateway
