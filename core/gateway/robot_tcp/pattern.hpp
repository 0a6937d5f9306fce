// A robot and its page say the same again and again, and only numbers and texts in it differ. A pattern is one message
// that was read strictly before; whatever is written exactly like it but for those values is read without a parser:
// what stands between the values is the same, so it is the same strict JSON, and each value is checked by itself. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "gateway/robot_tcp/message_fields.hpp"

namespace robohub::gateway {

class RobotPattern {
 public:
  static constexpr std::size_t kMostBytes = 512, kMostFields = 16;  // of the message; bytes also of a text in it

  RobotPattern() = default;
  RobotPattern(const RobotPattern&) = delete;
  RobotPattern& operator=(const RobotPattern&) = delete;

  // `message` is what RobotReader made of `text` just now. False: not every value of it stands in the text as it is
  // meant, or it is too long; the pattern stays as it was then.
  bool learn(std::string_view text, const RobotMessage& message);
  // How many bytes at the beginning of `text` are a message like the one learnt; 0: none are, which says nothing about
  // what they are.
  std::size_t match(std::string_view text);
  // Of the newest match; its texts are parts of that text.
  const RobotMessage& message() const { return message_; }

 private:
  struct Gap {
    std::size_t literal = 0;  // of text_: what stands between the value before and this one
    std::size_t size = 0;
    std::size_t field = 0;
  };
  bool ready_ = false;
  std::string text_;
  std::vector<Gap> gaps_;
  std::size_t tail_ = 0;  // of text_: where what follows the last value begins
  RobotMessage message_;  // its type and keys are parts of text_
};

}  // namespace robohub::gateway
