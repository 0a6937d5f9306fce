// Who did what, when, from where, and how it ended: an administrator's memory that cannot be edited unseen. Rows are
// appended in the order of their writing; each row's hash covers its fields and the hash of the row before (SHA-256),
// so `robohub audit verify` finds a row that was changed, removed or put in between. What must not be lost without its
// entry (accounts, grants, enrolment) appends inside its own write; the rest is noted and written behind.
//
// What is hashed: "robohub audit 1\n", the 32 bytes of the hash before (the anchor's for the first row, zeros at the
// very beginning), seq and at_ms (8 bytes each, big endian), then actor id, actor name, address, action, object,
// outcome and detail, each as its length (4 bytes, big endian) and its bytes. Who may write the file can make a whole
// chain anew; that is found only by comparing the head with one that was written down elsewhere.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/person.hpp"
#include "store/database.hpp"

namespace robohub::identity {

// Whose hand it was. The hub itself: id "hub", name "hub".
struct Actor {
  std::string id;       // a person id, or "hub"
  std::string name;     // as shown at that time
  std::string address;  // the client's IP address, "unix", or "" where there is none
  static Actor hub() { return {"hub", "hub", ""}; }
};

enum class Outcome { ok, refused, failed };
const char* toString(Outcome outcome);

struct AuditEntry {
  Actor actor;
  std::string action;  // a dotted name: "session.sign_in", "grant.add", "turn.skip", "stop.press", "config.reload"
  std::string object;  // "device:lab-turret", "user:ada", "token:7", "config", or ""
  Outcome outcome = Outcome::ok;
  // A small JSON object (at most 4 KiB; of a longer one, or of what is none, only {"truncated":true} is kept). The
  // texts above are cut to 256 bytes, and to 512 for `object`.
  std::string detail_json = "{}";
};

struct AuditRow {
  std::int64_t seq = 0;
  std::int64_t at_ms = 0;
  AuditEntry entry;
  std::string hash;  // 64 hexadecimal digits
};

// ENTRY of docs/PROTOCOL.md, on one line. [any-thread]
std::string toJson(const AuditRow& row);

// All given conditions must hold. Texts are compared exactly but for `text`, which is looked for in actor name, action,
// object and detail without (ASCII) case. `actor` is a person id, or else a name.
struct AuditQuery {
  std::optional<std::int64_t> from_ms = {}, to_ms = {};         // from <= at < to
  std::string actor = {}, action = {}, object = {}, text = {};  // "" = any; an action that ends with '.' is a prefix
  std::optional<std::int64_t> before_seq = {};                  // only older ones: the next page
  std::optional<std::int64_t> after_seq = {};                   // only newer ones: the next page of the oldest first
  std::size_t limit = 100;                                      // at most 1000
  bool oldest_first = false;
};

struct AuditVerdict {
  bool good = false;
  std::int64_t rows = 0;
  std::int64_t first_bad_seq = 0;  // 0 when good
  std::string head;                // hash of the newest row, hexadecimal: write it down elsewhere
  std::string message;             // a sentence
};

// Thread-safe.
class Audit {
 public:
  // `database` and `clock` must outlive it.
  Audit(store::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  // Inside a write of the caller's own: durable together with it. [writer thread]
  Status append(store::Session& database, const AuditEntry& entry) const;
  // Written behind; a row that the disk refuses is counted and logged by the hub, nothing waits for it. [any-thread]
  void note(AuditEntry entry);
  // Rows noted that could not be written since the start. [any-thread]
  std::uint64_t lost() const;

  // `done` on a reader thread (or at once when it cannot be queued). [any-thread]
  void find(AuditQuery query, std::function<void(Result<std::vector<AuditRow>>)> done);
  // Walks the whole chain in several short reads. `known_head`: "" or a hash that must be in the chain. [any-thread]
  void verify(std::string known_head, std::function<void(Result<AuditVerdict>)> done);
  // Removes rows older than `keep` in several short writes, leaving the anchor that the chain then begins at, and says
  // so in a row of its own ("audit.expire"). [any-thread]
  void expire(Duration keep, store::Done done);

 private:
  store::Database& database_;
  const Clock& clock_;
  const std::shared_ptr<std::atomic<std::uint64_t>> lost_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace robohub::identity
