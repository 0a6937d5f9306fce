// The registry's inside, shared by its sources. Internal to device/.
#pragma once
#include <atomic>
#include <map>

#include "base/mutex.hpp"
#include "device/registry.hpp"
#include "device/rows.hpp"

namespace robohub::device {

// All that is known in memory; replaced whole at each change.
struct State {
  Devices devices;
  std::map<DeviceId, Entry> entries;
};

inline Error notEnrolled(const DeviceId& id) {
  return {ErrorCode::not_found, "No device '" + id.str() + "' is enrolled.", ""};
}

// Held by every request that the database still has, so that it may outlive the registry.
struct Registry::Parts : std::enable_shared_from_this<Registry::Parts> {
  Parts(store::Database& db, const Settings& chosen, const Clock& time, const identity::Audit* log)
      : database(db), claim_code_lifetime(chosen.claim_code_lifetime), clock(time), audit(log) {}

  store::Database& database;
  std::atomic<std::chrono::hours> claim_code_lifetime;
  const Clock& clock;
  const identity::Audit* const audit;                         // null: none
  std::vector<std::function<void(const Change&)>> observers;  // immutable once loops run
  mutable Mutex pointer_mutex;                                // held for its copy only
  std::shared_ptr<const State> state RH_GUARDED_BY(pointer_mutex) = std::make_shared<const State>();
  Mutex changing;                                              // one change at a time
  std::map<DeviceId, Entry> revoking RH_GUARDED_BY(changing);  // off the list, and not yet so on disk
  Mutex stops_mutex RH_ACQUIRED_AFTER(changing);               // held for a look only
  std::map<DeviceId, std::string> unsaved_stops RH_GUARDED_BY(stops_mutex);

  std::shared_ptr<const State> current() const {
    Lock lock(pointer_mutex);
    return state;
  }

  void replace(const DeviceId& id, const Entry* entry) RH_REQUIRES(changing) {
    auto changed = std::make_shared<State>(*current());
    changed->entries.erase(id);
    changed->devices.erase(id);
    if (entry) {
      changed->entries.emplace(id, *entry);
      changed->devices.emplace(id, entry->device);
    }
    Lock lock(pointer_mutex);
    state = std::move(changed);
  }

  void publish(const Entry& entry) {
    const DeviceId& id = entry.device->id;
    Lock lock(changing);
    // A change that was queued before the revocation must not bring the device back.
    if (auto hidden = revoking.find(id); hidden != revoking.end())
      hidden->second = entry;
    else
      replace(id, &entry);
  }

  // The stop that counts for a device, whether the disk has it or not.
  void adoptStop(Entry& entry) {
    Lock lock(stops_mutex);
    const auto unsaved = unsaved_stops.find(entry.device->id);
    if (unsaved == unsaved_stops.end()) return;
    auto device = std::make_shared<Device>(*entry.device);
    device->stop_json = unsaved->second;
    entry.device = std::move(device);
  }
  void stopSaved(const DeviceId& id, const std::string& json) {
    Lock lock(stops_mutex);
    if (const auto at = unsaved_stops.find(id); at != unsaved_stops.end() && at->second == json)
      unsaved_stops.erase(at);
  }

  // Inside a write.
  Status note(store::Session& db, const identity::Actor& actor, const char* action, const DeviceId& id,
              std::string detail_json = "{}") const {
    if (!audit) return {};
    return audit->append(db, {actor, action, "device:" + id.str(), identity::Outcome::ok, std::move(detail_json)});
  }

  void tell(Change::Kind kind, const DeviceId& id) const {
    for (auto& observer : observers) observer({kind, id});
  }

  // Writes, reads the row as it now is, and when that is durable shows it to everybody.
  void change(const DeviceId& id, store::Work work, std::optional<Change::Kind> kind, store::Done done) {
    auto entry = std::make_shared<Entry>();
    auto self = shared_from_this();
    database.write(
        [id, entry, work = std::move(work)](store::Session& db) -> Status {
          if (auto written = work(db); !written) return written;
          auto read = readEntry(db, id);
          if (!read) return fail(std::move(read.error()));
          *entry = std::move(*read);
          return {};
        },
        [self, id, entry, kind, done = std::move(done)](Status written) {
          if (written) {
            self->publish(*entry);
            if (kind) self->tell(*kind, id);
          }
          done(std::move(written));
        });
  }

  // The same, with its row in the audit.
  template <class... Values>
  void updateBy(identity::Actor actor, const char* action, std::string detail_json, const DeviceId& id, const char* sql,
                Change::Kind kind, store::Done done, Values... values) {
    if (!current()->devices.contains(id)) return done(fail(notEnrolled(id)));
    change(
        id,
        [self = shared_from_this(), actor = std::move(actor), action, detail_json = std::move(detail_json), id, sql,
         values...](store::Session& db) -> Status {
          auto changed = db.run(sql, id.str(), values...);
          if (!changed) return fail(std::move(changed.error()));
          return self->note(db, actor, action, id, detail_json);
        },
        kind, std::move(done));
  }

  // One UPDATE of one column of a device that is enrolled.
  template <class... Values>
  void update(const DeviceId& id, const char* sql, std::optional<Change::Kind> kind, store::Done done,
              Values... values) {
    if (!current()->devices.contains(id)) return done(fail(notEnrolled(id)));
    change(
        id,
        [id, sql, values...](store::Session& db) -> Status {
          auto changed = db.run(sql, id.str(), values...);
          if (!changed) return fail(std::move(changed.error()));
          return {};
        },
        kind, std::move(done));
  }
};

}  // namespace robohub::device
