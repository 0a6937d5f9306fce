// The payload of a command as an operator writes it: text with the command's parameters in braces.
//
//   {x_px}        the value: a number without exponent (whole where its unit is px or counts), true or false, or a text
//   {speed:2}     a number rounded to so many decimals (0 to 9)
//   {on:ON|OFF}   of a boolean: the first word for true, the other for false
//   {text:json}   the value as JSON, a text in quotes
//   {{ and }}     braces
//
// Immutable; made once, checked against the command's parameters before anything runs. [any-thread]
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace robohub::gateway {

class MqttTemplate {
 public:
  // `params`: the JSON Schema of the command's parameters. Errors: invalid_argument for unknown or optional names, a
  // form that does not fit the parameter's type, lone braces.
  static Result<MqttTemplate> make(std::string_view text, const json::Object& params);
  // Only whether braces and forms are in order and, where names are given, every name is one of them.
  static Status check(std::string_view text, const std::vector<std::string>* names = nullptr);

  // `params` fits the schema. Errors: invalid_argument (`where`: the parameter) for a number that is not finite, a text
  // with control characters; too_large over 64 KiB.
  Result<std::string> render(const json::Object& params) const;

 private:
  enum class Form { plain, decimals, words, json };
  struct Part {
    std::string text;  // goes before the value
    std::string name;  // empty: no value
    Form form = Form::plain;
    int decimals = 0;
    std::string yes, no;
  };
  static Result<MqttTemplate> parse(std::string_view text);
  static Status value(const Part& part, const json::Var& value, std::string& out);

  std::vector<Part> parts_;
};

// Without exponent, at most 9 decimals and none that are zero at the end: "0.1", "480", "-3.25". Finite numbers up to
// 10^15 only; others give nothing.
std::string plainNumber(double number);
std::string roundedNumber(double number, int decimals);

}  // namespace robohub::gateway
