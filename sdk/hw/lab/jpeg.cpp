#include "hw/lab/jpeg.hpp"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

namespace rh::hw::lab {
namespace {

// libjpeg ends the process on an error unless its handler jumps away.
struct Errors {
  jpeg_error_mgr base;
  std::jmp_buf escape;
};

void leave(j_common_ptr jpeg) {
  std::longjmp(reinterpret_cast<Errors*>(jpeg->err)->escape, 1);
}

bool compress(jpeg_compress_struct& jpeg, Errors& errors, const Image& image, int quality, unsigned char*& out,
              unsigned long& size) {
  jpeg.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = leave;
  if (setjmp(errors.escape) != 0) return false;
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &out, &size);
  jpeg.image_width = static_cast<JDIMENSION>(image.width);
  jpeg.image_height = static_cast<JDIMENSION>(image.height);
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg.dct_method = JDCT_IFAST;
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = const_cast<JSAMPROW>(image.at(0, static_cast<int>(jpeg.next_scanline)));
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  return true;
}

}  // namespace

const std::vector<std::uint8_t>& JpegEncoder::encode(const Image& image) {
  // Room for any picture, so that libjpeg does not grow its buffer by doubling.
  bytes_.resize(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height));
  unsigned char* out = bytes_.data();
  unsigned long size = bytes_.size();
  jpeg_compress_struct jpeg{};
  Errors errors{};
  const bool done = compress(jpeg, errors, image, quality_, out, size);
  jpeg_destroy_compress(&jpeg);
  if (done && out == bytes_.data()) {
    bytes_.resize(size);
  } else {
    bytes_.clear();
  }
  if (out != nullptr && out != bytes_.data() && !done) std::free(out);
  return bytes_;
}

}  // namespace rh::hw::lab
