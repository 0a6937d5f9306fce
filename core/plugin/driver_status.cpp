#include "plugin/driver_status.hpp"

namespace robohub::plugin {

ErrorCode errorCodeOf(rh_status status) {
  switch (status) {
    case RH_INVALID_ARGUMENT: return ErrorCode::invalid_argument;
    case RH_NOT_PERMITTED: return ErrorCode::permission_denied;
    case RH_CONFLICT: return ErrorCode::conflict;
    case RH_NOT_FOUND: return ErrorCode::not_found;
    case RH_UNSUPPORTED: return ErrorCode::unsupported;
    case RH_UNAVAILABLE: return ErrorCode::unavailable;
    case RH_TIMEOUT: return ErrorCode::timeout;
    case RH_CANCELLED: return ErrorCode::unavailable;
    case RH_TOO_LARGE: return ErrorCode::too_large;
    case RH_EXHAUSTED: return ErrorCode::exhausted;
    case RH_CORRUPT: return ErrorCode::corrupt;
    default: return ErrorCode::internal;
  }
}

bool worthAnotherTry(ErrorCode code) {
  return code != ErrorCode::unsupported && code != ErrorCode::permission_denied && code != ErrorCode::corrupt;
}

Reply replyOf(std::uint64_t request, rh_status status, std::string text) {
  if (status == RH_OK) return {request, ReplyState::succeeded, ErrorCode::internal, std::move(text)};
  if (text.empty()) text = "The driver gave no reason.";
  const ReplyState state = status == RH_CANCELLED ? ReplyState::cancelled
                           : status == RH_TIMEOUT ? ReplyState::expired
                                                  : ReplyState::failed;
  return {request, state, errorCodeOf(status), std::move(text)};
}

}  // namespace robohub::plugin
