// Paho gives nobody its socket, and leaves Nagle's algorithm on.
#pragma once
#include <cstdint>

namespace robohub::gateway {

// Switches it off on every TCP socket of this process that is connected to this port. Returns how many those were.
// [any-thread]; reads /proc.
int quickenSocketsTo(std::uint16_t port);

}  // namespace robohub::gateway
