#include "plugin/state_file.hpp"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>

#include "process/file_descriptor.hpp"

namespace robohub::plugin {
namespace {

Status failed(const std::filesystem::path& file) {
  return fail(ErrorCode::internal, std::string("The state cannot be written: ") + strerror(errno), file.string());
}

}  // namespace

Result<std::string> loadState(const std::filesystem::path& file) {
  const process::FileDescriptor fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) {
    if (errno == ENOENT) return fail(ErrorCode::not_found, "No state was saved yet.", file.string());
    return fail(ErrorCode::corrupt, std::string("The state cannot be read: ") + strerror(errno), file.string());
  }
  std::string state(kMaxStateBytes + 1, '\0');
  std::size_t size = 0;
  for (ssize_t n = 1; n != 0 && size < state.size(); size += static_cast<std::size_t>(n)) {
    n = read(fd.get(), state.data() + size, state.size() - size);
    if (n < 0)
      return fail(ErrorCode::corrupt, std::string("The state cannot be read: ") + strerror(errno), file.string());
  }
  if (size > kMaxStateBytes) return fail(ErrorCode::corrupt, "The saved state is too large.", file.string());
  state.resize(size);
  return state;
}

Status saveState(const std::filesystem::path& file, std::string_view state) {
  if (state.size() > kMaxStateBytes) return fail(ErrorCode::too_large, "A state has at most 64 KiB.", file.string());
  const std::string fresh = file.string() + ".new";
  {
    const process::FileDescriptor fd(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return failed(file);
    for (std::size_t done = 0; done < state.size();) {
      const ssize_t n = write(fd.get(), state.data() + done, state.size() - done);
      if (n < 0) return failed(file);
      done += static_cast<std::size_t>(n);
    }
    if (fsync(fd.get()) != 0) return failed(file);
  }
  if (rename(fresh.c_str(), file.c_str()) != 0) return failed(file);
  const process::FileDescriptor folder(open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) != 0) return failed(file);
  return {};
}

}  // namespace robohub::plugin
