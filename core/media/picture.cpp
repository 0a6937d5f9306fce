#include "media/picture.hpp"

#include <cstdio>

#include "media/jpeg_tables.hpp"

namespace robohub::media {

namespace {
std::string_view withoutPadding(std::string_view jpeg) {
  while (!jpeg.empty() && jpeg.back() == '\0') jpeg.remove_suffix(1);
  return jpeg;
}
}  // namespace

SharedBytes Picture::still() const {
  std::call_once(still_once_, [this] { still_ = shareBytes(std::string(jpeg())); });
  return still_;
}

std::string mjpegContentType() {
  return "multipart/x-mixed-replace; boundary=" + std::string(kBoundary);
}

SharedBytes mjpegOpening() {
  static const SharedBytes opening = shareBytes("--" + std::string(kBoundary) + "\r\n");
  return opening;
}

Result<PicturePtr> framePicture(std::string_view jpeg, MonoTime received, WallTime wall) {
  if (jpeg.size() > kMaxPictureBytes)
    return fail(ErrorCode::too_large, "A picture has " + std::to_string(jpeg.size()) + " bytes; at most " +
                                          std::to_string(kMaxPictureBytes) + " are taken.");
  const std::string_view body = withoutPadding(jpeg);
  if (body.size() < 5 || body.substr(0, 3) != "\xff\xd8\xff" || body.substr(body.size() - 2) != "\xff\xd9")
    return fail(ErrorCode::invalid_argument, "What the device sent as a picture is not a whole JPEG.");

  const std::size_t place = placeOfMissingTables(body).value_or(0);
  const std::string_view standard = standardHuffmanTables();
  const bool lacks_tables = place > 0 && body.size() + standard.size() <= kMaxPictureBytes;
  const std::size_t jpeg_bytes = body.size() + (lacks_tables ? standard.size() : 0);

  char head[160];
  const long long ms = toMs(wall);
  const int head_bytes = std::snprintf(
      head, sizeof head, "Content-Type: image/jpeg\r\nContent-Length: %zu\r\nX-Timestamp: %lld.%03lld\r\n\r\n",
      jpeg_bytes, ms / 1000, ms % 1000);
  std::string part;
  part.reserve(static_cast<std::size_t>(head_bytes) + jpeg_bytes + kBoundary.size() + 6);
  part.append(head, static_cast<std::size_t>(head_bytes));
  if (lacks_tables) part.append(body.substr(0, place)).append(standard);
  part.append(lacks_tables ? body.substr(place) : body);
  part.append("\r\n--").append(kBoundary).append("\r\n");

  auto picture = std::make_shared<Picture>();
  picture->part = shareBytes(std::move(part));
  picture->jpeg_offset = static_cast<std::size_t>(head_bytes);
  picture->jpeg_bytes = jpeg_bytes;
  picture->received = received;
  return PicturePtr(std::move(picture));
}

}  // namespace robohub::media
