// What a process may still ask of the kernel, before it runs or reads what nobody vouches for: a filter of system calls
// (linux/seccomp.h), put together from one sentence for each call. It holds for all that the process starts, too, and
// nothing takes it off again.
//
// Of an argument its low 32 bits are compared: the kernel reads no more of what is asked about here (numbers of
// processes, commands, flags). The first sentence about a call counts. Calls of another architecture than that of this
// program (32-bit programs on a 64-bit machine) end the process that makes them.
#pragma once
#include <linux/filter.h>

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "base/result.hpp"

namespace robohub::process {

// Owned by one thread.
class CallFilter {
 public:
  // Of calls that no sentence names. What is refused fails with EPERM.
  enum class Rest { allowed, refused };
  explicit CallFilter(Rest rest);

  void allow(long call);
  // With this errno. ENOSYS where programs know another way, as they do on kernels without the call.
  void refuse(long call, int error);
  // Only where argument `index` (0 to 5) is one of at most 64 values.
  void allowOnly(long call, unsigned index, std::initializer_list<std::uint32_t> values);
  // Where it is one of at most 64 values; allowed else.
  void refuseValues(long call, unsigned index, std::initializer_list<std::uint32_t> values);
  // Where it has one of these bits; allowed else.
  void refuseBits(long call, unsigned index, std::uint32_t bits);

  // For this thread and what it starts from now on, for good; needs PR_SET_NO_NEW_PRIVS. Errors: unsupported (a kernel
  // without seccomp, or one that forbids it).
  Status install() const;

 private:
  void rule(long call, const std::vector<sock_filter>& body);
  void ruleOfValues(long call, unsigned index, std::initializer_list<std::uint32_t> values, bool allow_them);

  Rest rest_;
  std::vector<sock_filter> program_;
};

}  // namespace robohub::process
