// Which files a process may open from now on (Landlock: linux/landlock.h, and the kernel's
// Documentation/userspace-api/landlock.rst), whoever owns them: nothing but what lies beneath the folders that are let
// in. What is open already stays, and so does whatever needs no opening: stat(2), sockets with a name, ioctl(2). It
// holds for all that the process starts, too. In the kernel since Linux 5.13, where it is built in and switched on.
#pragma once
#include <cstdint>
#include <filesystem>
#include <utility>

#include "base/result.hpp"
#include "process/file_descriptor.hpp"

namespace robohub::process {

// Owned by one thread.
class FileFence {
 public:
  enum class Use {
    read,   // read files, list folders, run programs
    all,    // all that the file's rights allow
    names,  // make and remove sockets, pipes and other names; what a file holds is neither read nor written
  };

  // Errors: unsupported (this kernel has none).
  static Result<FileFence> make();

  // Lets a file in, or a folder with all beneath it. False when there is nothing of that name, when a link stands
  // anywhere in the path (whoever may change it would say what is let in), or when the use means nothing for it. What
  // is put in its place later is another file, and not let in.
  bool letIn(const std::filesystem::path& path, Use use);

  // For this thread and what it starts from now on, for good; needs PR_SET_NO_NEW_PRIVS. Errors: internal.
  Status close() const;

 private:
  FileFence(FileDescriptor rules, std::uint64_t handled) : rules_(std::move(rules)), handled_(handled) {}
  FileDescriptor rules_;
  std::uint64_t handled_;
};

}  // namespace robohub::process
