#include "device/registry.hpp"

#include <algorithm>

#include "base/dotted_name.hpp"
#include "base/json.hpp"
#include "base/mutex.hpp"
#include "device/registry_parts.hpp"
#include "identity/names.hpp"
#include "identity/secrets.hpp"

namespace robohub::device {
namespace {

constexpr std::size_t kStopLimit = 16 * 1024, kReportedLimit = 64 * 1024;
constexpr std::size_t kMaxLabels = 16;
constexpr std::size_t kKeyCharacters = 43;  // 32 bytes in base64url

Error wrongCode() {
  return {ErrorCode::permission_denied, "The claim code is wrong or has expired; enrol the device again for a new one.",
          "/code"};
}

bool isHex64(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

Registry::Registry(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}
Registry::~Registry() = default;

Result<std::unique_ptr<Registry>> Registry::load(store::Database& database, const Settings& settings,
                                                 const Clock& clock, const identity::Audit* audit) {
  auto state = std::make_shared<State>();
  auto done = database.readNow([&](store::Session& db) -> Status {
    auto entries = readEntries(db);
    if (!entries) return fail(std::move(entries.error()));
    for (Entry& entry : *entries) {
      state->devices.emplace(entry.device->id, entry.device);
      state->entries.emplace(entry.device->id, std::move(entry));
    }
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  auto parts = std::make_shared<Parts>(database, settings, clock, audit);
  {
    Lock lock(parts->pointer_mutex);
    parts->state = std::move(state);
  }
  return std::unique_ptr<Registry>(new Registry(std::move(parts)));
}

void Registry::configure(const Settings& settings) {
  parts_->claim_code_lifetime = settings.claim_code_lifetime;
}

std::shared_ptr<const Devices> Registry::snapshot() const {
  auto state = parts_->current();
  return {state, &state->devices};
}

std::shared_ptr<const Device> Registry::find(const DeviceId& id) const {
  auto state = parts_->current();
  auto found = state->devices.find(id);
  return found == state->devices.end() ? nullptr : found->second;
}

void Registry::enrol(const DeviceId& id, std::string type, std::string name,
                     std::function<void(Result<Enrolment>)> done, identity::Actor actor) {
  if (id.empty()) return done(fail(ErrorCode::invalid_argument, "A device needs an id.", "/id"));
  if (!isDottedName(type))
    return done(fail(ErrorCode::invalid_argument,
                     "A device type is 1 to 64 characters of a-z, 0-9, _, - and single dots.", "/type"));
  auto clean = name.empty() ? Result<std::string>(id.str()) : identity::cleanName(name, 64, "A device's name", "/name");
  if (!clean) return done(fail(std::move(clean.error())));

  WallTime now = parts_->clock.wall();
  Enrolment enrolment{id, type, identity::makeOneTimeCode(), now + parts_->claim_code_lifetime.load()};
  auto hash = identity::hashOf(enrolment.claim_code);
  parts_->change(
      id,
      [parts = parts_, actor = std::move(actor), id, type, name = *clean, now, hash,
       expires = enrolment.expires](store::Session& db) -> Status {
        if (auto written = writeEnrolment(db, id, type, name, now, hash, expires); !written) return written;
        return parts->note(db, actor, "device.enrol", id, "{\"type\":" + json::quote(type) + "}");
      },
      Change::Kind::enrolled,
      [enrolment, done = std::move(done)](Status written) {
        if (!written) return done(fail(std::move(written.error())));
        done(enrolment);
      });
}

void Registry::renewCode(const DeviceId& id, std::function<void(Result<Enrolment>)> done, identity::Actor actor) {
  const auto device = find(id);
  if (!device) return done(fail(notEnrolled(id)));
  if (device->claimed)
    return done(fail(ErrorCode::conflict, "An agent has claimed this device; revoke it and enrol it again."));
  Enrolment enrolment{id, device->type, identity::makeOneTimeCode(),
                      parts_->clock.wall() + parts_->claim_code_lifetime.load()};
  auto hash = identity::hashOf(enrolment.claim_code);
  parts_->change(
      id,
      [parts = parts_, actor = std::move(actor), id, hash, expires = enrolment.expires](store::Session& db) -> Status {
        auto changed = db.run(
            "UPDATE devices SET claim_hash = $2, claim_expires_ms = $3 WHERE id = $1 AND revoked = 0"
            " AND key_hash IS NULL",
            id.str(), store::Bytes(hash), toMs(expires));
        if (!changed) return fail(std::move(changed.error()));
        if (*changed == 0)
          return fail(ErrorCode::conflict, "An agent has claimed this device; revoke it and enrol it again.");
        return parts->note(db, actor, "device.enrol", id, "{\"renewed\":true}");
      },
      std::nullopt,
      [enrolment, done = std::move(done)](Status written) {
        if (!written) return done(fail(std::move(written.error())));
        done(enrolment);
      });
}

void Registry::claim(std::string_view typed, const DeviceId& id, std::string_view key,
                     std::function<void(Result<std::string>)> done, identity::Actor actor) {
  auto bytes = key.size() == kKeyCharacters ? identity::fromBase64Url(key) : std::nullopt;
  if (!bytes) return done(fail(ErrorCode::invalid_argument, "The key must be 32 bytes in base64url.", "/key"));
  auto code = identity::readOneTimeCode(typed);
  auto state = parts_->current();
  auto found = state->entries.find(id);
  if (!code || found == state->entries.end()) return done(fail(wrongCode()));

  auto code_hash = identity::hashOf(*code), key_hash = identity::hashOf(key);
  // Whether this code and key are good for the device as `entry` has it; true when they have claimed it already.
  auto judge = [code_hash, key_hash, now = parts_->clock.wall()](const Entry& entry) -> Result<bool> {
    if (!entry.claim_hash || !identity::sameHash(*entry.claim_hash, code_hash)) return fail(wrongCode());
    if (entry.key_hash && identity::sameHash(*entry.key_hash, key_hash)) return true;
    if (entry.key_hash)
      return fail(ErrorCode::conflict, "The code was used already, with another key; enrol the device again.", "/code");
    if (entry.claim_expires <= now) return fail(wrongCode());
    return false;
  };
  // Judged in memory first, so that guesses never reach the disk; and again where nobody can come in between.
  auto answer = judge(found->second);
  if (!answer) return done(fail(std::move(answer.error())));
  std::string type = found->second.device->type;
  if (*answer) return done(type);
  parts_->change(
      id,
      [parts = parts_, actor = std::move(actor), id, judge, key_hash](store::Session& db) -> Status {
        auto entry = readEntry(db, id);
        if (!entry) return fail(wrongCode());
        auto claimed = judge(*entry);
        if (!claimed) return fail(std::move(claimed.error()));
        auto written = db.run("UPDATE devices SET key_hash = $2 WHERE id = $1", id.str(), store::Bytes(key_hash));
        if (!written) return fail(std::move(written.error()));
        return parts->note(db, actor, "device.claim", id);
      },
      Change::Kind::claimed,
      [type, done = std::move(done)](Status written) {
        if (!written) return done(fail(std::move(written.error())));
        done(type);
      });
}

bool Registry::authenticate(const DeviceId& id, std::string_view key) const {
  if (key.size() != kKeyCharacters) return false;
  auto state = parts_->current();
  auto found = state->entries.find(id);
  bool known = found != state->entries.end() && found->second.key_hash;
  // Compared in any case, so that time does not tell which ids exist.
  bool same = identity::sameHash(known ? *found->second.key_hash : identity::SecretHash{}, identity::hashOf(key));
  return known && same;
}

void Registry::revoke(const DeviceId& id, store::Done done, identity::Actor actor) {
  {
    Lock lock(parts_->changing);
    auto state = parts_->current();
    auto found = state->entries.find(id);
    if (found == state->entries.end()) return done(fail(notEnrolled(id)));
    parts_->revoking.emplace(id, found->second);
    parts_->replace(id, nullptr);
  }
  parts_->tell(Change::Kind::revoked, id);
  parts_->database.write(
      [parts = parts_, actor = std::move(actor), id](store::Session& db) -> Status {
        auto changed =
            db.run("UPDATE devices SET revoked = 1, key_hash = NULL, claim_hash = NULL WHERE id = $1", id.str());
        if (!changed) return fail(std::move(changed.error()));
        return parts->note(db, actor, "device.revoke", id);
      },
      [self = parts_, id, done = std::move(done)](Status written) {
        {
          Lock lock(self->changing);
          auto hidden = self->revoking.extract(id);
          if (!written) {
            self->adoptStop(hidden.mapped());
            self->replace(id, &hidden.mapped());
          } else {
            Lock stops(self->stops_mutex);
            self->unsaved_stops.erase(id);
          }
        }
        if (!written) self->tell(Change::Kind::enrolled, id);
        done(std::move(written));
      });
}

void Registry::rename(const DeviceId& id, std::string name, store::Done done, identity::Actor actor) {
  auto clean = identity::cleanName(name, 64, "A device's name", "/name");
  if (!clean) return done(fail(std::move(clean.error())));
  parts_->updateBy(std::move(actor), "device.rename", "{\"name\":" + json::quote(*clean) + "}", id,
                   "UPDATE devices SET name = $2 WHERE id = $1", Change::Kind::renamed, std::move(done), *clean);
}

void Registry::place(const DeviceId& id, std::vector<std::string> labels, std::string room, store::Done done,
                     identity::Actor actor) {
  if (labels.size() > kMaxLabels)
    return done(fail(ErrorCode::invalid_argument, "A device has at most 16 labels.", "/labels"));
  std::sort(labels.begin(), labels.end());
  if (std::adjacent_find(labels.begin(), labels.end()) != labels.end())
    return done(fail(ErrorCode::invalid_argument, "A label stands there twice.", "/labels"));
  for (const std::string& label : labels)
    if (!isPlainName(label))
      return done(fail(ErrorCode::invalid_argument,
                       "A label has 1 to 64 characters of a-z, 0-9, _ and -, and begins with a letter or digit.",
                       "/labels"));
  if (!room.empty()) {
    auto clean = identity::cleanName(room, 64, "A room's name", "/room");
    if (!clean) return done(fail(std::move(clean.error())));
    room = std::move(*clean);
  }
  parts_->updateBy(std::move(actor), "device.place",
                   "{\"labels\":" + labelsJson(labels) + ",\"room\":" + json::quote(room) + "}", id,
                   "UPDATE devices SET labels_json = $2, room = $3 WHERE id = $1", Change::Kind::placed,
                   std::move(done), labelsJson(labels), std::move(room));
}

void Registry::reserveEpochs(const DeviceId& id, Epoch up_to, store::Done done) {
  parts_->update(id, "UPDATE devices SET epoch_reserved = max(epoch_reserved, $2) WHERE id = $1", std::nullopt,
                 std::move(done), up_to);
}

void Registry::saveStop(const DeviceId& id, std::string json, store::Done done) {
  if (json.size() > kStopLimit) return done(fail(ErrorCode::too_large, "A stop may have 16 KiB."));
  {
    Lock lock(parts_->stops_mutex);
    parts_->unsaved_stops[id] = json;
  }
  store::Done saved = [parts = parts_, id, json, done = std::move(done)](Status written) {
    if (written) parts->stopSaved(id, json);
    done(std::move(written));
  };
  parts_->update(id, "UPDATE devices SET stop_json = $2 WHERE id = $1", std::nullopt, std::move(saved),
                 std::move(json));
}

bool Registry::stopUnsaved(const DeviceId& id) const {
  Lock lock(parts_->stops_mutex);
  return parts_->unsaved_stops.contains(id);
}

void Registry::saveSeen(const DeviceId& id, std::string plugin_version, std::string manifest_sha256, store::Done done) {
  if (plugin_version.size() > 64)
    return done(fail(ErrorCode::invalid_argument, "A plugin version has at most 64 characters.", "/plugin/version"));
  if (!isHex64(manifest_sha256))
    return done(fail(ErrorCode::invalid_argument, "A manifest hash has 64 hexadecimal digits.", "/plugin/manifest"));
  // Each reconnect says it again; the disk need not hear it.
  if (auto device = find(id);
      device && device->plugin_version == plugin_version && device->manifest_sha256 == manifest_sha256)
    return done({});
  parts_->update(id, "UPDATE devices SET plugin_version = $2, manifest_sha256 = $3 WHERE id = $1", Change::Kind::seen,
                 std::move(done), std::move(plugin_version), std::move(manifest_sha256));
}

void Registry::saveReported(const DeviceId& id, std::string json, store::Done done) {
  if (json.size() > kReportedLimit) return done(fail(ErrorCode::too_large, "A reported state may have 64 KiB."));
  parts_->update(id, "UPDATE devices SET reported_json = $2 WHERE id = $1", std::nullopt, std::move(done),
                 std::move(json));
}

void Registry::onChange(std::function<void(const Change&)> observer) {
  parts_->observers.push_back(std::move(observer));
}

}  // namespace robohub::device
