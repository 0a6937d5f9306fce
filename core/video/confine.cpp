#include "video/confine.hpp"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <vector>

namespace robohub::video {

namespace {

#ifdef ROBOHUB_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "The list of system calls was not checked for this processor."
#endif

// Reading and writing what is open, memory, time, ending. No open, no socket, no clone, no execve, no ptrace.
constexpr long kAllowed[] = {
    SYS_read,      SYS_readv,        SYS_pread64,         SYS_write,           SYS_writev,        SYS_pwrite64,
    SYS_lseek,     SYS_fstat,        SYS_newfstatat,      SYS_close,           SYS_fcntl,         SYS_ftruncate,
    SYS_fsync,     SYS_fdatasync,    SYS_sendmsg,         SYS_recvmsg,         SYS_ppoll,         SYS_brk,
    SYS_munmap,    SYS_mremap,       SYS_madvise,         SYS_futex,           SYS_clock_gettime, SYS_clock_nanosleep,
    SYS_nanosleep, SYS_gettimeofday, SYS_getpid,          SYS_gettid,          SYS_sched_yield,   SYS_sched_getaffinity,
    SYS_getrandom, SYS_rt_sigreturn, SYS_rt_sigaction,    SYS_rt_sigprocmask,  SYS_sigaltstack,   SYS_tgkill,
    SYS_getrusage, SYS_sysinfo,      SYS_restart_syscall, SYS_set_robust_list, SYS_exit,          SYS_exit_group,
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_time
    SYS_time,
#endif
};
// Memory may be had, but none that can be executed.
constexpr long kNeverExecutable[] = {SYS_mmap, SYS_mprotect};

sock_filter statement(std::uint16_t code, std::uint32_t value) {
  return BPF_STMT(code, value);
}
sock_filter jump(std::uint16_t code, std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
  return BPF_JUMP(code, value, yes, no);
}

Status filterSystemCalls() {
  constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA);
  const auto load = [](std::size_t offset) {
    return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  };
  std::vector<sock_filter> program{
      load(offsetof(seccomp_data, arch)), jump(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), load(offsetof(seccomp_data, nr))};
  for (const long number : kAllowed) {
    program.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
    program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  for (const long number : kNeverExecutable) {
    program.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 4));
    program.push_back(load(offsetof(seccomp_data, args[2])));  // the low half, where PROT_EXEC is
    program.push_back(jump(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0));
    program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    program.push_back(statement(BPF_RET | BPF_K, kRefuse));
  }
  program.push_back(statement(BPF_RET | BPF_K, kRefuse));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    return fail(ErrorCode::internal, std::string("System calls cannot be limited: ") + ::strerror(errno));
  return {};
}

// Takes away the right to open any file, also for what the filter of calls might not know. Kernels without it, or with
// it off, say so; then the filter stands alone.
void forbidFiles() {
  landlock_ruleset_attr rules{};
  rules.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // all of its first version
  const int set = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0));
  if (set < 0) return;
  ::syscall(SYS_landlock_restrict_self, set, 0);
  ::close(set);
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
