// Which person a token stands for, asked on every request by every loop: the answer comes from memory and never waits
// for a disk. A guest's token proves itself; account sessions are a map from the token's hash to the person, loaded at
// start and replaced whole at each change. The database holds hashes only: a stolen copy signs nobody in.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "identity/guest_token.hpp"
#include "identity/person.hpp"
#include "identity/secrets.hpp"
#include "identity/settings.hpp"
#include "store/database.hpp"

namespace robohub::identity {

// A session that holds now.
struct Session {
  std::string handle;  // names the session without being its token; what onEnded() tells
  Person person;
  WallTime expires;  // at the latest
  std::shared_ptr<const Rights> rights = nullptr;  // as of now; null: nothing beyond the role
};

// A fresh session and the token for its cookie.
struct SignedIn {
  Session session;
  std::string token;
};

// Thread-safe. `database` and `clock` must outlive it; work of it that the database still holds may outlive IT.
class Sessions {
 public:
  // Reads the account sessions that still hold. Blocks; start-up only.
  static Result<std::unique_ptr<Sessions>> load(store::Database& database, InstallKey key, Settings settings,
                                                const Clock& clock);

  // Nullopt: unknown, expired or ended. Does not block. [any-thread]
  std::optional<Session> find(std::string_view token) const;

  // A guest's session for a clean name. Does not block. [any-thread]
  SignedIn startGuest(std::string name);

  // An account's session: the row is added by `insert` inside the caller's own write request; when that is durable, the
  // caller publishes it. An account has at most 32; the one that was used longest ago gives way.
  struct Fresh {
    SignedIn signed_in;
    SecretHash hash;
    WallTime created;
  };
  Fresh makeForAccount(const Person& person) const;
  Status insert(store::Session& database, const Fresh& fresh) const;
  void publish(const Fresh& fresh);

  // Ends a session: void at once in memory; `done` (on the writer thread; at once for guests and unknown tokens) says
  // that it is durable. A guest's ended token is remembered in memory until it would have expired. [any-thread]
  void end(std::string_view token, store::Done done);

  // Called about once a minute by the hub: drops what has expired, writes when sessions were last used. Does not block.
  void maintain();

  // `ended` is told the handle of every session that was ended, and of an account's that has expired. Register before
  // the loops start; called from any thread, and should post. (A guest's that merely expires is not told: see
  // Session::expires.)
  void onEnded(std::function<void(const std::string& handle)> ended);

  const Settings& settings() const { return settings_; }

 private:
  struct Account {
    std::string handle;
    Person person;
    WallTime expires;
    // Shared between snapshots: use is noted on loops without a lock, and written down by maintain().
    std::shared_ptr<std::atomic<std::int64_t>> last_used_ms;
    std::shared_ptr<std::atomic<std::int64_t>> written_ms;
  };
  using Accounts = std::map<SecretHash, Account>;

  Sessions(store::Database& database, InstallKey key, Settings settings, const Clock& clock);
  std::shared_ptr<const Accounts> accounts() const;
  bool holds(const Account& account, WallTime now) const;
  static Account accountOf(const SecretHash& hash, Person person, WallTime expires, std::int64_t last_used_ms);
  // Takes out the sessions of these hashes, tells their end, and deletes their rows.
  void remove(const std::vector<SecretHash>& hashes, store::Done done);
  void endGuest(const GuestPass& pass);
  void writeLastUses(const Accounts& accounts);

  store::Database& database_;
  const InstallKey key_;
  const Settings settings_;
  const Clock& clock_;
  std::vector<std::function<void(const std::string&)>> observers_;  // immutable once loops run
  mutable std::mutex mutex_;  // guards the two below, held for a look-up or the copy of a pointer
  std::shared_ptr<const Accounts> accounts_ = std::make_shared<const Accounts>();
  std::unordered_map<std::string, WallTime> ended_guests_;  // handle -> when the token expires by itself
  std::mutex changing_;                                     // one change of accounts_ at a time
};

}  // namespace robohub::identity
