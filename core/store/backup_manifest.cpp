#include <algorithm>
#include <set>

#include "base/json.hpp"
#include "store/backup_file.hpp"

namespace robohub::store {

namespace {

constexpr std::int64_t kFormat = 1;

tl::unexpected<Error> noBackup(const std::string& why) {
  return fail(ErrorCode::corrupt, "This is no good backup of robohub: " + why + ". Nothing was changed.");
}

bool isPlainFile(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= 64 && name[0] != '.' && std::all_of(name.begin(), name.end(), plain);
}

bool isHash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

bool isBackupName(std::string_view name) {
  if (name == "hub.db" || name == "secret.key" || name == "settings/robohub.yaml") return true;
  return name.starts_with("tls/") && isPlainFile(name.substr(4));
}

std::string manifestText(const BackupManifest& manifest) {
  std::string text = "{\"robohub_backup\":" + std::to_string(kFormat) +
                     ",\"version\":" + json::quote(manifest.version) +
                     ",\"made_at_ms\":" + std::to_string(manifest.made_at_ms) +
                     ",\"schema\":" + std::to_string(manifest.schema) + ",\"files\":[";
  for (const BackupMember& file : manifest.files) {
    if (&file != &manifest.files.front()) text += ",";
    text += "{\"name\":" + json::quote(file.name) + ",\"bytes\":" + std::to_string(file.bytes) +
            ",\"sha256\":" + json::quote(file.sha256) + "}";
  }
  return text + "]}\n";
}

Result<BackupManifest> readManifest(std::string_view text) {
  const auto object = json::parseObject(text);
  if (!object) return noBackup("its manifest cannot be read");
  const auto format = json::getInt(**object, "robohub_backup");
  if (!format) return noBackup("its manifest is none of ours");
  if (*format > kFormat)
    return fail(ErrorCode::unsupported, "This backup was made by a newer robohub (" +
                                            json::getString(**object, "version").value_or("unknown version") +
                                            "), in a form that this one does not know. Nothing was changed.");
  const auto version = json::getString(**object, "version");
  const auto made = json::getInt(**object, "made_at_ms");
  const auto schema = json::getInt(**object, "schema");
  const auto files = (*object)->getArray("files");
  if (*format != kFormat || !version || !made || !schema || *schema < 1 || *schema > 1'000'000 || !files ||
      files->size() > kMaxBackupFiles)
    return noBackup("its manifest is incomplete");
  BackupManifest manifest{*version, *made, static_cast<int>(*schema), {}};
  std::set<std::string> names;
  for (std::size_t i = 0; i < files->size(); ++i) {
    const auto one = files->getObject(static_cast<unsigned>(i));
    if (!one) return noBackup("its manifest is incomplete");
    const auto name = json::getString(*one, "name");
    const auto bytes = json::getInt(*one, "bytes");
    const auto hash = json::getString(*one, "sha256");
    if (!name || !bytes || *bytes < 0 || !hash || !isHash(*hash)) return noBackup("its manifest is incomplete");
    if (!isBackupName(*name) || !names.insert(*name).second)
      return noBackup("it holds a file that no backup has (" + json::quote(name->substr(0, 80)) + ")");
    manifest.files.push_back({*name, static_cast<std::uint64_t>(*bytes), *hash});
  }
  if (!names.count("hub.db")) return noBackup("it holds no database");
  return manifest;
}

}  // namespace robohub::store
