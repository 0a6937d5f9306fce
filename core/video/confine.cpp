#include "video/confine.hpp"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "base/sanitized.hpp"
#include "process/call_filter.hpp"
#include "process/file_fence.hpp"

namespace robohub::video {

namespace {

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "The list of system calls was not checked for this processor."
#endif

// Reading and writing what is open, memory, time, ending. No open, no socket, no clone, no execve, no ptrace.
constexpr long kAllowed[] = {
    SYS_read,      SYS_readv,        SYS_pread64,         SYS_write,           SYS_writev,      SYS_pwrite64,
    SYS_lseek,     SYS_fstat,        SYS_newfstatat,      SYS_close,           SYS_ftruncate,   SYS_fsync,
    SYS_fdatasync, SYS_sendmsg,      SYS_recvmsg,         SYS_ppoll,           SYS_brk,         SYS_munmap,
    SYS_mremap,    SYS_madvise,      SYS_futex,           SYS_clock_gettime,   SYS_getrandom,   SYS_clock_nanosleep,
    SYS_nanosleep, SYS_gettimeofday, SYS_getpid,          SYS_gettid,          SYS_sched_yield, SYS_sched_getaffinity,
    SYS_getrusage, SYS_rt_sigreturn, SYS_rt_sigaction,    SYS_rt_sigprocmask,  SYS_sigaltstack, SYS_exit,
    SYS_sysinfo,   SYS_exit_group,   SYS_restart_syscall, SYS_set_robust_list,
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_time
    SYS_time,
#endif
};

Status filterSystemCalls() {
  process::CallFilter filter(process::CallFilter::Rest::refused);
  for (const long call : kAllowed) filter.allow(call);
  // Memory may be had, but none that can be executed.
  for (const long call : {SYS_mmap, SYS_mprotect}) filter.refuseBits(call, 2, PROT_EXEC);
  // abort() sends its signal this way, to its own process. The hub and all else of this user stay out of reach, also
  // for the signals of a descriptor (F_SETOWN).
  filter.allowOnly(SYS_tgkill, 0, {static_cast<std::uint32_t>(::getpid())});
  filter.allowOnly(SYS_fcntl, 1, {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL});
  return filter.install();
}

// Takes away the right to open any file, also for what the filter of calls might not know. Kernels without it, or with
// it off, say so; then the filter stands alone.
void forbidFiles() {
  if (const auto fence = process::FileFence::make()) (void)fence->close();
}

Status limit(__rlimit_resource what, std::int64_t value) {
  const rlimit both{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
  if (::setrlimit(what, &both) == 0) return {};
  return fail(ErrorCode::internal, std::string("A limit cannot be set: ") + ::strerror(errno));
}

}  // namespace

Status confine(const Confinement& confinement) {
  // Priority is a kindness to others; a refusal changes nothing else.
  constexpr int kNice = 10, kIoBestEffortLast = (2 << 13) | 7, kIoOfProcess = 1;
  if (::setpriority(PRIO_PROCESS, 0, kNice) != 0) errno = 0;
  ::syscall(SYS_ioprio_set, kIoOfProcess, 0, kIoBestEffortLast);

  Status good = limit(RLIMIT_CORE, 0);
  ::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is an error of write(2), which is told
  if (good) good = limit(RLIMIT_CPU, confinement.cpu_s);
  if (good) good = limit(RLIMIT_FSIZE, confinement.file_bytes);
  if (good) good = limit(RLIMIT_NOFILE, 64);
  if (good && !kSanitized) good = limit(RLIMIT_DATA, confinement.memory_bytes);
  if (!good) return good;
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return fail(ErrorCode::internal, std::string("Privileges cannot be given up: ") + ::strerror(errno));
  forbidFiles();
  return kSanitized ? Status{} : filterSystemCalls();
}

}  // namespace robohub::video
