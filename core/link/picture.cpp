#include "link/picture.hpp"

#include "link/stream_head.hpp"

namespace robohub::link {
namespace {

constexpr char kPicture = 0x01;

}  // namespace

Result<std::string> encodePictureHead(std::string_view stream, std::int64_t t_ns) {
  return encodeStreamHead(kPicture, stream, t_ns);
}

Result<PictureView> parsePicture(std::string_view message) {
  if (message.size() > kMaxPictureBytes) return fail(ErrorCode::too_large, "A picture message has at most 4 MiB.");
  const auto read = parseStreamMessage(kPicture, message, "picture");
  if (!read) return fail(read.error());
  // Start of image and the marker behind it (ITU-T T.81, B.1.1.3); viewers get nothing else as image/jpeg.
  if (read->bytes.size() < 4 || read->bytes.substr(0, 3) != "\xFF\xD8\xFF")
    return fail(ErrorCode::invalid_argument, "The picture is no JPEG.");
  return PictureView{read->stream, read->t_ns, read->bytes};
}

}  // namespace robohub::link
