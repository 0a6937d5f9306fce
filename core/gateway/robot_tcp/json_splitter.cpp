#include "gateway/robot_tcp/json_splitter.hpp"

namespace robohub::gateway {

Status JsonSplitter::notAnObject() const {
  return fail(ErrorCode::corrupt, "JSON objects are expected here, and something else came.");
}

Status JsonSplitter::tooDeep() const {
  return fail(ErrorCode::too_large, "An object is nested too deeply.");
}

Status JsonSplitter::tooLong() const {
  return fail(ErrorCode::too_large, "An object has more than " + std::to_string(max_object_bytes_) + " bytes.");
}

}  // namespace robohub::gateway
