// A disk of a few MiB that can be filled, where this machine lets tests mount one (root does; most others do not).
#pragma once
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "unit/store/temp_folder.hpp"

namespace robohub::test {

class SmallDisk {
 public:
  explicit SmallDisk(int mebibytes) {
    const std::string size = "size=" + std::to_string(mebibytes) + "m,mode=0700";
    mounted_ = ::mount("robohub-test", folder_.path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, size.c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  const std::filesystem::path& path() const { return folder_.path(); }

  // Takes what is free but `keep` bytes, whoever else writes; what was taken before stays.
  void fill(std::int64_t keep = 0) {
    const int file = ::open((path() / "filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const std::string block(4096, 'x');
    while (std::filesystem::space(path()).available > static_cast<std::uintmax_t>(keep) &&
           ::write(file, block.data(), block.size()) > 0) {
    }
    ::close(file);
  }
  void free() { std::filesystem::remove(path() / "filler"); }

 private:
  TempFolder folder_;
  bool mounted_ = false;
};

}  // namespace robohub::test
