#include "store/backup_workshop.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include "store/backup_file.hpp"

namespace robohub::store {

namespace fs = std::filesystem;

namespace {

// SQLite's own files beside the copy are there only where a program was killed.
constexpr std::array<std::string_view, 5> kOurs{"hub.db", "hub.db-journal", "hub.db-wal", "hub.db-shm", "backup.tar"};

fs::path folderOf(const fs::path& file) {
  fs::path folder = file;
  folder += ".partial";
  return folder;
}

tl::unexpected<Error> notOurs(const fs::path& folder) {
  return fail(ErrorCode::conflict,
              folder.string() +
                  " is in the way: a backup is made there, and it holds what no backup has left. Move "
                  "it away, or name another file.",
              "/path");
}

}  // namespace

// Looked through before anything goes: a name that ends in .partial makes nobody's folder ours.
Status BackupWorkshop::clear(const fs::path& file) {
  const fs::path folder = folderOf(file);
  std::error_code failed;
  const fs::file_type type = fs::symlink_status(folder, failed).type();
  if (type == fs::file_type::not_found) return {};
  if (type != fs::file_type::directory) return notOurs(folder);
  std::vector<fs::path> files;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const bool known = std::find(kOurs.begin(), kOurs.end(), at->path().filename().string()) != kOurs.end();
    std::error_code unknown;
    if (!known || at->symlink_status(unknown).type() != fs::file_type::regular) return notOurs(folder);
    files.push_back(at->path());
  }
  if (failed) return fail(fileError(failed.value(), "The folder " + folder.string() + " cannot be read"));
  for (const fs::path& each : files) fs::remove(each, failed);
  // Not empty: somebody has put something there just now, or what is in it cannot be removed.
  if (::rmdir(folder.c_str()) != 0)
    return fail(fileError(errno, "The folder " + folder.string() + " cannot be removed"));
  return {};
}

Result<std::unique_ptr<BackupWorkshop>> BackupWorkshop::open(const fs::path& file) {
  if (Status cleared = clear(file); !cleared) return fail(cleared.error());
  const fs::path folder = folderOf(file);
  if (::mkdir(folder.c_str(), 0700) != 0)
    return fail(fileError(errno, "The folder " + file.parent_path().string() + " cannot be written to by the hub"));
  return std::make_unique<BackupWorkshop>(folder);
}

BackupWorkshop::~BackupWorkshop() {
  std::error_code failed;
  fs::remove_all(folder_, failed);
}

}  // namespace robohub::store
