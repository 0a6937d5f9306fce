#include "net/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace robohub::net {

bool isUtf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  const auto continues = [&](int i, unsigned char low = 0x80, unsigned char high = 0xbf) {
    return at[i] >= low && at[i] <= high;
  };
  while (at < end) {
    // Most text is ASCII: eight bytes at a time.
    while (end - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      if (word & 0x8080808080808080u) break;
      at += 8;
    }
    if (at == end) break;
    const unsigned char lead = *at;
    if (lead < 0x80) {
      ++at;
    } else if (lead >= 0xc2 && lead <= 0xdf) {
      if (end - at < 2 || !continues(1)) return false;
      at += 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      const unsigned char low = lead == 0xe0 ? 0xa0 : 0x80, high = lead == 0xed ? 0x9f : 0xbf;
      if (end - at < 3 || !continues(1, low, high) || !continues(2)) return false;
      at += 3;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      const unsigned char low = lead == 0xf0 ? 0x90 : 0x80, high = lead == 0xf4 ? 0x8f : 0xbf;
      if (end - at < 4 || !continues(1, low, high) || !continues(2) || !continues(3)) return false;
      at += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace robohub::net
