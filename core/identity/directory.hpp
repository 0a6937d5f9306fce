// Everybody who has an account, with role and grants: asked on every request, so the answer comes from an immutable
// snapshot in memory. Every change is durable first, together with its line of the audit; then the snapshot is replaced
// and observers are told. Rules that concern several accounts (the last administrator stays) are checked inside the
// write, where there is only one at a time.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.hpp"
#include "base/time.hpp"
#include "identity/audit.hpp"
#include "identity/person.hpp"
#include "store/database.hpp"

namespace robohub::identity {

struct GrantRecord {
  Grant grant;
  std::int64_t created_ms = 0;
  std::string created_by;  // the name of whoever gave it
};

// Immutable but for when it was seen.
struct Account {
  Person person;              // name is the username
  std::string password_hash;  // "$argon2id$..."; "": comes in by an issuer only
  std::string oidc_subject;   // "": not linked
  bool disabled = false;
  std::int64_t created_ms = 0;
  std::vector<GrantRecord> grants;                                  // oldest first
  std::shared_ptr<const Rights> rights;                             // those grants as may() takes them; never null
  std::shared_ptr<std::atomic<std::int64_t>> last_seen_ms;          // 0: never
  std::shared_ptr<std::atomic<std::int64_t>> written_last_seen_ms;  // what the database knows of it

  bool isAdministrator() const { return !disabled && person.role == Role::administrator; }
};
using AccountPtr = std::shared_ptr<const Account>;

// The number in "u-7" or "t-7"; nullopt for other ids.
std::optional<std::int64_t> rowOf(const PersonId& id, std::string_view prefix);

// Thread-safe. Held by shared pointers, since writes that the database still holds speak of it. Answers come once: on
// the writer thread, or at once on the calling thread when the request cannot be queued.
class Directory : public std::enable_shared_from_this<Directory> {
 public:
  using AccountDone = std::function<void(Result<AccountPtr>)>;
  // `before` is null for a new account, `after` for a removed one. On the writer thread, after the snapshot changed.
  using Changed = std::function<void(const AccountPtr& before, const AccountPtr& after)>;

  // Blocks; start-up only. All must outlive it.
  static Result<std::shared_ptr<Directory>> load(store::Database& database, const Audit& audit, const Clock& clock);

  // Null when there is none. Disabled ones are found too. [any-thread]
  AccountPtr find(std::string_view username) const;
  AccountPtr find(const PersonId& id) const;
  AccountPtr findBySubject(std::string_view oidc_subject) const;
  std::vector<AccountPtr> all() const;  // by username
  bool administratorExists() const;     // enabled or not

  // ---- changes; `by` goes into the audit. Errors of all: not_found (no such account), and the database's.
  struct NewAccount {
    std::string username;
    Role role = Role::member;
    std::string password_hash = {}, oidc_subject = {};
    bool first_administrator = false;  // only while there is no administrator
  };
  // `also` runs inside the same write when the row is there (a first session). Errors: conflict (name or subject taken;
  // there is an administrator already).
  using Also = std::function<Status(store::Session&, const Person&)>;
  void add(NewAccount account, const Actor& by, const std::string& action, Also also, AccountDone done);
  // Disabling ends the account's sessions. Errors: conflict (it is the last enabled administrator).
  struct Change {
    std::optional<Role> role;
    std::optional<bool> disabled;
  };
  void change(const std::string& username, const Change& change, const Actor& by, AccountDone done);
  // Answers what was removed. Errors: conflict (as above).
  void remove(const std::string& username, const Actor& by, AccountDone done);
  // Ends its sessions, but for the one whose token has the hash `keep` (empty: all). `expected_hash`: conflict unless
  // that is the present one.
  struct NewPassword {
    std::string hash;
    std::optional<std::string> expected_hash;
    std::vector<std::uint8_t> keep_session;
  };
  void setPassword(const PersonId& id, NewPassword password, const Actor& by, const std::string& action,
                   AccountDone done);

  using GrantDone = std::function<void(Result<GrantRecord>)>;
  // Errors: conflict (it is there already), exhausted (256 an account).
  void addGrant(const std::string& username, Permission permission, const Scope& scope, const Actor& by,
                GrantDone done);
  void removeGrant(const std::string& username, std::int64_t grant_id, const Actor& by, store::Done done);

  // The account did something now. Does not block. [any-thread]
  void seen(const Account& account) const;
  // About once a minute: writes down when accounts were last seen.
  void maintain();
  // Register before the loops start.
  void onChanged(Changed changed) { observers_.push_back(std::move(changed)); }

  Directory(store::Database& database, const Audit& audit, const Clock& clock)  // use load()
      : database_(database), audit_(audit), clock_(clock) {}

 private:
  struct Snapshot {
    std::map<std::string, AccountPtr, std::less<>> by_name;
    std::unordered_map<PersonId, AccountPtr> by_id;
  };
  std::shared_ptr<const Snapshot> snapshot() const;
  // Runs `work` on the account's row inside a write, then publishes the row as it is then and answers it.
  using RowWork = std::function<Status(store::Session&, const Account& before)>;
  void edit(std::function<AccountPtr(const Directory&)> which, RowWork work, AccountDone done);
  void publish(const PersonId& id, AccountPtr after);

  store::Database& database_;
  const Audit& audit_;
  const Clock& clock_;
  std::vector<Changed> observers_;  // immutable once loops run
  mutable Mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ RH_GUARDED_BY(mutex_) = std::make_shared<const Snapshot>();
};

// A grant's or token's scope as people may write it: device ids and labels are plain names, a room is a clean name of
// at most 64 characters. Errors: invalid_argument at `where`.
Result<Scope> readScope(std::string_view kind, std::string_view value, const std::string& where);
// watch, play, publish, moderate or administer. Errors: invalid_argument at `where`.
Result<Permission> readGrantable(std::string_view text, const std::string& where);

}  // namespace robohub::identity
