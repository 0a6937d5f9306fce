// What comes from cameras is parsed by libraries with a history of faults. So the process that does it gives up, before
// it reads a byte of it, everything that it does not need: new privileges, files it was not handed, sockets, signals to
// others, other programs, threads, more memory and time than a job may cost.
#pragma once
#include <cstdint>

#include "base/result.hpp"

namespace robohub::video {

struct Confinement {
  std::int64_t cpu_s = 60;
  std::int64_t memory_bytes = 512LL << 20;  // private memory, RLIMIT_DATA
  std::int64_t file_bytes = 1LL << 30;      // the longest file it may write
};

// Of this process, for good. Limits, no_new_privs and seccomp (process/call_filter.hpp; what is not on a short list
// fails with EPERM) are a must; Landlock (process/file_fence.hpp) is added where the kernel has it. Errors: internal,
// unsupported. Without memory limit and seccomp where a sanitizer is built in, which needs more than both allow.
Status confine(const Confinement& confinement);

}  // namespace robohub::video
