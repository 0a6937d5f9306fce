// Short texts between a program and its child over a socket of packets, each with at most one open file: so a child
// can be given files one after another, and needs no right to open any.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "process/file_descriptor.hpp"

namespace robohub::process {

struct FdPacket {
  std::string text;
  FileDescriptor file;  // empty: none came
  bool end = false;     // the other side has closed its end
};

inline constexpr std::size_t kMaxFdPacket = 1024;

// Errors: unavailable (the other side is gone), too_large, internal. Blocks while a blocking socket is full.
Status sendPacket(int socket, std::string_view text, int file = -1);
// Waits for the next one up to `patience`. Errors: timeout, corrupt (too long, more than one file), internal.
Result<FdPacket> receivePacket(int socket, Duration patience);

}  // namespace robohub::process
