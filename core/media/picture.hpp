// One camera picture, framed once for every viewer. Browsers show a part of multipart/x-mixed-replace only when they
// see the boundary behind it, so each part here carries its closing boundary: a picture is shown when it has
// arrived, not one picture later.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace robohub::media {

inline constexpr std::string_view kBoundary = "robohub-picture";
inline constexpr std::size_t kMaxPictureBytes = 4 * 1024 * 1024;

// Immutable. [any-thread]
struct Picture {
  SharedBytes part;             // part head, JPEG, closing boundary
  std::size_t jpeg_offset = 0;  // where the JPEG begins in `part`
  std::size_t jpeg_bytes = 0;
  MonoTime received{};
  std::string_view jpeg() const { return std::string_view(*part).substr(jpeg_offset, jpeg_bytes); }
  // The JPEG alone, copied once for all who ask for a still.
  SharedBytes still() const;

 private:
  mutable std::once_flag still_once_;
  mutable SharedBytes still_;
};
using PicturePtr = std::shared_ptr<const Picture>;

// Content-Type of the whole answer, and what stands before its first part.
std::string mjpegContentType();
SharedBytes mjpegOpening();

// Copies `jpeg` once into its part, with the Huffman tables that a camera may leave out (jpeg_tables.hpp). Errors:
// invalid_argument unless it begins with SOI (FF D8 FF) and ends with EOI (FF D9, trailing zero padding allowed);
// too_large over kMaxPictureBytes.
Result<PicturePtr> framePicture(std::string_view jpeg, MonoTime received, WallTime wall);

}  // namespace robohub::media
