// Pictures of cameras that leave the Huffman tables out, as the decoders that do not know of that must get them.
#include "media/jpeg_tables.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <jpeglib.h>

#include "media/picture.hpp"

using namespace robohub::media;

namespace {

constexpr JDIMENSION kWidth = 48, kHeight = 32;

// A picture in colours, by libjpeg with its own (the standard) tables.
std::string encoded(bool progressive = false) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &out, &size);
  jpeg.image_width = kWidth;
  jpeg.image_height = kHeight;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  if (progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  std::vector<unsigned char> line(3 * kWidth);
  while (jpeg.next_scanline < kHeight) {
    for (std::size_t i = 0; i < line.size(); ++i)
      line[i] = static_cast<unsigned char>(i * 7 + jpeg.next_scanline * (i % 3 + 3));
    JSAMPROW row = line.data();
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::string bytes(reinterpret_cast<const char*>(out), size);
  std::free(out);
  return bytes;
}

// The bytes of its lines. Nothing when tables are missing in front of the scan: libjpeg would fill them in, others do
// not.
std::vector<unsigned char> decoded(std::string_view bytes) {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&jpeg, TRUE);
  std::vector<unsigned char> lines;
  bool whole = true;
  for (std::size_t i = 0; i < 2; ++i)
    whole = whole && jpeg.dc_huff_tbl_ptrs[i] != nullptr && jpeg.ac_huff_tbl_ptrs[i] != nullptr;
  if (whole) {
    jpeg_start_decompress(&jpeg);
    const std::size_t line_bytes = std::size_t(3) * jpeg.output_width;
    while (jpeg.output_scanline < jpeg.output_height) {
      lines.resize(lines.size() + line_bytes);
      JSAMPROW row = lines.data() + lines.size() - line_bytes;
      jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
  }
  jpeg_destroy_decompress(&jpeg);
  return lines;
}

// As a camera that leaves the tables out would have sent it.
std::string withoutTables(std::string bytes) {
  std::size_t at = 2;
  while (bytes.at(at + 1) != '\xda') {
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(bytes.at(at + 2)) * 256 +
                                                 static_cast<unsigned char>(bytes.at(at + 3)));
    if (bytes.at(at + 1) == '\xc4')
      bytes.erase(at, 2 + length);
    else
      at += 2 + length;
  }
  return bytes;
}

std::string framed(const std::string& bytes) {
  const auto picture = framePicture(bytes, {}, {});
  REQUIRE(picture);
  const std::string head = "\r\nContent-Length: " + std::to_string((*picture)->jpeg_bytes) + "\r\n";
  CHECK((*picture)->part->find(head) != std::string::npos);
  CHECK((*picture)->part->ends_with("\xff\xd9\r\n--" + std::string(kBoundary) + "\r\n"));
  return std::string((*picture)->jpeg());
}

}  // namespace

TEST_CASE("A picture whose camera left the Huffman tables out reaches viewers with them") {
  const std::string whole = encoded();
  const std::string cut = withoutTables(whole);
  REQUIRE(cut.size() + standardHuffmanTables().size() == whole.size());
  REQUIRE(decoded(cut).empty());
  const std::string mended = framed(cut);
  // Each byte of the tables is the one that libjpeg has.
  CHECK(mended == whole);
  CHECK(decoded(mended) == decoded(whole));
  CHECK(decoded(mended).size() == std::size_t(3) * kWidth * kHeight);
}

TEST_CASE("Zeros behind a picture without tables are left out all the same") {
  const std::string whole = encoded();
  CHECK(framed(withoutTables(whole) + std::string(700, '\0')) == whole);
}

TEST_CASE("A picture that has tables, or may have none, travels as it came") {
  for (const std::string& bytes : {encoded(), encoded(true)}) {
    CHECK_FALSE(placeOfMissingTables(bytes));
    CHECK(framed(bytes) == bytes);
  }
  // Those of a progressive picture are never the standard ones.
  CHECK_FALSE(placeOfMissingTables(withoutTables(encoded(true))));
}

TEST_CASE("Where a picture breaks off no tables are missing") {
  const std::string cut = withoutTables(encoded());
  const auto place = placeOfMissingTables(cut);
  REQUIRE(place);
  CHECK(cut.substr(*place, 2) == "\xff\xda");
  for (std::size_t length = 0; length < *place + 4; ++length) {
    INFO(length);
    CHECK_FALSE(placeOfMissingTables(std::string_view(cut).substr(0, length)));
  }
  CHECK_FALSE(placeOfMissingTables(std::string("\xff\xd8\xff\xc0\0\0\xff\xda\0\x08", 10)));
  CHECK_FALSE(placeOfMissingTables("\xff\xd8\xff\xff\xff\xff\xff\xff"));
}

TEST_CASE("A picture that tables would make too large travels without them") {
  std::string cut = withoutTables(encoded());
  cut.insert(cut.size() - 2, kMaxPictureBytes - cut.size(), 'x');
  CHECK(framed(cut) == cut);
}
