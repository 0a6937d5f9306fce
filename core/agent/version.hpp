// The version that this program tells its hub.
#pragma once

namespace robohub::agent {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace robohub::agent
