// The latched stop as the registry keeps it: a small JSON text. Pure. [any-thread]
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "control/effects.hpp"

namespace robohub::live {

std::string writeStopRecord(const control::StopRecord& record);
// "" is a fresh record. Errors: corrupt.
Result<control::StopRecord> readStopRecord(std::string_view text);

}  // namespace robohub::live
