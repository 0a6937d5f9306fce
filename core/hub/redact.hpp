// A log is read by more people than may sign in, so what opens doors is taken out of every line before it is written:
// session and API tokens, keys of agents, one-time codes, passwords in addresses, and what stands behind words such as
// `password` or `Authorization`. Pure. [any-thread]
#pragma once
#include <string>
#include <string_view>

namespace robohub::hub {

// `text` with each secret as "***".
std::string redacted(std::string_view text);

}  // namespace robohub::hub
