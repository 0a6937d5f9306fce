// A free subtree as JSON, by the core schema of YAML 1.2, but without its traps.
#include <charconv>

#include "base/json.hpp"
#include "config/scalar.hpp"
#include "config/tree.hpp"

namespace robohub::config::detail {
namespace {

bool looksNumeric(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return !text.empty() && text.front() >= '0' && text.front() <= '9' &&
         text.find_first_not_of("0123456789.eE+-_xXoOabcdfABCDF") == std::string_view::npos;
}

bool scalarToJson(const Node& node, Reading& reading, std::string* out) {
  const std::string& text = node.text;
  if (node.quoted) {
    *out += json::quote(text);
  } else if (text == "true" || text == "false") {
    *out += text;
  } else if (isBooleanWord(text)) {
    reading.refuse(
        node.place,
        showText(text) +
            " is a boolean to some YAML readers and text to others. Write true or false, or put it in quotes.");
    return false;
  } else if (const auto integer = parseInteger(text)) {
    *out += std::to_string(*integer);
  } else if (const auto number = parseNumber(text); number && text.find_first_of(".eE") != std::string::npos) {
    *out += format(*number);
  } else if (number || (text.starts_with('0') && looksNumeric(text) && text.find('.') == std::string::npos &&
                        text.find('-') == std::string::npos)) {
    reading.refuse(node.place, showText(text) +
                                   " is a number that is too large or read differently by different readers "
                                   "(a leading zero). Write it plainly, or put it in quotes.");
    return false;
  } else if (text == ".inf" || text == "-.inf" || text == "+.inf" || text == ".nan" || text == ".Inf" ||
             text == ".NaN") {
    reading.refuse(node.place, showText(text) + " is no number that JSON knows. Put it in quotes if it is text.");
    return false;
  } else {
    *out += json::quote(text);
  }
  return true;
}

}  // namespace

bool toJson(const Node& node, Reading& reading, std::string* out) {
  bool good = true;
  switch (node.kind) {
    case Node::Kind::refused: return false;
    case Node::Kind::null: *out += "null"; return true;
    case Node::Kind::scalar: return scalarToJson(node, reading, out);
    case Node::Kind::list:
      *out += '[';
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (i) *out += ',';
        good = toJson(*node.items[i], reading, out) && good;
      }
      *out += ']';
      return good;
    case Node::Kind::mapping:
      *out += '{';
      for (std::size_t i = 0; i < node.entries.size(); ++i) {
        if (i) *out += ',';
        *out += json::quote(node.entries[i].key) + ":";
        good = toJson(*node.entries[i].value, reading, out) && good;
      }
      *out += '}';
      return good;
  }
  return good;
}

}  // namespace robohub::config::detail
