// Which person a cookie's token stands for, asked on every request by every loop: the answer comes from memory and
// never waits for a disk. A guest's token proves itself; account sessions are a map from the token's hash to the
// account, loaded at start and replaced whole at each change. The database holds hashes only: a stolen copy signs
// nobody in.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "base/time.hpp"
#include "identity/audit.hpp"
#include "identity/guest_token.hpp"
#include "identity/person.hpp"
#include "identity/secrets.hpp"
#include "identity/settings.hpp"
#include "store/database.hpp"

namespace robohub::identity {

// A session that holds now.
struct Session {
  std::string handle;  // names the session without being its token; of tokens "t-<id>", of this machine's "local"
  Person person;
  WallTime expires;                                // at the latest
  std::shared_ptr<const Rights> rights = nullptr;  // as of when it was found; null: nothing beyond the role
};

// A fresh session and the token for its cookie.
struct SignedIn {
  Session session;
  std::string token;
};

// From where somebody comes in.
struct Caller {
  std::string address;          // IP address as text, or "unix"
  std::string user_agent = {};  // as the header says it
};

// What an account is shown of its sessions.
struct SessionInfo {
  std::string handle;
  std::int64_t created_ms = 0, last_used_ms = 0, expires_ms = 0;
  std::string address, user_agent;
};

struct EndedSession {
  std::string handle;
  PersonId person;
  bool last = false;  // the person has no other session
};

// Thread-safe. `database` and `clock` must outlive it; work of it that the database still holds may outlive IT.
class Sessions {
 public:
  // Reads the account sessions that still hold. Blocks; start-up only.
  static Result<std::unique_ptr<Sessions>> load(store::Database& database, InstallKey key, const Settings& settings,
                                                const Clock& clock);

  // What a token or handle stands for; `name` is set for guests only.
  struct Found {
    std::string handle;
    PersonId person;
    std::string guest_name;
    WallTime expires;
  };
  // Nullopt: unknown, expired or ended. Counts as its use. Does not block. [any-thread]
  std::optional<Found> find(std::string_view token) const;
  // By the handle: an account's session as it is now; a guest's is taken from `session`.
  std::optional<Found> renew(const Session& session) const;

  // A guest's session for a clean name; nothing is kept. Does not block. [any-thread]
  SignedIn startGuest(std::string name) const;

  // An account's session: the row is added by `insert` inside the caller's own write request; when that is durable, the
  // caller publishes it. An account has at most 32; the one that was used longest ago gives way. It is confirmed.
  struct Fresh {
    SignedIn signed_in;
    SecretHash hash;
    WallTime created;
    Caller caller;  // user_agent cleaned and cut to 120 characters
  };
  Fresh makeForAccount(const Person& person, const Caller& caller) const;
  static Status insert(store::Session& database, const Fresh& fresh);
  void publish(const Fresh& fresh);

  // Since when the session is confirmed, if ever since the hub knows. [any-thread]
  std::optional<MonoTime> confirmedAt(const std::string& handle) const;
  // The password was given now. `done` when it is durable. Errors: not_found.
  void confirm(const std::string& handle, store::Done done);

  std::vector<SessionInfo> of(const PersonId& account) const;
  std::map<PersonId, std::size_t> counts() const;
  // The row's key of an account's session; nullopt: there is none.
  std::optional<SecretHash> hashOfHandle(const std::string& handle) const;

  // Ends sessions of an account: void at once in memory; `done` (on the writer thread) says that it is durable.
  // `entry` is appended to the audit in the same write. [any-thread]
  void end(const std::vector<SecretHash>& hashes, const Audit* audit, const AuditEntry& entry, store::Done done);
  // A guest's ended token is remembered in memory until it would have expired. [any-thread]
  void endGuest(const PersonId& guest, WallTime until);
  bool hasEnded(const PersonId& guest) const;
  // Their rows are gone already, but for that of `keep`.
  void forgetOf(const PersonId& account, const std::optional<SecretHash>& keep);

  // Called about once a minute by the hub: drops what has expired, writes when sessions were last used. Does not block.
  void maintain();

  // Told of every session that was ended, and of an account's that has expired. Register before the loops start; called
  // from any thread, and should post. (A guest's that merely expires is not told: see Session::expires.)
  void onEnded(std::function<void(const EndedSession&)> ended) { observers_.push_back(std::move(ended)); }

  Settings settings() const;
  void configure(const Settings& settings);

 private:
  struct Account {
    std::string handle;
    PersonId person;
    WallTime expires;
    std::int64_t created_ms = 0;
    std::string address, user_agent;
    // Shared between snapshots: use is noted on loops without a lock, and written down by maintain().
    struct Use {
      std::atomic<std::int64_t> last_used_ms{0}, written_ms{0};
      std::atomic<std::int64_t> confirmed_ns{0};  // monotonic; 0: never
    };
    std::shared_ptr<Use> use = std::make_shared<Use>();
  };
  using Accounts = std::map<SecretHash, Account>;

  Sessions(store::Database& database, InstallKey key, const Settings& settings, const Clock& clock)
      : database_(database), key_(key), clock_(clock), settings_(settings) {}
  std::shared_ptr<const Accounts> accounts() const;
  bool holds(const Account& account, WallTime now) const;
  // Takes them out and tells their end.
  void forget(const std::vector<SecretHash>& hashes);
  void writeLastUses(const Accounts& accounts);
  // Those whose tokens have expired, and of the others the soonest, until there are at most so many.
  void forgetEndedGuests(WallTime now, std::size_t most) RH_REQUIRES(mutex_);

  store::Database& database_;
  const InstallKey key_;
  const Clock& clock_;
  std::vector<std::function<void(const EndedSession&)>> observers_;  // immutable once loops run
  mutable Mutex mutex_;                                              // held for a look-up or a copy
  Settings settings_ RH_GUARDED_BY(mutex_);
  std::shared_ptr<const Accounts> accounts_ RH_GUARDED_BY(mutex_) = std::make_shared<const Accounts>();
  std::unordered_map<PersonId, WallTime> ended_guests_ RH_GUARDED_BY(mutex_);   // until when the token would have held
  std::set<std::pair<WallTime, PersonId>> ended_by_end_ RH_GUARDED_BY(mutex_);  // the same, the soonest first
  Mutex changing_;                                                              // one change of accounts_ at a time
};

}  // namespace robohub::identity
