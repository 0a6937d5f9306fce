#include "device/rows.hpp"

#include "base/json.hpp"

namespace robohub::device {
namespace {

constexpr const char* kColumns =
    "SELECT id, type, name, created_ms, claim_hash, claim_expires_ms, key_hash, plugin_version, manifest_sha256,"
    " epoch_reserved, stop_json, reported_json, labels_json, room, link, foreign_id FROM devices WHERE revoked = 0";

WallTime wallTime(std::int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

// Empty where the text is none of ours: a label less gives nobody more rights.
std::vector<std::string> labelsOf(const std::string& text) {
  std::vector<std::string> labels;
  const auto object = json::parseObject("{\"labels\":" + text + "}");
  const auto array = object ? (*object)->getArray("labels") : nullptr;
  for (std::size_t i = 0; array && i < array->size(); ++i)
    if (array->get(static_cast<unsigned>(i)).isString())
      labels.push_back(array->get(static_cast<unsigned>(i)).convert<std::string>());
  return labels;
}

Result<Entry> entryOf(const store::Statement& row) {
  auto id = DeviceId::parse(row.text(0));
  if (!id) return fail(ErrorCode::corrupt, "A device in hub.db has the id '" + row.text(0) + "', which is none.");
  Entry entry;
  entry.claim_hash = identity::hashFrom(row.blob(4));
  entry.claim_expires = wallTime(row.integer(5));
  entry.key_hash = identity::hashFrom(row.blob(6));
  const auto link = linkNamed(row.text(14));
  if (!link)
    return fail(ErrorCode::corrupt, "The device '" + id->str() + "' in hub.db has the link '" + row.text(14) + "'.");
  entry.device = std::make_shared<const Device>(Device{.id = *id,
                                                       .type = row.text(1),
                                                       .name = row.text(2),
                                                       .created = wallTime(row.integer(3)),
                                                       .claimed = entry.key_hash.has_value() || *link != Link::agent,
                                                       .plugin_version = row.text(7),
                                                       .manifest_sha256 = row.text(8),
                                                       .epoch_reserved = static_cast<Epoch>(row.integer(9)),
                                                       .stop_json = row.text(10),
                                                       .reported_json = row.text(11),
                                                       .labels = labelsOf(row.text(12)),
                                                       .room = row.text(13),
                                                       .link = *link,
                                                       .foreign_id = row.text(15)});
  return entry;
}

}  // namespace

identity::Place placeOf(const Device& device) {
  return {device.id.str(), device.labels, device.room};
}

std::string labelsJson(const std::vector<std::string>& labels) {
  std::string text;
  for (const std::string& label : labels) text += (text.empty() ? "" : ",") + json::quote(label);
  return "[" + text + "]";
}

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
      " revoked = 0, key_hash = NULL, plugin_version = '', manifest_sha256 = '', reported_json = '',"
      // Grants follow labels and rooms: those of the device that was revoked are not given to another one.
      " labels_json = CASE devices.revoked WHEN 1 THEN '[]' ELSE devices.labels_json END,"
      " room = CASE devices.revoked WHEN 1 THEN '' ELSE devices.room END, link = 'agent', foreign_id = ''"
      " WHERE devices.revoked = 1 OR (devices.key_hash IS NULL AND devices.link = 'agent') RETURNING id",
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

Status checkNotRevoked(store::Session& database, const DeviceId& id, Link link, const std::string& foreign_id) {
  auto gone = database.prepare(
      "SELECT 1 FROM devices WHERE revoked = 1 AND (id = $1 OR (link = $2 AND foreign_id = $3)) LIMIT 1", id.str(),
      toString(link), foreign_id);
  if (!gone) return fail(std::move(gone.error()));
  auto row = gone->step();
  if (!row) return fail(std::move(row.error()));
  if (*row)
    return fail(ErrorCode::permission_denied, "This device was revoked; an administrator has to accept it anew.",
                "/device");
  return {};
}

Status writeAttachment(store::Session& database, const DeviceId& id, const std::string& type, const std::string& name,
                       WallTime now, Link link, const std::string& foreign_id) {
  auto other =
      database.prepare("SELECT id FROM devices WHERE link = $1 AND foreign_id = $2 AND revoked = 0 AND id <> $3",
                       toString(link), foreign_id, id.str());
  if (!other) return fail(std::move(other.error()));
  auto found = other->step();
  if (!found) return fail(std::move(found.error()));
  if (*found)
    return fail(ErrorCode::conflict, "This device is attached already, as '" + other->text(0) + "'.", "/device");
  auto written = database.prepare(
      "INSERT INTO devices (id, type, name, created_ms, link, foreign_id) VALUES ($1, $2, $3, $4, $5, $6)"
      " ON CONFLICT (id) DO UPDATE SET type = $2, name = CASE devices.revoked WHEN 1 THEN $3 ELSE devices.name END,"
      " created_ms = CASE devices.revoked WHEN 1 THEN $4 ELSE devices.created_ms END, claim_hash = NULL,"
      " claim_expires_ms = 0, key_hash = NULL, plugin_version = '', manifest_sha256 = '', reported_json = '',"
      " labels_json = CASE devices.revoked WHEN 1 THEN '[]' ELSE devices.labels_json END,"
      " room = CASE devices.revoked WHEN 1 THEN '' ELSE devices.room END, link = $5, foreign_id = $6, revoked = 0"
      " WHERE devices.revoked = 1 OR (devices.link = $5 AND devices.foreign_id = $6) RETURNING id",
      id.str(), type, name, toMs(now), toString(link), foreign_id);
  if (!written) return fail(std::move(written.error()));
  auto row = written->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row)
    return fail(ErrorCode::conflict, "The id '" + id.str() + "' is another device's; revoke that one first.",
                "/device");
  if (auto rest = written->step(); !rest) return fail(std::move(rest.error()));
  return {};
}

}  // namespace robohub::device
