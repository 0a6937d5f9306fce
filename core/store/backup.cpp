#include "store/backup.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "store/backup_file.hpp"
#include "store/backup_workshop.hpp"
#include "store/migrations.hpp"
#include "store/session.hpp"

namespace robohub::store {

namespace fs = std::filesystem;

namespace {

constexpr int kPagesAStep = 512;
constexpr std::int64_t kMiB = 1024 * 1024;

struct CloseDatabase {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, CloseDatabase>;

// The copy needs no journal: it is thrown away when anything goes wrong.
Result<Handle> openCopy(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return fail(fileError(errno, path.string() + " cannot be written"));
  ::close(fd);
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle copy(handle);
  if (result != SQLITE_OK) return fail(errorOf(result, handle));
  sqlite3_exec(handle, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);
  return copy;
}

// Page by page, all of one moment: the open read transaction keeps the source from changing under the copy (which would
// begin anew at every commit of the writer otherwise).
Status copyPages(sqlite3* from, sqlite3* to) {
  sqlite3_backup* backup = sqlite3_backup_init(to, "main", from, "main");
  if (!backup) return fail(errorOf(sqlite3_errcode(to), to));
  int result = SQLITE_OK;
  for (int patience = 100; result == SQLITE_OK || (patience > 0 && (result & 0xff) == SQLITE_BUSY);) {
    if (result != SQLITE_OK) {
      --patience;
      sqlite3_sleep(10);
    }
    result = sqlite3_backup_step(backup, kPagesAStep);
  }
  const int finished = sqlite3_backup_finish(backup);
  if (result == SQLITE_DONE && finished == SQLITE_OK) return {};
  return fail(errorOf(result == SQLITE_DONE ? finished : result, to));
}

Status checkCopy(Session& copy) {
  auto check = copy.prepare("PRAGMA quick_check(1)");
  if (!check) return fail(check.error());
  const auto row = check->step();
  if (!row) return fail(row.error());
  if (*row && check->text(0) == "ok") return {};
  return fail(ErrorCode::corrupt, "The database is damaged: " + check->text(0) + ". The backup was not made.");
}

Result<int> copyDatabase(const fs::path& from, const fs::path& to) {
  auto source = Session::open(from.string(), Session::Role::reader);
  if (!source) return fail(source.error());
  if (Status begun = (*source)->runScript("BEGIN; SELECT count(*) FROM sqlite_schema"); !begun)
    return fail(begun.error());
  {
    auto copy = openCopy(to);
    if (!copy) return fail(copy.error());
    if (Status copied = copyPages((*source)->handle(), copy->get()); !copied) return fail(copied.error());
    // As one file: what is in WAL mode would want two more beside it.
    if (sqlite3_exec(copy->get(), "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr) != SQLITE_OK)
      return fail(errorOf(sqlite3_errcode(copy->get()), copy->get()));
  }
  (void)(*source)->runScript("ROLLBACK");
  auto copy = Session::open(to.string(), Session::Role::reader);
  if (!copy) return fail(copy.error());
  if (Status good = checkCopy(**copy); !good) return fail(good.error());
  auto version = (*copy)->prepare("PRAGMA user_version");
  if (!version) return fail(version.error());
  if (const auto row = version->step(); !row) return fail(row.error());
  return static_cast<int>(version->integer(0));
}

struct Source {
  std::string name;
  fs::path path;
};

// What there is besides the database, in the order of the file.
std::vector<Source> otherSources(const DataFolder& folder, const fs::path& settings) {
  std::vector<Source> sources;
  std::error_code failed;
  if (fs::is_regular_file(folder.file("secret.key"), failed))
    sources.push_back({"secret.key", folder.file("secret.key")});
  std::vector<Source> tls;
  for (fs::directory_iterator at(folder.file("tls"), failed), end; !failed && at != end; at.increment(failed)) {
    const std::string name = "tls/" + at->path().filename().string();
    if (isBackupName(name) && at->symlink_status().type() == fs::file_type::regular) tls.push_back({name, at->path()});
  }
  std::sort(tls.begin(), tls.end(), [](const Source& a, const Source& b) { return a.name < b.name; });
  sources.insert(sources.end(), tls.begin(), tls.end());
  if (!settings.empty()) sources.push_back({"settings/robohub.yaml", settings});
  return sources;
}

// Where somebody else has made a file of that name meanwhile, it stays.
Status putInPlace(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
    return syncDirectory(to.parent_path());
  if (errno != EINVAL && errno != ENOSYS)
    return fail(fileError(errno, "The backup " + to.string() + " cannot be named so"));
  if (::link(from.c_str(), to.c_str()) != 0)
    return fail(fileError(errno, "The backup " + to.string() + " cannot be named so"));
  return syncDirectory(to.parent_path());
}

Status checkRequest(const DataFolder& folder, const fs::path& file) {
  if (!file.is_absolute() || !file.has_filename())
    return fail(ErrorCode::invalid_argument, "Name the backup by an absolute path.", "/path");
  std::error_code failed;
  if (fs::symlink_status(file, failed).type() != fs::file_type::not_found)
    return fail(ErrorCode::conflict, file.string() + " exists already; name another file.", "/path");
  if (!fs::is_directory(file.parent_path(), failed))
    return fail(ErrorCode::not_found, "There is no folder " + file.parent_path().string() + ".", "/path");
  if (!fs::is_regular_file(folder.file("hub.db"), failed))
    return fail(ErrorCode::not_found, "There is no database in " + folder.path().string() + ": nothing to back up.");
  return {};
}

std::int64_t sizeOf(const fs::path& file) {
  std::error_code failed;
  const auto size = fs::file_size(file, failed);
  return failed ? 0 : static_cast<std::int64_t>(size);
}

std::string mebibytes(std::int64_t bytes) {
  return std::to_string(bytes / kMiB) + " MiB";
}

// A backup that does not fit would take the disk's last bytes before it fails, and with them stops and turns their
// place. The copy of the database and the tar lie there together.
Status checkRoom(const DataFolder& folder, const BackupRequest& request) {
  const fs::path target = request.file.parent_path();
  struct stat here {
  }, there{};
  struct statvfs disk {};
  // What cannot be looked at, or has no size, tells by itself while it is written.
  if (::stat(folder.path().c_str(), &here) != 0 || ::stat(target.c_str(), &there) != 0 ||
      ::statvfs(target.c_str(), &disk) != 0 || disk.f_blocks == 0)
    return {};
  const std::int64_t needed = 2 * (sizeOf(folder.file("hub.db")) + sizeOf(folder.file("hub.db-wal"))) + kMiB;
  const std::int64_t kept = here.st_dev == there.st_dev ? request.keep_free_bytes : 0;
  const auto free_bytes = static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
  if (free_bytes - kept >= needed) return {};
  return fail(ErrorCode::exhausted,
              "There is no room for a backup in " + target.string() + ": it needs " + mebibytes(needed + kMiB - 1) +
                  " for a while, and " + mebibytes(free_bytes) + " are free" +
                  (kept > 0 ? "; " + mebibytes(kept) + " are kept for stops and turns." : std::string(".")));
}

}  // namespace

Result<BackupManifest> makeBackup(const DataFolder& folder, const BackupRequest& request) {
  if (Status good = checkRequest(folder, request.file); !good) return fail(good.error());
  if (Status cleared = BackupWorkshop::clear(request.file); !cleared) return fail(cleared.error());
  if (Status room = checkRoom(folder, request); !room) return fail(room.error());
  std::vector<Source> sources = otherSources(folder, request.settings);
  if (sources.size() >= kMaxBackupFiles)
    return fail(ErrorCode::too_large, folder.file("tls").string() + " holds more files than a backup takes (" +
                                          std::to_string(kMaxBackupFiles) + "): move some elsewhere.");
  auto workshop = BackupWorkshop::open(request.file);
  if (!workshop) return fail(workshop.error());
  const fs::path copy = (*workshop)->copy();
  const auto schema = copyDatabase(folder.file("hub.db"), copy);
  if (!schema) return fail(schema.error());

  BackupManifest manifest{request.version, toMs(request.now), *schema, {}};
  std::vector<fs::path> paths;
  sources.insert(sources.begin(), Source{"hub.db", copy});
  for (const Source& source : sources) {
    auto member = measureFile(source.path, source.name);
    if (!member) return fail(member.error());
    manifest.files.push_back(std::move(*member));
    paths.push_back(source.path);
  }
  const fs::path made = (*workshop)->tar();
  if (Status written = writeBackupFile(made, manifest, paths); !written) return fail(written.error());
  if (const auto read = readBackupFile(made, {}); !read)
    return fail(ErrorCode::corrupt, "The disk gave back another backup than was written: " + read.error().message);
  if (Status placed = putInPlace(made, request.file); !placed) return fail(placed.error());
  return manifest;
}

Result<BackupManifest> checkBackup(const fs::path& file) {
  auto manifest = readBackupFile(file, {});
  if (manifest && manifest->schema > hubMigrations().back().number)
    return fail(ErrorCode::unsupported, "This backup was made by a newer robohub (" + manifest->version +
                                            "); restore it with that one. Nothing was changed.");
  return manifest;
}

}  // namespace robohub::store
