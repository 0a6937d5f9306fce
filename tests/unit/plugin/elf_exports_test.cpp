#include "plugin/elf_exports.hpp"

#include <link.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <iterator>

#include "plugin/library.hpp"

using namespace robohub;
using namespace robohub::plugin;
namespace fs = std::filesystem;

namespace {

const fs::path kRaw = TEST_PLUGINS_RAW;
const fs::path kStripped = kRaw / "test_plugin_stripped.so";

std::string bytesOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What is said of a file of these bytes.
Result<bool> exportsOf(const std::string& bytes) {
  const fs::path file = fs::temp_directory_path() / ("robohub-elf-" + std::to_string(getpid()) + ".so");
  std::ofstream(file, std::ios::binary) << bytes;
  auto answer = exportsSymbol(file, "rh_plugin_v1");
  fs::remove(file);
  return answer;
}

// The headers of a library's sections, to be read and changed.
class Sections {
 public:
  explicit Sections(std::string& bytes) : bytes_(bytes) { std::memcpy(&header_, bytes.data(), sizeof(header_)); }
  // The number of the first one of this type.
  std::size_t find(std::uint32_t type) const {
    for (std::size_t i = 0; i < header_.e_shnum; ++i)
      if (get(i).sh_type == type) return i;
    return 0;
  }
  ElfW(Shdr) get(std::size_t i) const {
    ElfW(Shdr) section;
    std::memcpy(&section, bytes_.data() + at(i), sizeof(section));
    return section;
  }
  void set(std::size_t i, const ElfW(Shdr) & section) { std::memcpy(bytes_.data() + at(i), &section, sizeof(section)); }

 private:
  std::size_t at(std::size_t i) const { return static_cast<std::size_t>(header_.e_shoff) + i * sizeof(ElfW(Shdr)); }
  std::string& bytes_;
  ElfW(Ehdr) header_;
};

}  // namespace

TEST_CASE("a library exports what it has in its dynamic symbols, stripped or not") {
  for (const char* each : {"test_plugin_hostile_describe.so", "test_plugin_stripped.so"}) {
    CAPTURE(each);
    const auto exports = exportsSymbol(kRaw / each, "rh_plugin_v1");
    REQUIRE(exports);
    CHECK(*exports);
    CHECK_FALSE(exportsSymbol(kRaw / each, "rh_plugin_v").value());
    CHECK_FALSE(exportsSymbol(kRaw / each, "rh_plugin_v11").value());
    CHECK_FALSE(exportsSymbol(kRaw / each, "").value());
  }
  CHECK_FALSE(exportsSymbol(kRaw / "test_plugin_no_symbol.so", "rh_plugin_v1").value());
}

TEST_CASE("a stripped library is loaded") {
  std::string bytes = bytesOf(kStripped);
  REQUIRE(Sections(bytes).find(SHT_SYMTAB) == 0);
  const auto table = loadUnlisted(kStripped);
  INFO((table ? std::string() : table.error().message));
  REQUIRE(table);
  CHECK((*table)->abi == RH_ABI_VERSION);
}

TEST_CASE("a library whose tables lead out of the file is refused, and nothing behind its end is read") {
  std::string bytes = bytesOf(kStripped);
  REQUIRE(exportsOf(bytes).value());
  Sections sections(bytes);
  const std::size_t symbols = sections.find(SHT_DYNSYM);
  REQUIRE(symbols > 0);
  auto section = sections.get(symbols);
  const std::size_t names = section.sh_link;
  auto texts = sections.get(names);
  SECTION("names without room") {
    texts.sh_size = 1;
    sections.set(names, texts);
  }
  SECTION("names behind the end") {
    texts.sh_offset = bytes.size() - 1;
    sections.set(names, texts);
  }
  SECTION("more names than any file has") {
    texts.sh_size = ~decltype(texts.sh_size){0};
    sections.set(names, texts);
  }
  SECTION("names in no section") {
    section.sh_link = 0xffff;
    sections.set(symbols, section);
  }
  SECTION("names in a section of something else") {
    section.sh_link = static_cast<decltype(section.sh_link)>(symbols);
    sections.set(symbols, section);
  }
  SECTION("symbols behind the end") {
    section.sh_offset = bytes.size();
    sections.set(symbols, section);
  }
  SECTION("symbols of another size") {
    section.sh_entsize = 1;
    sections.set(symbols, section);
  }
  SECTION("cut off") {
    bytes.resize(bytes.size() / 2);
  }
  SECTION("cut off within its first header") {
    bytes.resize(20);
  }
  SECTION("of another kind of machine") {
    bytes[EI_CLASS] = bytes[EI_CLASS] == ELFCLASS64 ? ELFCLASS32 : ELFCLASS64;
  }
  SECTION("no shared object") {
    ElfW(Ehdr) header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    header.e_type = ET_REL;
    std::memcpy(bytes.data(), &header, sizeof(header));
  }
  const auto exports = exportsOf(bytes);
  REQUIRE_FALSE(exports);
  CHECK(exports.error().code == ErrorCode::corrupt);
}

TEST_CASE("what is not there or is empty exports nothing") {
  CHECK(exportsSymbol(kRaw / "absent.so", "rh_plugin_v1").error().code == ErrorCode::not_found);
  CHECK(exportsOf("").error().code == ErrorCode::corrupt);
}
