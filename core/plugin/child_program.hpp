// The child's side: what robohub-plugin-host does between its three inherited sockets and the plugin.
#pragma once

namespace robohub::plugin {

// The descriptors that the agent passes.
inline constexpr int kCommandSocket = 3;  // SOCK_SEQPACKET
inline constexpr int kHaltSocket = 4;     // SOCK_SEQPACKET
inline constexpr int kFrameSocket = 5;    // SOCK_STREAM

// A driver that crashes holds its outputs for as long as the kernel writes its core file, and no host sees its end
// before: so none is written, unless this stands in the environment of the agent.
inline constexpr const char* kCoresVariable = "ROBOHUB_DRIVER_CORES";

// Serves until the agent says close or is gone, then ends the process; returns only when it was not started by an
// agent. When the halt socket ends, it halts the device and ends the process from its halt thread, whatever the others
// do. On SIGTERM it halts for good, and leaves its agent a moment to close the device before it ends by itself.
// Blocks; [main].
int runChild();

}  // namespace robohub::plugin
