// One message of a robot or of its browser, read once and strictly: its type, and of `data` what the known types need.
// Objects within `data` are kept one level deep ("m1": {"dir","spd"}); what lies deeper is checked and not kept.
// Names and texts are parts of what was read, so that a hundred robots at a hundred messages a second cost little.
// Pure. [any-thread], one reader for one thread.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

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

class RobotReader {
 public:
  // The message stays good until the next read(), as long as `text` is there. Errors: invalid_argument: no strict JSON
  // object, or `type` is no text of 1 to 64 bytes.
  Result<const RobotMessage*> read(std::string_view text);

 private:
  class Handler;
  RobotMessage message_;
  // Of the handler, kept so that their memory is there for the next message.
  std::vector<std::string_view> keys_;
  std::vector<std::size_t> starts_;
  std::vector<bool> objects_;
  std::deque<std::string> unescaped_;  // what does not stand in the text as it is meant
};

}  // namespace robohub::gateway
