// Reads one message of a robot or of its browser, once and strictly. Names and texts are parts of what was read or of
// the reader, and a message that is written like one before it is not parsed again, so that a hundred robots at a
// hundred messages a second cost little. Pure; one reader for one thread.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gateway/robot_tcp/message_fields.hpp"
#include "gateway/robot_tcp/pattern.hpp"

namespace robohub::gateway {

class RobotReader {
 public:
  // One for all connections of a thread: what it has learnt and its memory are then in the processor's caches.
  static RobotReader& ofThisThread();
  RobotReader() = default;
  RobotReader(const RobotReader&) = delete;
  RobotReader& operator=(const RobotReader&) = delete;

  // The message stays good until anything is read again, as long as `text` is there. Errors: invalid_argument: no
  // strict JSON object, or `type` is no text of 1 to 64 bytes.
  Result<const RobotMessage*> read(std::string_view text);
  // The message at the beginning of `text` when it is written like one of the last few; `size`: its bytes. Null: that
  // says nothing about what is there.
  const RobotMessage* readFront(std::string_view text, std::size_t& size);

 private:
  class Handler;
  RobotMessage message_;
  struct Known {
    RobotPattern pattern;
    std::uint64_t used = 0;  // the higher, the later
  };
  std::array<Known, 8> known_;
  std::uint64_t reads_ = 0;
  // Of the handler, kept so that their memory is there for the next message.
  std::vector<std::string_view> keys_;
  std::vector<std::size_t> starts_;
  std::vector<bool> objects_;
  std::deque<std::string> unescaped_;  // what does not stand in the text as it is meant
};

}  // namespace robohub::gateway
