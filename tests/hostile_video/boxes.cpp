#include "hostile_video/boxes.hpp"

#include <algorithm>
#include <array>

namespace robohub::hostile {

namespace {

constexpr std::array<std::string_view, 12> kHolders{"moov", "trak", "mdia", "minf", "stbl", "dinf",
                                                    "edts", "moof", "traf", "mvex", "udta", "mfra"};

void walk(std::string_view file, std::size_t at, std::size_t end, const std::vector<std::size_t>& inside,
          std::vector<Box>& found) {
  while (at + 8 <= end) {
    const std::size_t size = readU32(file, at);
    if (size < 8 || size > end - at) return;
    found.push_back({at, size, std::string(file.substr(at + 4, 4)), inside});
    if (std::find(kHolders.begin(), kHolders.end(), found.back().kind) != kHolders.end()) {
      std::vector<std::size_t> around = inside;
      around.push_back(at);
      walk(file, at + 8, at + size, around, found);
    }
    at += size;
  }
}

}  // namespace

std::vector<Box> boxesOf(std::string_view file) {
  std::vector<Box> found;
  walk(file, 0, file.size(), {}, found);
  return found;
}

std::uint32_t readU32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void writeU32(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i)
    if (at + i < bytes.size()) bytes[at + i] = static_cast<char>(value >> (24 - 8 * i));
}

void insertInto(std::string& file, const Box& box, std::size_t at, std::string_view text) {
  std::vector<std::size_t> around = box.inside;
  around.push_back(box.at);
  for (const std::size_t each : around)
    writeU32(file, each, readU32(file, each) + static_cast<std::uint32_t>(text.size()));
  file.insert(at, text);
}

}  // namespace robohub::hostile
