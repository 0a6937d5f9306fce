// Pictures that carry their number and the time at which they were made, in a comment right behind the JPEG's begin.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

// Makes valid JPEGs of one exact size (of about 700 bytes at least): a small grey square, filled up with comments.
class PictureMaker {
 public:
  explicit PictureMaker(std::size_t size);
  // Valid until the next call.
  std::string_view make(std::uint64_t number, std::int64_t made_ns);

 private:
  std::string jpeg_;
};

struct Stamp {
  std::uint64_t number = 0;
  std::int64_t made_ns = 0;
};
inline constexpr std::size_t kStampedBytes = 64;  // a picture's begin of this length holds its stamp
// Nothing when this is not the begin of such a picture.
std::optional<Stamp> readStamp(std::string_view begin);

}  // namespace bench
