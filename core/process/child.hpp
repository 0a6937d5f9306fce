// A child process that is watched by pidfd: a pid may be reused the moment it is reaped, and a signal to a reused pid
// hits a stranger. Started without a shell, with exactly the descriptors that it is given, an empty signal mask and
// default signal actions. It gets no PR_SET_PDEATHSIG: a SIGKILL with the parent would skip making hardware safe;
// children see their parent's end as end of file on their sockets.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "process/file_descriptor.hpp"

namespace robohub::process {

struct Spawn {
  std::filesystem::path program;
  std::vector<std::string> arguments;    // without the program's name
  std::vector<std::string> environment;  // "NAME=value"; nothing is inherited
  std::vector<int> descriptors;          // become 3, 4, ... in the child; everything else but 0, 1, 2 is closed there
};

struct Exit {
  bool signalled = false;
  int code = 0;  // exit code, or the signal's number
  // "exited with code 3", "was killed by signal 9 (Killed)".
  std::string describe() const;
};

// Owned by one thread at a time.
class Child {
 public:
  Child() = default;
  // Blocks until the program runs (about a millisecond). Errors: not_found, permission_denied, internal.
  static Result<Child> spawn(const Spawn& spawn);

  Child(Child&& other) noexcept = default;
  Child& operator=(Child&& other) noexcept;
  // Kills and reaps what still runs.
  ~Child();

  bool running() const { return static_cast<bool>(pidfd_); }
  pid_t pid() const { return pid_; }
  // Readable once the process has ended; to be watched, not to be read.
  int pidfd() const { return pidfd_.get(); }

  // Whether it stands as a whole: by SIGSTOP and its like, or in a debugger.
  bool stopped() const;

  // Nothing happens when it has ended.
  void signal(int number) const;
  // Reaps without blocking: the exit once it has ended, then and later nothing. running() is false from then on.
  std::optional<Exit> poll();
  // Waits up to `patience`; nothing when it still runs then. Blocks.
  std::optional<Exit> wait(Duration patience);
  // SIGTERM, up to `grace`, then SIGKILL. Blocks. Nothing when it had ended before.
  std::optional<Exit> terminate(Duration grace);

 private:
  pid_t pid_ = 0;
  FileDescriptor pidfd_;
};

// A connected pair of local sockets, close-on-exec, non-blocking where said.
struct SocketPair {
  FileDescriptor ours;
  FileDescriptor theirs;
};
enum class SocketKind { packets /* SOCK_SEQPACKET */, bytes /* SOCK_STREAM */ };
// `buffer_bytes` is asked of the kernel for each direction. `ours` is non-blocking, `theirs` blocks.
Result<SocketPair> socketPair(SocketKind kind, int buffer_bytes);

}  // namespace robohub::process
