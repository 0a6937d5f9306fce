// `robohub backup` and `robohub restore`
#include <iostream>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"
#include "hub/hub.hpp"
#include "identity/audit_rows.hpp"
#include "store/backup.hpp"

namespace robohub::hub {

namespace {

constexpr auto kPatience = std::chrono::minutes(10);

std::uint64_t bytesOf(const store::BackupManifest& manifest) {
  std::uint64_t bytes = 0;
  for (const auto& file : manifest.files) bytes += file.bytes;
  return bytes;
}

// Why a path may mean another place to the hub than here, and which one is the same for both.
std::string samePlace(const CommandLine& line) {
  return "The packaged service has a /tmp of its own, which goes with its next restart, and sees nothing of /home and "
         "/root. Name a file below " +
         std::filesystem::absolute(line.settings().data).lexically_normal().string() + ".";
}

// A folder that the hub does not find, though it is there for whoever typed the command.
Error withAdvice(const CommandLine& line, Error error, const std::filesystem::path& file) {
  std::error_code failed;
  if (error.code == ErrorCode::not_found && error.where == "/path" &&
      std::filesystem::is_directory(file.parent_path(), failed))
    error.message += " That is what the hub sees. " + samePlace(line);
  return error;
}

int backupOffline(CommandLine& line, const std::filesystem::path& file) {
  if (const Status good = line.settingsGood(); !good) return refused(good.error());
  std::error_code failed;
  if (!std::filesystem::is_directory(line.settings().data, failed))
    return refused({ErrorCode::not_found, "There is no data folder " + line.settings().data.string() + ".", ""});
  becomeOwnerOf(line.settings().data);
  const auto folder = store::DataFolder::open(line.settings().data, "robohub backup");
  if (!folder) return refused(folder.error());
  const SystemClock clock;
  const auto made = store::makeBackup(
      **folder, {file, line.settings().file, kVersion, clock.wall(), line.settings().disk.critical_bytes});
  if (!made) return refused(made.error());
  if (line.json())
    printJson("{\"path\":" + json::quote(file.string()) + ",\"bytes\":" + std::to_string(bytesOf(*made)) + "}");
  else
    std::cout << "Written and checked: " << file.string() << " (" << bytesOf(*made) << " bytes, no hub was running).\n";
  return kDone;
}

int backup(CommandLine& line) {
  const auto file = std::filesystem::absolute(line.arguments()[0]).lexically_normal();
  std::error_code failed;
  const bool other = std::filesystem::exists(std::filesystem::symlink_status(file, failed));
  const auto answer =
      askHub(line, "POST", "/api/v1/backup", "{\"path\":" + json::quote(file.string()) + "}", kPatience);
  if (!answer && noHubRuns(answer.error())) return backupOffline(line, file);
  if (!answer) return refused(withAdvice(line, answer.error(), file));
  // The hub writes a new file only: one that was here before is not it.
  if (other || (!std::filesystem::exists(file, failed) && !failed))
    return refused({ErrorCode::conflict,
                    "The hub has written " + file.string() + ", but to a place that only it sees. " + samePlace(line),
                    ""});
  if (line.json()) return printJson(*answer), kDone;
  const auto object = json::parseObject(*answer);
  if (!object) return refused(object.error());
  std::cout << "Written and checked: " << textOf(**object, "path") << " (" << textOf(**object, "bytes") << " bytes).\n";
  return kDone;
}

int checkOnly(CommandLine& line, const std::filesystem::path& file) {
  const auto manifest = store::checkBackup(file);
  if (!manifest) return refused(manifest.error());
  if (line.json()) {
    printJson("{\"made_at_ms\":" + std::to_string(manifest->made_at_ms) +
              ",\"version\":" + json::quote(manifest->version) + "}");
    return kDone;
  }
  std::cout << file.string() << ": good, made " << timeText(manifest->made_at_ms) << " by robohub " << manifest->version
            << "\n";
  for (const auto& member : manifest->files) std::cout << "  " << member.name << " (" << member.bytes << " bytes)\n";
  return kDone;
}

void tellRestored(const CommandLine& line, const store::Restored& restored) {
  const std::string old_state = wholePath(restored.old_state), settings = wholePath(restored.settings);
  std::string returned, quoted;
  for (const std::string& id : restored.returned) {
    returned += (returned.empty() ? "" : ", ") + id;
    quoted += (quoted.empty() ? "" : ",") + json::quote(id);
  }
  if (line.json())
    return printJson("{\"made_at_ms\":" + std::to_string(restored.manifest.made_at_ms) +
                     ",\"data\":" + json::quote(wholePath(line.settings().data)) +
                     ",\"old_state\":" + json::quote(old_state) + ",\"settings\":" + json::quote(settings) +
                     ",\"devices\":" + std::to_string(restored.devices) + ",\"returned\":[" + quoted + "]}");
  std::cout << "Restored the backup of " << timeText(restored.manifest.made_at_ms) << " (robohub "
            << restored.manifest.version << ") into " << wholePath(line.settings().data) << ".\n"
            << "Turns of its " << restored.devices << " devices begin beyond all numbers that were granted before.\n"
            << "Accounts, tokens, sessions, devices, certificates and bans are as they were then. End what should not "
               "be with `robohub user sign-out`, `robohub token revoke`, `robohub device revoke` and `robohub "
               "certificate revoke`; ban again with `robohub ban add`.\n";
  if (!returned.empty())
    std::cout << "Revoked since then, and enrolled again now as they were: " << returned
              << ". Revoke what shall stay so before the hub starts.\n";
  if (!old_state.empty()) std::cout << "What was there is in " << old_state << "; remove it when you are sure.\n";
  if (!settings.empty())
    std::cout << "The settings of the backup are in " << settings << "; yours were not touched. Compare them.\n";
}

int restore(CommandLine& line) {
  const auto file = std::filesystem::absolute(line.arguments()[0]).lexically_normal();
  if (line.has("check")) return checkOnly(line, file);
  if (const Status good = line.settingsGood(); !good) return refused(good.error());
  // On a new machine there is nothing yet, but where it shall be is said.
  if (const Status may = mayBegin(line, WithoutData::begin_where_named); !may) return refused(may.error());
  const auto folder = store::DataFolder::open(line.settings().data, "robohub restore");
  if (!folder) return refused(folder.error());
  const SystemClock clock;
  const auto amend = [&](store::Session& database) -> Status {
    return identity::appendRow(database,
                               {identity::Actor::hub(), "backup.restore", "backup", identity::Outcome::ok,
                                "{\"file\":" + json::quote(file.filename().string()) + "}"},
                               toMs(clock.wall()));
  };
  const auto restored = store::restoreBackup(**folder, file, clock.wall(), amend);
  if (!restored) return refused(restored.error());
  tellRestored(line, *restored);
  return kDone;
}

}  // namespace

std::vector<Command> backupCommands() {
  return {
      {.words = "backup",
       .arguments = "FILE",
       .summary = "writes database, secrets, certificates and settings into one new file and checks it",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = backup,
       .details = "The running hub writes it, so its user must be able to write there, and the place must be the same "
                  "for both: below the data folder it is, in /tmp it is not, since the packaged service has one of its "
                  "own. While no hub runs, this program writes it. Keep the file secret: it holds the hub's keys."},
      {.words = "restore",
       .arguments = "FILE [--check]",
       .summary = "puts a backup in the place of the data folder's state; the hub must not run",
       .options = {{"check", "", "only says whether the file is good, and what is in it"}},
       .min_arguments = 1,
       .max_arguments = 1,
       .run = restore,
       .details =
           "Everything is checked first; what was there is kept in before-restore-<time>. Turns begin beyond all "
           "numbers that were granted before, so that devices accept the restored hub. Where there is no hub's data "
           "yet, --config or --data must say the place."},
  };
}

}  // namespace robohub::hub
