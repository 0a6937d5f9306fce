// The size of a JPEG by its frame header (ITU-T T.81, B.2.2), without decoding it. Pure. [any-thread]
#pragma once
#include <optional>
#include <string_view>

namespace robohub::media {

struct JpegSize {
  int width = 0, height = 0;
};
// Nothing when there is no such header, or one without a size.
std::optional<JpegSize> jpegSize(std::string_view jpeg);

}  // namespace robohub::media
