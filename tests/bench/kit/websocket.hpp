// Just enough of RFC 6455 for load generators and yardsticks: both know that the other side sends whole messages.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "kit/net.hpp"

namespace bench::ws {

enum : std::uint8_t { kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// The upgrade request; `headers` are further lines, each with its line end.
std::string request(const Url& url, const std::string& headers);
// The answer to any client that uses request()'s key, and to others by their key.
std::string answer(std::string_view request_head);
// True when this head of an answer accepts request().
bool accepted(std::string_view answer_head);

// One whole frame. Clients mask.
std::string frame(std::uint8_t opcode, std::string_view payload, bool mask);

struct Frame {
  std::uint8_t opcode = 0;
  std::string_view payload;  // unmasked in place
};
// Reads the frame at the begin of `bytes`. Returns how many bytes it has, 0 when it is not complete.
std::size_t parse(char* bytes, std::size_t size, Frame* frame);

}  // namespace bench::ws
