#include "plugin/elf_exports.hpp"

#include <elf.h>
#include <link.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace robohub::plugin {
namespace {

using Header = ElfW(Ehdr);
using Section = ElfW(Shdr);
using Symbol = ElfW(Sym);

constexpr unsigned char kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char kOrder = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

class Bytes {
 public:
  explicit Bytes(const std::filesystem::path& file) : in_(file, std::ios::binary | std::ios::ate) {
    if (in_) size_ = static_cast<std::uint64_t>(in_.tellg());
  }
  bool opened() const { return in_.is_open(); }
  bool has(std::uint64_t at, std::uint64_t bytes) const { return at <= size_ && bytes <= size_ - at; }
  // False when it does not lie in the file.
  bool read(std::uint64_t at, void* to, std::uint64_t bytes) {
    if (!has(at, bytes)) return false;
    in_.seekg(static_cast<std::streamoff>(at));
    in_.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes));
    return in_.good();
  }

 private:
  std::ifstream in_;
  std::uint64_t size_ = 0;
};

bool isForOthers(const Symbol& symbol) {
  const auto bind = symbol.st_info >> 4;  // ELF32_ST_BIND and ELF64_ST_BIND are alike
  return symbol.st_shndx != SHN_UNDEF && (bind == STB_GLOBAL || bind == STB_WEAK);
}

}  // namespace

Result<bool> exportsSymbol(const std::filesystem::path& file, std::string_view name) {
  const auto spoilt = [&](const char* why) {
    return fail(ErrorCode::corrupt, std::string("This is no library that can be loaded: ") + why, file.string());
  };
  Bytes in(file);
  if (!in.opened()) return fail(ErrorCode::not_found, "The library cannot be read.", file.string());
  Header header{};
  if (!in.read(0, &header, sizeof(header)) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return spoilt("it is no ELF file.");
  if (header.e_ident[EI_CLASS] != kClass || header.e_ident[EI_DATA] != kOrder)
    return spoilt("it is made for another kind of machine.");
  if (header.e_type != ET_DYN) return spoilt("it is no shared object.");
  const std::uint64_t sections_bytes = std::uint64_t{header.e_shnum} * sizeof(Section);
  if (header.e_shentsize != sizeof(Section) || header.e_shnum == 0 || !in.has(header.e_shoff, sections_bytes))
    return spoilt("it has no table of sections.");
  std::vector<Section> sections(header.e_shnum);
  if (!in.read(header.e_shoff, sections.data(), sections_bytes)) return spoilt("its sections cannot be read.");

  for (const Section& section : sections) {
    if (section.sh_type != SHT_DYNSYM) continue;
    if (section.sh_entsize != sizeof(Symbol) || section.sh_link >= sections.size() ||
        sections[section.sh_link].sh_type != SHT_STRTAB)
      return spoilt("its symbols have no names.");
    const Section& names = sections[section.sh_link];
    if (!in.has(section.sh_offset, section.sh_size) || !in.has(names.sh_offset, names.sh_size))
      return spoilt("its symbols lie behind its end.");
    std::vector<Symbol> symbols(section.sh_size / sizeof(Symbol));
    std::string text(names.sh_size, '\0');
    if (!in.read(section.sh_offset, symbols.data(), symbols.size() * sizeof(Symbol)) ||
        !in.read(names.sh_offset, text.data(), text.size()))
      return spoilt("its symbols cannot be read.");
    for (const Symbol& symbol : symbols) {
      if (symbol.st_name >= text.size()) return spoilt("a symbol's name lies behind all names.");
      const std::string_view rest = std::string_view(text).substr(symbol.st_name);
      if (isForOthers(symbol) && rest.substr(0, rest.find('\0')) == name) return true;
    }
  }
  return false;
}

}  // namespace robohub::plugin
