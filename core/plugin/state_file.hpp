// The small state that a driver keeps (rh.state/1): one file, replaced as a whole. Blocks on the disk. [any-thread]
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::plugin {

inline constexpr std::size_t kMaxStateBytes = 65536;

// Errors: not_found when there is none, corrupt when it is too large or cannot be read.
Result<std::string> loadState(const std::filesystem::path& file);

// After a power cut either the old or the new state is there: written beside, synced, renamed, the folder synced.
// Errors: too_large, internal. The file is 0600.
Status saveState(const std::filesystem::path& file, std::string_view state);

}  // namespace robohub::plugin
