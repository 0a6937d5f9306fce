// SHA-256 as lower-case hex: of texts and of whole files. [any-thread]
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::plugin {

std::string sha256Hex(std::string_view bytes);

// Blocks on the disk. Errors: not_found.
Result<std::string> sha256HexOfFile(const std::filesystem::path& file);

}  // namespace robohub::plugin
