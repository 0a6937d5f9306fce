// A driver is somebody else's code, and what it reads from a bus or a camera may be anybody's. Before any of it runs,
// its process gives up what no driver needs, so that one that is hostile, or was taken over, is not the agent: it
// cannot read the agent's key, end or look into other programs, or reach the network unless its manifest says so.
// What remains are the device nodes that the agent's user may open, and what the operator's settings name.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace robohub::plugin {

// What a manifest's permissions may hold that is looked at here; others are for people to read.
inline constexpr const char* kNetworkPermission = "network";

struct DriverBounds {
  bool network = false;                  // sockets that lead to other machines, and the kernel's own (netlink)
  std::filesystem::path plugin_folder;   // may be read
  std::filesystem::path state_file;      // its folder may be changed; empty: there is none
  std::filesystem::path capture_folder;  // may be changed; empty: there is none
  // What the agent keeps for itself, though the two above may lie in it. Empty: which files are opened is not limited.
  std::filesystem::path private_folder;
  std::string config = "{}";  // a JSON object; files and folders that its texts name may be used
};

// Of this process and all that it will start, for good; while it has one thread, as no other is bound. What this kernel
// or this build cannot do is left out: sentences say what, none when nothing is missing. Without filter and fence where
// a sanitizer is built in, which needs more than both allow.
std::vector<std::string> bindDriver(const DriverBounds& bounds);

}  // namespace robohub::plugin
