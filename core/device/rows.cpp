#include "device/rows.hpp"

namespace robohub::device {
namespace {

constexpr const char* kColumns =
    "SELECT id, type, name, created_ms, claim_hash, claim_expires_ms, key_hash, plugin_version, manifest_sha256,"
    " epoch_reserved, stop_json, reported_json FROM devices WHERE revoked = 0";

WallTime wallTime(std::int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

Result<Entry> entryOf(const store::Statement& row) {
  auto id = DeviceId::parse(row.text(0));
  if (!id) return fail(ErrorCode::corrupt, "A device in hub.db has the id '" + row.text(0) + "', which is none.");
  Entry entry;
  entry.claim_hash = identity::hashFrom(row.blob(4));
  entry.claim_expires = wallTime(row.integer(5));
  entry.key_hash = identity::hashFrom(row.blob(6));
  entry.device = std::make_shared<const Device>(Device{.id = *id,
                                                       .type = row.text(1),
                                                       .name = row.text(2),
                                                       .created = wallTime(row.integer(3)),
                                                       .claimed = entry.key_hash.has_value(),
                                                       .plugin_version = row.text(7),
                                                       .manifest_sha256 = row.text(8),
                                                       .epoch_reserved = static_cast<Epoch>(row.integer(9)),
                                                       .stop_json = row.text(10),
                                                       .reported_json = row.text(11)});
  return entry;
}

}  // namespace

Result<Entry> readEntry(store::Session& database, const DeviceId& id) {
  std::string sql(kColumns);
  sql += " AND id = $1";
  auto found = database.prepare(sql, id.str());
  if (!found) return fail(std::move(found.error()));
  auto row = found->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return fail(ErrorCode::not_found, "No device '" + id.str() + "' is enrolled.");
  return entryOf(*found);
}

Result<std::vector<Entry>> readEntries(store::Session& database) {
  auto found = database.prepare(kColumns);
  if (!found) return fail(std::move(found.error()));
  std::vector<Entry> entries;
  while (true) {
    auto row = found->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return entries;
    auto entry = entryOf(*found);
    if (!entry) return fail(std::move(entry.error()));
    entries.push_back(std::move(*entry));
  }
}

Status writeEnrolment(store::Session& database, const DeviceId& id, const std::string& type, const std::string& name,
                      WallTime now, const identity::SecretHash& claim_hash, WallTime claim_expires) {
  auto written = database.prepare(
      "INSERT INTO devices (id, type, name, created_ms, claim_hash, claim_expires_ms) VALUES ($1, $2, $3, $4, $5, $6)"
      " ON CONFLICT (id) DO UPDATE SET type = $2, name = $3, created_ms = $4, claim_hash = $5, claim_expires_ms = $6,"
      " revoked = 0, key_hash = NULL, plugin_version = '', manifest_sha256 = '', reported_json = ''"
      " WHERE devices.revoked = 1 OR devices.key_hash IS NULL RETURNING id",
      id.str(), type, name, toMs(now), store::Bytes(claim_hash), toMs(claim_expires));
  if (!written) return fail(std::move(written.error()));
  auto row = written->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row)
    return fail(ErrorCode::conflict, "The device '" + id.str() + "' is enrolled and claimed; revoke it first.", "/id");
  // RETURNING gives its row before the statement has ended.
  if (auto rest = written->step(); !rest) return fail(std::move(rest.error()));
  return {};
}

}  // namespace robohub::device
