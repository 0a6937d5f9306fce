// One life of a driver's process as the agent holds it: the process and the three sockets to it.
#pragma once
#include "plugin/driver_host.hpp"
#include "plugin/packet.hpp"
#include "process/child.hpp"

namespace robohub::plugin {

struct ChildLink {
  process::Child child;
  process::FileDescriptor commands;  // SOCK_SEQPACKET, non-blocking
  process::FileDescriptor halts;     // SOCK_SEQPACKET, non-blocking
  process::FileDescriptor frames;    // SOCK_STREAM, non-blocking

  // Starts the process and tells it to open the device. `first`: of this host; one that follows does not tell again
  // what this kernel cannot limit. `last_turn`: as RunnerSetup's. Blocks for about a millisecond. Errors of
  // Child::spawn.
  static Result<ChildLink> start(const DriverSetup& setup, bool first = true, Epoch last_turn = 0);
};

}  // namespace robohub::plugin
