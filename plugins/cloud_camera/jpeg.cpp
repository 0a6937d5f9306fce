#include "cloud_camera/jpeg.hpp"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

#include <jerror.h>

namespace cloud_camera {
namespace {

constexpr JDIMENSION kLargest = 4096;

// libjpeg ends the process on an error unless its handler jumps away, and writes warnings to standard error.
struct Errors {
  jpeg_error_mgr base;
  std::jmp_buf escape;
  bool cut_short;
};

void leave(j_common_ptr jpeg) {
  std::longjmp(reinterpret_cast<Errors*>(jpeg->err)->escape, 1);
}
void keepQuiet(j_common_ptr) {}
// Cameras are sloppy between their markers; only what lacks a part of the picture is no picture.
void note(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  const int what = jpeg->err->msg_code;
  if (what == JWRN_JPEG_EOF || what == JWRN_HIT_MARKER) reinterpret_cast<Errors*>(jpeg->err)->cut_short = true;
}

jpeg_error_mgr* handler(Errors& errors) {
  jpeg_std_error(&errors.base);
  errors.base.error_exit = leave;
  errors.base.output_message = keepQuiet;
  errors.base.emit_message = note;
  return &errors.base;
}

// One line of interleaved YCbCr into the planes; colour is taken from even lines, of pairs of pixels.
void takeLine(const std::uint8_t* line, int row, Frame& frame) {
  const auto width = static_cast<std::size_t>(frame.width);
  std::uint8_t* y = frame.y.data() + static_cast<std::size_t>(row) * width;
  for (std::size_t x = 0; x < width; ++x) y[x] = line[3 * x];
  if (row % 2 != 0) return;
  const std::size_t colour = static_cast<std::size_t>(row / 2) * (width / 2);
  for (std::size_t x = 0; x < width / 2; ++x) {
    frame.u[colour + x] = static_cast<std::uint8_t>((line[6 * x + 1] + line[6 * x + 4]) / 2);
    frame.v[colour + x] = static_cast<std::uint8_t>((line[6 * x + 2] + line[6 * x + 5]) / 2);
  }
}

// Nothing with a destructor lives in here: a jump would pass it by.
bool decompress(jpeg_decompress_struct& jpeg, Errors& errors, std::string_view bytes, Frame& frame,
                std::vector<std::uint8_t>& line) {
  jpeg.err = handler(errors);
  if (setjmp(errors.escape) != 0) return false;
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
  if (jpeg_read_header(&jpeg, TRUE) != JPEG_HEADER_OK) return false;
  if (jpeg.image_width > kLargest || jpeg.image_height > kLargest || jpeg.image_width < 2 || jpeg.image_height < 2)
    return false;
  jpeg.out_color_space = JCS_YCbCr;
  jpeg.dct_method = JDCT_IFAST;
  jpeg.do_fancy_upsampling = FALSE;
  jpeg_start_decompress(&jpeg);
  const std::int64_t t_ns = frame.t_ns;
  frame = Frame(static_cast<int>(jpeg.output_width) & ~1, static_cast<int>(jpeg.output_height) & ~1);
  frame.t_ns = t_ns;
  line.resize(static_cast<std::size_t>(jpeg.output_width) * 3);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = line.data();
    const int number = static_cast<int>(jpeg.output_scanline);
    if (jpeg_read_scanlines(&jpeg, &row, 1) != 1) return false;
    if (number < frame.height) takeLine(line.data(), number, frame);
  }
  jpeg_finish_decompress(&jpeg);
  return !errors.cut_short;
}

bool compress(jpeg_compress_struct& jpeg, Errors& errors, const Frame& frame, int quality, std::uint8_t* line,
              unsigned char*& out, unsigned long& size) {
  jpeg.err = handler(errors);
  if (setjmp(errors.escape) != 0) return false;
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &out, &size);
  jpeg.image_width = static_cast<JDIMENSION>(frame.width);
  jpeg.image_height = static_cast<JDIMENSION>(frame.height);
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_YCbCr;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg.dct_method = JDCT_IFAST;
  jpeg_start_compress(&jpeg, TRUE);
  const auto width = static_cast<std::size_t>(frame.width);
  while (jpeg.next_scanline < jpeg.image_height) {
    const std::size_t row = jpeg.next_scanline, colour = row / 2 * (width / 2);
    for (std::size_t x = 0; x < width; ++x) {
      line[3 * x] = frame.y[row * width + x];
      line[3 * x + 1] = frame.u[colour + x / 2];
      line[3 * x + 2] = frame.v[colour + x / 2];
    }
    JSAMPROW pointer = line;
    jpeg_write_scanlines(&jpeg, &pointer, 1);
  }
  jpeg_finish_compress(&jpeg);
  return true;
}

}  // namespace

bool decodeJpeg(std::string_view jpeg, Frame& frame) {
  jpeg_decompress_struct decoder{};
  Errors errors{};
  std::vector<std::uint8_t> line;
  const bool done = decompress(decoder, errors, jpeg, frame, line);
  jpeg_destroy_decompress(&decoder);
  return done;
}

std::vector<std::uint8_t> encodeJpeg(const Frame& frame, int quality) {
  jpeg_compress_struct encoder{};
  Errors errors{};
  std::vector<std::uint8_t> line(static_cast<std::size_t>(frame.width) * 3);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  const bool done = compress(encoder, errors, frame, quality, line.data(), out, size);
  jpeg_destroy_compress(&encoder);
  std::vector<std::uint8_t> bytes;
  if (done && out != nullptr) bytes.assign(out, out + size);
  std::free(out);
  return bytes;
}

}  // namespace cloud_camera
