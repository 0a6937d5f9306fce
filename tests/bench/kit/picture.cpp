#include "kit/picture.hpp"

// jpeglib.h wants FILE and size_t to be there before it.
#include <jpeglib.h>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <vector>

#include "kit/measure.hpp"

namespace bench {
namespace {

constexpr const char* kFormat = "robohub picture %016llx made %016llx";
constexpr std::size_t kTextLength = 16 + 16 + 16 + 6;
constexpr std::size_t kTextAt = 6;  // behind SOI, the comment's marker and its length

std::string greySquare() {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &bytes, &size);
  jpeg.image_width = jpeg.image_height = 16;
  jpeg.input_components = 1;
  jpeg.in_color_space = JCS_GRAYSCALE;
  jpeg_set_defaults(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  std::vector<JSAMPLE> grey(16, 128);
  JSAMPROW row = grey.data();
  while (jpeg.next_scanline < jpeg.image_height) jpeg_write_scanlines(&jpeg, &row, 1);
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::string result(reinterpret_cast<char*>(bytes), size);
  std::free(bytes);
  return result;
}

std::string comment(const std::string& text) {
  const std::size_t length = text.size() + 2;
  return std::string("\xff\xfe") + static_cast<char>(length >> 8) + static_cast<char>(length) + text;
}

}  // namespace

PictureMaker::PictureMaker(std::size_t size) {
  const std::string square = greySquare();
  jpeg_ = square.substr(0, 2) + comment(std::string(kTextLength, ' '));
  const std::string rest = square.substr(2);
  while (jpeg_.size() + rest.size() < size) {
    const std::size_t missing = size - jpeg_.size() - rest.size();
    if (missing < 4) giveUp("a picture cannot have " + std::to_string(size) + " bytes");
    std::size_t length = std::min<std::size_t>(missing - 4, 60'000);
    if (missing - 4 - length > 0 && missing - 4 - length < 4) length -= 4;  // room for one more comment's head
    std::string filling(length, ' ');
    for (std::size_t i = 0; i < length; ++i) filling[i] = static_cast<char>('a' + i * i % 23);
    jpeg_ += comment(filling);
  }
  jpeg_ += rest;
}

std::string_view PictureMaker::make(std::uint64_t number, std::int64_t made_ns) {
  char text[kTextLength + 1];
  std::snprintf(text, sizeof text, kFormat, static_cast<unsigned long long>(number),
                static_cast<unsigned long long>(made_ns));
  std::memcpy(jpeg_.data() + kTextAt, text, kTextLength);
  return jpeg_;
}

std::optional<Stamp> readStamp(std::string_view begin) {
  if (begin.size() < kTextAt + kTextLength || begin.substr(0, 2) != "\xff\xd8") return std::nullopt;
  const std::string text(begin.substr(kTextAt, kTextLength));
  unsigned long long number = 0, made = 0;
  if (std::sscanf(text.c_str(), "robohub picture %llx made %llx", &number, &made) != 2) return std::nullopt;
  return Stamp{number, static_cast<std::int64_t>(made)};
}

}  // namespace bench
