// A backup on request of the administrator at this machine. Whoever asks over the network gets none: the answer would
// be every secret of the hub in a file of the asker's choice.
#include "api/routes.hpp"
#include "store/backups.hpp"

namespace robohub::api {

namespace {

std::string backupJson(const std::string& path, const store::BackupManifest& manifest) {
  std::uint64_t bytes = 0;
  std::string files;
  for (const store::BackupMember& file : manifest.files) {
    bytes += file.bytes;
    if (!files.empty()) files += ",";
    files += json::quote(file.name);
  }
  return "{\"path\":" + json::quote(path) + ",\"made_at_ms\":" + std::to_string(manifest.made_at_ms) +
         ",\"version\":" + json::quote(manifest.version) + ",\"bytes\":" + std::to_string(bytes) + ",\"files\":[" +
         files + "]}";
}

void makeBackup(Context& context, const Request& request) {
  if (!request.exchange->head().peer.isLocal())
    return request.answer(
        {ErrorCode::permission_denied, "Backups are asked for at the hub's own machine: robohub backup FILE.", ""});
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  const auto path = json::getString(**body, "path");
  if (!path) return request.answer(path.error());
  if (path->empty() || path->size() > 4096 || path->find('\0') != std::string::npos)
    return request.answer({ErrorCode::invalid_argument, "Name the backup by an absolute path.", "/path"});
  context.backups->make(*path, [&context, request, path = *path](Result<store::BackupManifest> made) {
    context.audit.note({request.actor(), "backup.make", "backup",
                        made ? identity::Outcome::ok : identity::Outcome::failed,
                        "{\"path\":" + json::quote(path) + "}"});
    if (!made) return request.answer(made.error());
    request.answerJson(201, backupJson(path, *made));
  });
}

}  // namespace

void addBackupRoutes(Router& router, Context& context) {
  router.add<Permission::administer>("POST", "/api/v1/backup",
                                     "Writes a backup to a new file on the hub's machine; from that machine only.",
                                     [&context](const Request& request) { makeBackup(context, request); });
}

}  // namespace robohub::api
