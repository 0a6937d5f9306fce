#include "plugin/driver_bounds.hpp"

#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/sanitized.hpp"
#include "plugin/driver_files.hpp"
#include "process/call_filter.hpp"

namespace robohub::plugin {
namespace {

// One that leaks meets a limit of its own and not the machine's. There is none of processes, which the kernel counts
// for the agent's user as a whole (systemd's TasksMax counts them for the agent).
constexpr std::uint64_t kMostFiles = 1024;
constexpr std::uint64_t kLeastMemory_bytes = 1ULL << 30;

void limit(__rlimit_resource what, std::uint64_t most) {
  rlimit now{};
  if (::getrlimit(what, &now) != 0) return;
  const auto wanted = static_cast<rlim_t>(std::min<std::uint64_t>(most, std::numeric_limits<rlim_t>::max()));
  const rlim_t value = std::min(now.rlim_max, wanted);
  const rlimit both{value, value};
  ::setrlimit(what, &both);
}

std::uint64_t halfOfMemory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return 0;
  return static_cast<std::uint64_t>(pages) / 2 * static_cast<std::uint64_t>(page);
}

// What no driver needs, whatever it drives.
constexpr long kNever[] = {
    // Other processes: their memory, their files, their signals by other ways than those below.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise, SYS_pidfd_getfd,
    SYS_pidfd_send_signal, SYS_tkill,
    // Another view of the file system, or of the machine.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_setns, SYS_unshare, SYS_open_tree, SYS_move_mount,
    SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_open_by_handle_at, SYS_fanotify_init,
    // The machine as a whole.
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct,
    SYS_quotactl, SYS_settimeofday, SYS_clock_settime,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
    // Parts of the kernel in which many a privilege was found. By io_uring goes what a filter refuses.
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_add_key, SYS_request_key, SYS_keyctl, SYS_io_uring_setup,
    SYS_io_uring_enter, SYS_io_uring_register};

Status filterCalls(bool network) {
  process::CallFilter filter(process::CallFilter::Rest::allowed);
  for (const long call : kNever) filter.refuse(call, EPERM);
  // Signals: to itself, as abort() does. Not to its group either (0), in which the agent is, nor by the descriptors
  // whose signals another process could be made the owner of.
  const auto self = static_cast<std::uint32_t>(::getpid());
  for (const long call : {SYS_kill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo})
    filter.allowOnly(call, 0, {self});
  filter.refuseValues(SYS_fcntl, 1, {F_SETOWN, F_SETOWN_EX});
#ifdef SYS_fcntl64
  filter.refuseValues(SYS_fcntl64, 1, {F_SETOWN, F_SETOWN_EX});
#endif
  // The same by ioctl(2), and keys pressed in the terminal in which the agent was started.
  filter.refuseValues(SYS_ioctl, 1, {FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX});
  filter.allowOnly(SYS_prlimit64, 0, {0, self});  // a limit of processor time would end the agent
  // Threads and programs may be started, but not in a world of their own. The flags of the newer call lie in memory,
  // where no filter sees them; libraries go on with the older one where there is no newer.
  filter.refuseBits(
      SYS_clone, 0,
      CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET);
  filter.refuse(SYS_clone3, ENOSYS);
  // Programs beside the agent, and buses that are sockets.
  if (!network)
    for (const long call : {SYS_socket, SYS_socketpair}) filter.allowOnly(call, 0, {AF_UNIX, AF_CAN, AF_BLUETOOTH});
  return filter.install();
}

}  // namespace

std::vector<std::string> bindDriver(const DriverBounds& bounds) {
  limit(RLIMIT_NOFILE, kMostFiles);
  if (!kSanitized) limit(RLIMIT_DATA, std::max(kLeastMemory_bytes, halfOfMemory()));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return {std::string("The driver's process is not limited by this kernel: ") + ::strerror(errno) + "."};
  std::vector<std::string> missing;
  if (kSanitized) return missing;
  if (const Status fenced = fenceFiles(bounds); !fenced)
    missing.push_back("The driver may open what the agent may, its key among it: " + fenced.error().message + ".");
  if (const Status filtered = filterCalls(bounds.network); !filtered)
    missing.push_back("The driver may ask of the kernel what the agent may: " + filtered.error().message + ".");
  return missing;
}

}  // namespace robohub::plugin
