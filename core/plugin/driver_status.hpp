// From the ABI's status to the project's words. [any-thread]
#pragma once
#include <string>

#include "plugin/driver_host.hpp"
#include "rh/abi.h"

namespace robohub::plugin {

ErrorCode errorCodeOf(rh_status status);
// `status` is final (not RH_PENDING).
Reply replyOf(std::uint64_t request, rh_status status, std::string text);

// Whether an opening that failed for this may do better by itself.
bool worthAnotherTry(ErrorCode code);

}  // namespace robohub::plugin
