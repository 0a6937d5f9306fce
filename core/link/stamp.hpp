// A message that was delayed must never count as fresh, and the two ends' clocks cannot be compared. So the agent
// stamps its own beats with its own clock, the hub echoes a stamp in everything that moves something, and the agent
// measures age on the one clock that it trusts. The nonce ties a stamp to one connection: nothing crosses a reconnect.
// docs/PROTOCOL.md, section 3.2. [any-thread]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::link {

// Names one control connection of one agent: 128 random bits, made by the agent (the shell injects the randomness).
// All zero = none. Text form: 32 lower-case hex digits.
struct Nonce {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool isNone() const { return high == 0 && low == 0; }
  std::string text() const;
  static Result<Nonce> parse(std::string_view text);  // invalid_argument; refuses the none nonce
  friend bool operator==(const Nonce&, const Nonce&) = default;
};

// One reading of the agent's monotonic clock on one connection. Text form: "<nonce>.<t_ns>", t_ns in decimal.
struct Stamp {
  Nonce nonce;
  std::int64_t t_ns = 0;

  std::string text() const;
  void appendTo(std::string& out) const;
  static Result<Stamp> parse(std::string_view text);  // invalid_argument
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

}  // namespace robohub::link
