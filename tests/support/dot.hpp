// Finds the laser's dot in a picture as a person would: the reddest spot. Tests judge where the dot IS, not what
// messages say. Header-only; link PkgConfig::JPEG.
#pragma once
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <vector>

#include <jpeglib.h>

namespace robohub::test {

struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;  // rows of red, green, blue
};

// Continuous picture coordinates: pixel column 100 covers 100..101.
struct Dot {
  double x_px = 0;
  double y_px = 0;
  int area_px = 0;  // pixels that are clearly red
};

namespace detail {
struct JpegErrors {
  jpeg_error_mgr base;
  std::jmp_buf escape;
};
}  // namespace detail

// Nothing for bytes that are no whole JPEG.
inline std::optional<Picture> decodeJpeg(const void* data, std::size_t size) {
  jpeg_decompress_struct jpeg{};
  detail::JpegErrors errors{};
  static thread_local Picture picture;  // outlives the jump below
  picture = Picture{};
  jpeg.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = [](j_common_ptr common) {
    std::longjmp(reinterpret_cast<detail::JpegErrors*>(common->err)->escape, 1);
  };
  errors.base.output_message = [](j_common_ptr) {};
  if (setjmp(errors.escape) != 0) {
    jpeg_destroy_decompress(&jpeg);
    return std::nullopt;
  }
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, static_cast<const unsigned char*>(data), static_cast<unsigned long>(size));
  jpeg_read_header(&jpeg, TRUE);
  jpeg.out_color_space = JCS_RGB;
  jpeg_start_decompress(&jpeg);
  picture.width = static_cast<int>(jpeg.output_width);
  picture.height = static_cast<int>(jpeg.output_height);
  picture.rgb.resize(static_cast<std::size_t>(jpeg.output_width) * jpeg.output_height * 3);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = &picture.rgb[static_cast<std::size_t>(jpeg.output_scanline) * jpeg.output_width * 3];
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_decompress(&jpeg);
  const bool whole = errors.base.num_warnings == 0;
  jpeg_destroy_decompress(&jpeg);
  if (!whole) return std::nullopt;
  return picture;
}

// By how much red stands above the other two colours, -255..255.
inline int redness(const std::uint8_t* pixel) {
  return pixel[0] - (pixel[1] > pixel[2] ? pixel[1] : pixel[2]);
}

// The middle of all clearly red pixels, each with the weight of its redness. Nothing when fewer than 12 are red: the
// laser is off.
inline std::optional<Dot> findDot(const Picture& picture) {
  constexpr int kClearlyRed = 130;
  double weight = 0, x = 0, y = 0;
  int area = 0;
  for (int row = 0; row < picture.height; ++row) {
    for (int column = 0; column < picture.width; ++column) {
      const auto at =
          (static_cast<std::size_t>(row) * static_cast<std::size_t>(picture.width) + static_cast<std::size_t>(column)) *
          3;
      const int red = redness(&picture.rgb[at]);
      if (red < kClearlyRed) continue;
      ++area;
      weight += red;
      x += red * (column + 0.5);
      y += red * (row + 0.5);
    }
  }
  if (area < 12) return std::nullopt;
  return Dot{x / weight, y / weight, area};
}

inline std::optional<Dot> findDot(const void* jpeg, std::size_t size) {
  const auto picture = decodeJpeg(jpeg, size);
  return picture ? findDot(*picture) : std::nullopt;
}

}  // namespace robohub::test
