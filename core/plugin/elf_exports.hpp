// Which symbols a shared object offers to whoever loads it, without mapping any of it: read from its dynamic symbols,
// which are there in a stripped one too. Formats: System V ABI, "Object Files"; elf(5).
#pragma once
#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace robohub::plugin {

// Whether the file defines this symbol for others. Errors: not_found when it cannot be read; corrupt for what this
// machine could not load: no shared object, one of another kind of machine, tables that lead out of the file. Nothing
// behind the file's end is read, whatever stands in it. Blocks on the disk. [any-thread]
Result<bool> exportsSymbol(const std::filesystem::path& file, std::string_view name);

}  // namespace robohub::plugin
