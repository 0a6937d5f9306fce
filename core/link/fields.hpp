// The members of one message, read once by the strict reader and kept without a tree: link messages are flat, so a
// nested value (parameters, a result) is kept as JSON text and passed on. Private to link/. [any-thread]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace robohub::link {

class Fields {
 public:
  enum class Kind { null, boolean, integer, number, text, nested };
  struct Field {
    std::string key;
    Kind kind = Kind::null;
    bool boolean = false;
    std::int64_t integer = 0;
    std::string text;  // of a text: its value; of a number or a nested value: JSON text
  };

  // Errors: invalid_argument ("offset N"), also when the text is no object.
  static Result<Fields> read(std::string_view text);

  const Field* find(std::string_view key) const;
  std::string_view type() const;  // the member "type", empty when it is missing or no text

  // Required members. Errors go to fault() (the first one stays) and yield an empty value, so that a message is read
  // in one go and checked once.
  std::string text(std::string_view key);
  std::string textOr(std::string_view key, std::string_view fallback);
  std::int64_t integer(std::string_view key, std::int64_t low = 0, std::int64_t high = INT64_MAX);
  bool boolean(std::string_view key);
  bool booleanOr(std::string_view key, bool fallback);
  // JSON text of an object; "" when it is null or absent and that is allowed.
  std::string object(std::string_view key, bool required);
  // JSON text of any value; "" when it is null or absent.
  std::string value(std::string_view key);

  void refuse(std::string_view key, const std::string& sentence);
  const Status& fault() const { return fault_; }

 private:
  const Field* need(std::string_view key, Kind kind, const char* what);
  std::vector<Field> fields_;
  Status fault_;
};

}  // namespace robohub::link
