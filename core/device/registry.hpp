// Which devices are enrolled, how each proves itself, and what must survive a restart of the hub about it: the epochs
// it may have seen, the stop that is latched, the state it last reported. Changes are durable before they are answered;
// reading never waits: snapshot() and authenticate() use an immutable list in memory.
//
// What an administrator does to the list is told to the audit in the same write.
//
// A revoked device leaves the list but keeps its row: enrolled again under the same id, its epochs go on rising and a
// latched stop holds on.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "device/link.hpp"
#include "device/settings.hpp"
#include "identity/audit.hpp"
#include "store/database.hpp"

namespace robohub::device {

// Immutable once it is in a snapshot.
struct Device {
  DeviceId id;
  std::string type;  // a dotted name; whether its plugin is installed is not known here
  std::string name;  // for people
  WallTime created;
  bool claimed = false;                  // an agent holds its key, or it needs none
  std::string plugin_version;            // last one that an agent said; "" before
  std::string manifest_sha256;           // of that version's manifest, 64 hexadecimal digits; "" before
  Epoch epoch_reserved = 0;              // turns up to this number may have been granted
  std::string stop_json;                 // the latched stop as saveStop() got it; "" when none
  std::string reported_json;             // the state at rest as saveReported() got it; "" when none
  std::vector<std::string> labels = {};  // plain names, in order; grants follow them
  std::string room = {};                 // for people, and for grants; may be empty
  Link link = Link::agent;
  std::string foreign_id = {};  // what a device without our agent calls itself there; "" with our agent
};
// What rights on it are checked on.
identity::Place placeOf(const Device& device);

using Devices = std::map<DeviceId, std::shared_ptr<const Device>>;

// `code` is "XXXX-XXXX-XXXX"; only its hash is kept.
struct Enrolment {
  DeviceId id;
  std::string type;
  std::string claim_code;
  WallTime expires;
};

struct Change {
  enum class Kind { enrolled, claimed, revoked, renamed, placed, seen };
  Kind kind;
  DeviceId id;
};

// Thread-safe. `done` callbacks and observers come on the database's writer thread (or, for what is refused at once, on
// the calling thread) and should post to a loop. Make it after the database and let it go after the database was
// closed.
class Registry {
 public:
  // Reads all devices. Blocks; start-up and command line. `database`, `clock` and `audit` (null: none is kept) must
  // outlive it.
  static Result<std::unique_ptr<Registry>> load(store::Database& database, const Settings& settings, const Clock& clock,
                                                const identity::Audit* audit = nullptr);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // For enrolments from now on. [any-thread]
  void configure(const Settings& settings);

  // The list as of now. Does not block. [any-thread]
  std::shared_ptr<const Devices> snapshot() const;
  // Null when it is not enrolled. Does not block. [any-thread]
  std::shared_ptr<const Device> find(const DeviceId& id) const;

  // Makes a device with a new claim code; a device that was never claimed gets a new code, type and name. `type` is a
  // plain name, `name` 1 to 64 characters (empty: the id). Errors: invalid_argument with its pointer; conflict: it is
  // claimed, revoke it first.
  void enrol(const DeviceId& id, std::string type, std::string name, std::function<void(Result<Enrolment>)> done,
             identity::Actor actor = identity::Actor::hub());
  // A new code for a device that nobody has claimed; type, name and place stay. Errors: not_found, conflict.
  void renewCode(const DeviceId& id, std::function<void(Result<Enrolment>)> done,
                 identity::Actor actor = identity::Actor::hub());

  // A device without our agent: it has no key, and its gateway knows it by `foreign_id` (1 to 200 bytes of UTF-8
  // without control characters). Attaching it again under the same id, link and foreign id is no change, but for
  // another type; name and place stay then. Errors: invalid_argument with its pointer; conflict (the id is another
  // device's, or this foreign one is attached under another id, which the message names); with Revoked::stays also
  // permission_denied (this foreign device, or the one that had the id, was revoked: whoever attaches it is nobody who
  // may take that back).
  enum class Revoked : std::uint8_t { returns, stays };
  void attach(const DeviceId& id, std::string type, std::string name, Link link, std::string foreign_id,
              std::function<void(Result<DeviceId>)> done, identity::Actor actor = identity::Actor::hub(),
              Revoked revoked = Revoked::returns);
  // Null when none is attached under it. Does not block. [any-thread]
  std::shared_ptr<const Device> findForeign(Link link, std::string_view foreign_id) const;

  // PROTOCOL.md 3.1; the answer is the device's type. `key` is 32 bytes in base64url. The same code with the same key
  // is answered alike again. Errors: permission_denied (unknown device; unknown, wrong or expired code), conflict
  // (claimed with another key), invalid_argument (key). A wrong code does not touch the disk.
  void claim(std::string_view code, const DeviceId& id, std::string_view key,
             std::function<void(Result<std::string>)> done, identity::Actor actor = identity::Actor::hub());

  // True when the key is the device's. Constant time, does not block. [any-thread]
  bool authenticate(const DeviceId& id, std::string_view key) const;

  // The key is void and the device off the list in memory BEFORE the disk knows; observers are told at once, so that
  // live links drop. If the disk then refuses, the device is back on the list and `done` says why. Errors: not_found.
  void revoke(const DeviceId& id, store::Done done, identity::Actor actor = identity::Actor::hub());

  // Errors: not_found, invalid_argument.
  void rename(const DeviceId& id, std::string name, store::Done done, identity::Actor actor = identity::Actor::hub());

  // At most 16 labels, plain names, none twice; a room of at most 64 characters, "" for none. Errors: not_found,
  // invalid_argument with its pointer.
  void place(const DeviceId& id, std::vector<std::string> labels, std::string room, store::Done done,
             identity::Actor actor = identity::Actor::hub());

  // `done(ok)` says that no epoch up to `up_to` will ever be given out again after a restart. Never lowers. Errors:
  // not_found.
  void reserveEpochs(const DeviceId& id, Epoch up_to, store::Done done);
  // The latched stop ("" when it was reset), at most 16 KiB.
  void saveStop(const DeviceId& id, std::string json, store::Done done);
  // The newest of them is not on the disk, and is what a device comes back with whose revocation the disk refuses.
  // [any-thread]
  bool stopUnsaved(const DeviceId& id) const;
  // What an agent's hello said.
  void saveSeen(const DeviceId& id, std::string plugin_version, std::string manifest_sha256, store::Done done);
  // The reported state at rest, at most 64 KiB.
  void saveReported(const DeviceId& id, std::string json, store::Done done);

  // Register before the loops start. Called after the snapshot has changed and before the change's own `done`.
  void onChange(std::function<void(const Change&)> observer);

 private:
  struct Parts;
  explicit Registry(std::shared_ptr<Parts> parts);
  std::shared_ptr<Parts> parts_;
};

}  // namespace robohub::device
