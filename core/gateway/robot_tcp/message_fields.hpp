// What a message of a robot or of its browser says: its type, and of `data` what the known types need. Objects within
// `data` are kept one level deep ("m1": {"dir","spd"}); what lies deeper is checked and not kept. Names and texts are
// parts of what was read, or of the reader. Pure. [any-thread]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace robohub::gateway {

struct RobotField {
  enum class Kind { null, boolean, number, text, object, array };
  std::string_view in;  // the member of `data` that it is in; "": data itself
  std::string_view key;
  Kind kind = Kind::null;
  bool boolean = false;
  bool whole = false;  // written as an integer
  double number = 0;
  std::int64_t integer = 0;  // of a whole one, to its last digit
  std::string_view text;
};

// What a robot calls itself: a text, or a whole number as one. "" for anything else.
std::string robotIdOf(const RobotField& field);

struct RobotMessage {
  std::string_view type;
  bool has_data = false;  // of whatever kind
  std::vector<RobotField> fields;

  // Null when there is none.
  const RobotField* find(std::string_view key, std::string_view in = {}) const;
};

}  // namespace robohub::gateway
