#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <map>

#include "base/ids.hpp"
#include "store/backup.hpp"
#include "store/backup_file.hpp"
#include "store/database_id.hpp"
#include "store/migrations.hpp"
#include "store/session.hpp"

namespace robohub::store {

namespace fs = std::filesystem;

namespace {

// A restore goes through folders of the data folder whose names say how far it is:
//   restore.tmp            being made ready; worth nothing
//   restore.ready-<time>   decided: what was there is being moved to before-restore-<time>
//   restore.moving-<time>  that is done: what is in here is being moved out into the data folder
constexpr const char* kMaking = "restore.tmp";
constexpr std::string_view kReady = "restore.ready-";
constexpr std::string_view kMoving = "restore.moving-";
constexpr const char* kSettings = "restored-settings.yaml";

// Everything that belongs to one state of the hub.
constexpr std::array kState{"hub.db", "hub.db-wal", "hub.db-shm", "secret.key", "administrator-code", "tls", kSettings};

constexpr std::int64_t kEpochJump = std::int64_t{1} << 32;
// Also when nothing is left of the state that is replaced, the second restore of one backup goes beyond the first one's
// epochs: nobody is granted a million turns a second.
constexpr std::int64_t kEpochsASecond = std::int64_t{1} << 20;

std::string stampOf(WallTime now) {
  const std::int64_t ms = toMs(now);
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S", &utc);
  const std::string milliseconds = std::to_string(1000 + ms % 1000);
  return std::string(text.data()) + "." + milliseconds.substr(1) + "Z";
}

Status move(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
  return fail(fileError(errno, from.string() + " cannot be moved to " + to.string()));
}

// What root makes here must be the hub's: it belongs to whom the data folder belongs to.
Status giveToOwner(const fs::path& folder, const fs::path& made) {
  struct stat about {};
  if (::geteuid() != 0) return {};
  if (::stat(folder.c_str(), &about) != 0) return fail(fileError(errno, folder.string() + " cannot be looked at"));
  std::error_code failed;
  std::vector<fs::path> all{made};
  for (fs::recursive_directory_iterator at(made, failed), end; !failed && at != end; at.increment(failed))
    all.push_back(at->path());
  for (const fs::path& one : all)
    if (::lchown(one.c_str(), about.st_uid, about.st_gid) != 0)
      return fail(fileError(errno, one.string() + " cannot be given to its owner"));
  return {};
}

struct KnownDevice {
  std::string type, name;
  std::int64_t created_ms = 0, epoch_reserved = 0;
  bool revoked = false;
};

// Of the state that is replaced, as far as it can be read: its devices may have seen more than the backup knows.
std::map<std::string, KnownDevice> devicesOf(const fs::path& database) {
  std::map<std::string, KnownDevice> devices;
  std::error_code failed;
  if (!fs::is_regular_file(database, failed)) return devices;
  const auto session = Session::open(database.string(), Session::Role::reader);
  if (!session) return devices;
  auto rows = (*session)->prepare("SELECT id, type, name, created_ms, epoch_reserved, revoked FROM devices");
  if (!rows) return devices;
  for (auto row = rows->step(); row && *row; row = rows->step())
    devices[rows->text(0)] = {rows->text(1), rows->text(2), rows->integer(3), rows->integer(4), rows->integer(5) != 0};
  return devices;
}

// One that only the replaced state knows comes back as a revoked row, so that its epochs rise if it is enrolled again.
constexpr const char* kRaise =
    "INSERT INTO devices (id, type, name, created_ms, revoked, epoch_reserved) VALUES ($1, $2, $3, $4, 1, $5) "
    "ON CONFLICT (id) DO UPDATE SET epoch_reserved = max(epoch_reserved, $5)";

Status raiseEpochs(Session& database, const std::map<std::string, KnownDevice>& known, WallTime now) {
  for (const auto& [id, device] : known) {
    auto raised = database.run(kRaise, id, device.type, device.name, device.created_ms,
                               std::max<std::int64_t>(device.epoch_reserved, 0));
    if (!raised) return fail(raised.error());
  }
  const std::int64_t floor = toMs(now) / 1000 * kEpochsASecond;
  auto raised = database.run("UPDATE devices SET epoch_reserved = max(epoch_reserved, $1) + $2", floor, kEpochJump);
  return raised ? Status{} : fail(raised.error());
}

// Revoked in the state that is replaced, and enrolled in the backup.
Result<std::vector<std::string>> returnedOf(Session& database, const std::map<std::string, KnownDevice>& known) {
  std::vector<std::string> returned;
  for (const auto& [id, device] : known) {
    if (!device.revoked) continue;
    auto rows = database.prepare("SELECT 1 FROM devices WHERE id = $1 AND revoked = 0", id);
    if (!rows) return fail(rows.error());
    const auto row = rows->step();
    if (!row) return fail(row.error());
    if (*row) returned.push_back(id);
  }
  return returned;
}

Result<std::int64_t> count(Session& database, const char* sql) {
  auto rows = database.prepare(sql);
  if (!rows) return fail(rows.error());
  if (const auto row = rows->step(); !row) return fail(row.error());
  return rows->integer(0);
}

// The extracted database becomes one that a hub can open: checked, of this program's version, its epochs raised. What
// is to be told of its devices goes into `restored`.
Status prepareDatabase(const fs::path& path, const std::map<std::string, KnownDevice>& known, WallTime now,
                       const std::function<Status(Session&)>& amend, Restored& restored) {
  auto session = Session::open(path.string(), Session::Role::writer);
  if (!session) return fail(session.error());
  Session& database = **session;
  auto check = database.prepare("PRAGMA quick_check(1)");
  if (!check) return fail(check.error());
  if (const auto row = check->step(); !row || !*row || check->text(0) != "ok")
    return fail(ErrorCode::corrupt, "The database in the backup is damaged. Nothing was changed.");
  (void)check->step();
  if (Status current = migrate(database, hubMigrations(), "hub.db of the backup"); !current)
    return fail(current.error());
  auto returned = returnedOf(database, known);
  if (!returned) return fail(returned.error());
  restored.returned = std::move(*returned);
  Status done = database.runScript("BEGIN IMMEDIATE");
  if (done) done = raiseEpochs(database, known, now);
  if (done) done = renewDatabaseId(database);
  if (done && amend) done = amend(database);
  if (done) done = database.runScript("COMMIT");
  if (!done) return fail(done.error());
  auto devices = count(database, "SELECT count(*) FROM devices WHERE revoked = 0");
  if (!devices) return fail(devices.error());
  restored.devices = *devices;
  return database.runScript("PRAGMA wal_checkpoint(TRUNCATE)");
}

Status finishReady(const fs::path& folder, const std::string& stamp) {
  const fs::path aside = folder / ("before-restore-" + stamp);
  if (::mkdir(aside.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(fileError(errno, aside.string() + " cannot be made"));
  if (Status given = giveToOwner(folder, aside); !given) return given;
  for (const char* name : kState)
    if (Status moved = move(folder / name, aside / name); !moved) return moved;
  if (Status synced = syncDirectory(aside); !synced) return synced;
  if (Status synced = syncDirectory(folder); !synced) return synced;
  return move(folder / (std::string(kReady) + stamp), folder / (std::string(kMoving) + stamp));
}

Status finishMoving(const fs::path& folder, const fs::path& from) {
  if (Status synced = syncDirectory(folder); !synced) return synced;
  for (const char* name : kState)
    if (Status moved = move(from / name, folder / name); !moved) return moved;
  if (Status synced = syncDirectory(folder); !synced) return synced;
  std::error_code failed;
  fs::remove_all(from, failed);
  return {};
}

}  // namespace

Status finishRestore(const fs::path& folder) {
  std::error_code failed;
  std::vector<std::string> ready, moving;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with(kReady)) ready.push_back(name.substr(kReady.size()));
    if (name.starts_with(kMoving)) moving.push_back(name.substr(kMoving.size()));
  }
  fs::remove_all(folder / kMaking, failed);
  for (const std::string& stamp : moving)
    if (Status done = finishMoving(folder, folder / (std::string(kMoving) + stamp)); !done) return done;
  for (const std::string& stamp : ready) {
    if (Status done = finishReady(folder, stamp); !done) return done;
    if (Status done = finishMoving(folder, folder / (std::string(kMoving) + stamp)); !done) return done;
  }
  return {};
}

Result<Restored> restoreBackup(const DataFolder& folder, const fs::path& file, WallTime now,
                               const std::function<Status(Session&)>& amend) {
  // Before the disk is filled with what could not be used anyway.
  if (auto good = checkBackup(file); !good) return fail(good.error());
  const fs::path making = folder.file(kMaking);
  std::error_code failed;
  fs::remove_all(making, failed);
  if (::mkdir(making.c_str(), 0700) != 0) return fail(fileError(errno, making.string() + " cannot be made"));
  auto giveUp = [&](const Error& error) {
    fs::remove_all(making, failed);
    return fail(error);
  };
  Restored restored;
  auto manifest = readBackupFile(file, making);
  if (!manifest) return giveUp(manifest.error());
  restored.manifest = std::move(*manifest);
  const auto known = devicesOf(folder.file("hub.db"));
  if (Status ready = prepareDatabase(making / "hub.db", known, now, amend, restored); !ready)
    return giveUp(ready.error());
  if (fs::exists(making / "settings", failed)) {
    if (Status moved = move(making / "settings/robohub.yaml", making / kSettings); !moved) return giveUp(moved.error());
    fs::remove_all(making / "settings", failed);
    restored.settings = folder.file(kSettings);
  }
  if (Status given = giveToOwner(folder.path(), making); !given) return giveUp(given.error());
  if (Status synced = syncDirectory(making); !synced) return giveUp(synced.error());

  const std::string stamp = stampOf(now);
  for (const char* name : kState)
    if (fs::exists(folder.file(name), failed)) restored.old_state = folder.file("before-restore-" + stamp);
  // From here on it is decided: whoever opens the folder next carries it to its end.
  if (Status decided = move(making, folder.file(std::string(kReady) + stamp)); !decided) return giveUp(decided.error());
  if (Status synced = syncDirectory(folder.path()); !synced) return fail(synced.error());
  if (Status done = finishRestore(folder.path()); !done) return fail(done.error());
  if (restored.old_state.empty()) fs::remove(folder.file("before-restore-" + stamp), failed);
  return restored;
}

}  // namespace robohub::store
