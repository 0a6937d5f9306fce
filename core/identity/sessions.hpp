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
};

// A fresh session and the token for its cookie.
struct SignedIn {
  Session session;
  std::string token;
};

// Thread-safe. Must be outlived by the database's work: close the database (or let it go) first.
class Sessions {
 public:
  // Reads the account sessions that still hold. Blocks; start-up only. `clock` and `database` must outlive it.
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

  // `ended` is told the handle of every session that ends before or at its time. Register before the loops start; called
  // from any thread, and should post. (Guests' sessions that merely expire are not told: compare Session::expires.)
  void onEnded(std::function<void(const std::string& handle)> ended);

  const Settings& settings() const { return settings_; }

 private:
  struct Account {
    Person person;
    WallTime created;
    WallTime expires;
    std::shared_ptr<std::atomic<std::int64_t>> last_used_ms;
    std::shared_ptr<std::atomic<std::int64_t>> written_ms;
  };
  using Accounts = std::map<SecretHash, Account>;
  using Ended = std::map<std::string, WallTime>;  // guest handle -> when it may be forgotten
  struct State {
    Accounts accounts;
    Ended ended_guests;
  };

  Sessions(store::Database& database, InstallKey key, Settings settings, const Clock& clock);
  std::shared_ptr<const State> state() const;
  template <class Change>
  void change(Change apply);
  bool holds(const Account& account, WallTime now) const;
  void tell(const std::vector<std::string>& handles) const;

  store::Database& database_;
  const InstallKey key_;
  const Settings settings_;
  const Clock& clock_;
  std::vector<std::function<void(const std::string&)>> observers_;  // immutable once loops run
  mutable std::mutex mutex_;                                        // guards state_ (the pointer), held for its copy only
  std::mutex changing_;                                             // one change at a time
  std::shared_ptr<const State> state_;
};

}  // namespace robohub::identity
