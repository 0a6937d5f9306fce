// The boxes of an MP4 (ISO/IEC 14496-12, 4.2), found without a library, so that they can be spoilt one by one.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace robohub::hostile {

struct Box {
  std::size_t at = 0;    // of its length
  std::size_t size = 0;  // with its head of 8 bytes
  std::string kind;
  std::vector<std::size_t> inside;  // where the boxes begin that hold it, outermost first
  std::size_t payload() const { return at + 8; }
  std::size_t payloadBytes() const { return size - 8; }
};

// All boxes of a file that is whole, those within others too, in their order.
std::vector<Box> boxesOf(std::string_view file);

std::uint32_t readU32(std::string_view bytes, std::size_t at);
void writeU32(std::string& bytes, std::size_t at, std::uint32_t value);
// Puts text into the file at `at`, and lengthens the box that holds it there and those around it.
void insertInto(std::string& file, const Box& box, std::size_t at, std::string_view text);

}  // namespace robohub::hostile
