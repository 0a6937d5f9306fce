// Who did what, when, from where, and how it ended: an administrator's memory that cannot be edited unseen. Rows are
// appended in the order of their writing; each row's hash covers its fields and the hash of the row before (SHA-256),
// so `robohub audit verify` finds a row that was changed, removed or put in between. What must not be lost without its
// entry (accounts, grants, enrolment) appends inside its own write; the rest is noted and written behind.
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
  std::string detail_json = "{}";  // a small JSON object (at most 4 KiB; longer ones are cut to {"truncated":true})
};

struct AuditRow {
  std::int64_t seq = 0;
  std::int64_t at_ms = 0;
  AuditEntry entry;
  std::string hash;  // 64 hexadecimal digits
};

// All given conditions must hold. Texts are compared exactly but for `text`, which is looked for in actor name, action,
// object and detail without case.
struct AuditQuery {
  std::optional<std::int64_t> from_ms, to_ms;  // from <= at < to
  std::string actor, action, object, text;     // "" = any; an action that ends with '.' is a prefix
  std::optional<std::int64_t> before_seq;      // only older ones: the next page
  std::size_t limit = 100;                     // at most 1000; newest first
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
  // Rows that could not be written since the start. [any-thread]
  std::uint64_t lost() const;

  // `done` on a reader thread (or at once when it cannot be queued). [any-thread]
  void find(AuditQuery query, std::function<void(Result<std::vector<AuditRow>>)> done);
  // Walks the whole chain in several short reads. `known_head`: "" or a hash that must be in the chain. [any-thread]
  void verify(std::string known_head, std::function<void(Result<AuditVerdict>)> done);
  // Removes rows older than `keep`, leaving the anchor that the chain then begins at. [any-thread]
  void expire(Duration keep, store::Done done);

 private:
  store::Database& database_;
  const Clock& clock_;
  const std::shared_ptr<std::atomic<std::uint64_t>> lost_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace robohub::identity
