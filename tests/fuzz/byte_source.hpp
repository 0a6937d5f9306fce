// Decisions out of a fuzzer's bytes, for targets that make their input instead of reading it: what is used up gives
// zeros, so that every input is a whole one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fuzz {

class ByteSource {
 public:
  explicit ByteSource(std::string_view bytes) : left_(bytes) {}

  bool empty() const { return left_.empty(); }
  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  // One of 0 .. count - 1; count at most 256.
  std::size_t pick(std::size_t count) { return byte() % count; }
  bool flag() { return byte() & 1; }
  std::int64_t integer(int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | byte();
    return static_cast<std::int64_t>(value);
  }
  std::string_view take(std::size_t most) {
    const auto taken = left_.substr(0, most);
    left_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view left_;
};

}  // namespace fuzz
