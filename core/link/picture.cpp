#include "link/picture.hpp"

#include "base/ids.hpp"

namespace robohub::link {
namespace {

constexpr char kPicture = 0x01;
constexpr std::size_t kTimeBytes = 8;

Error cutShort() {
  return {ErrorCode::invalid_argument, "This is no whole picture message.", {}};
}

}  // namespace

Result<std::string> encodePictureHead(std::string_view stream, std::int64_t t_ns) {
  if (!isPlainName(stream)) return fail(ErrorCode::invalid_argument, "A stream's name is a plain name.");
  std::string head;
  head.reserve(2 + stream.size() + kTimeBytes);
  head += kPicture;
  head += static_cast<char>(stream.size());
  head += stream;
  for (int shift = 56; shift >= 0; shift -= 8) head += static_cast<char>(static_cast<std::uint64_t>(t_ns) >> shift);
  return head;
}

Result<PictureView> parsePicture(std::string_view message) {
  if (message.size() > kMaxPictureBytes) return fail(ErrorCode::too_large, "A picture message has at most 4 MiB.");
  if (message.size() < 2 || message[0] != kPicture) return fail(cutShort());
  const std::size_t name_bytes = static_cast<unsigned char>(message[1]);
  const std::size_t head_bytes = 2 + name_bytes + kTimeBytes;
  if (message.size() < head_bytes + 4) return fail(cutShort());
  PictureView view;
  view.stream = message.substr(2, name_bytes);
  if (!isPlainName(view.stream)) return fail(ErrorCode::invalid_argument, "A stream's name is a plain name.");
  std::uint64_t t_ns = 0;
  for (std::size_t i = 0; i < kTimeBytes; ++i)
    t_ns = t_ns << 8 | static_cast<unsigned char>(message[2 + name_bytes + i]);
  view.t_ns = static_cast<std::int64_t>(t_ns);
  view.jpeg = message.substr(head_bytes);
  // Start of image and the marker behind it (ITU-T T.81, B.1.1.3); viewers get nothing else as image/jpeg.
  if (view.jpeg.substr(0, 3) != "\xFF\xD8\xFF") return fail(ErrorCode::invalid_argument, "The picture is no JPEG.");
  return view;
}

}  // namespace robohub::link
