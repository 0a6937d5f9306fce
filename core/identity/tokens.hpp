// Programs come in with a token that an account made for them: a name, what it may, where, and until when. It may never
// do more than its owner may at that moment. The database keeps a hash; the token itself is shown once.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.hpp"
#include "base/time.hpp"
#include "identity/audit.hpp"
#include "identity/person.hpp"
#include "identity/secrets.hpp"
#include "store/database.hpp"

namespace robohub::identity {

inline constexpr std::string_view kTokenPrefix = "rh_";

// Immutable but for its use.
struct ApiToken {
  std::int64_t id = 0;
  PersonId person;  // "t-<id>": a person of its own, whose session has this handle too
  PersonId owner;   // "u-..."
  std::string name;
  std::vector<Permission> permissions;
  std::vector<Scope> scopes;  // empty: everywhere
  std::int64_t created_ms = 0, expires_ms = 0;
  std::shared_ptr<std::atomic<std::int64_t>> last_used_ms;          // 0: never
  std::shared_ptr<std::atomic<std::int64_t>> written_last_used_ms;  // what the database knows of it
};
using ApiTokenPtr = std::shared_ptr<const ApiToken>;

// Thread-safe. Held by shared pointers, as Directory is, and answers as it does.
class Tokens : public std::enable_shared_from_this<Tokens> {
 public:
  static constexpr std::size_t kOfAccount = 64;

  // Blocks; start-up only. All must outlive it.
  static Result<std::shared_ptr<Tokens>> load(store::Database& database, const Audit& audit, const Clock& clock);

  // Null: unknown or expired. Counts as its use. Does not block. [any-thread]
  ApiTokenPtr find(std::string_view bearer) const;
  // By "t-<id>"; null: removed or expired. [any-thread]
  ApiTokenPtr find(const PersonId& person) const;
  ApiTokenPtr find(std::int64_t id) const;  // expired ones too
  // By id, expired ones too. [any-thread]
  std::vector<ApiTokenPtr> of(const PersonId& owner) const;
  std::vector<ApiTokenPtr> all() const;

  struct New {
    std::string name;
    std::vector<Permission> permissions;
    std::vector<Scope> scopes;
    std::int64_t days = 90;
  };
  struct Issued {
    ApiTokenPtr token;
    std::string secret;  // "rh_" and 43 characters: nowhere else from now on
  };
  // Errors: invalid_argument at /name, /permissions, /scopes or /expires_in_days; exhausted (64 an account).
  void add(const PersonId& owner, New token, const Actor& by, std::function<void(Result<Issued>)> done);
  // Void at once. Errors: not_found.
  void remove(std::int64_t id, const Actor& by, store::Done done);
  // The owner's account is gone, and its rows with it.
  void forgetOwner(const PersonId& owner);

  // Every second or so: tells the end of those that have expired since. Cheap when there are none.
  void tellExpired();
  // About once a minute: writes down their use, deletes what has expired for 30 days.
  void maintain();
  // `ended` gets the person id of each that was removed or has expired. Register before the loops start; from any
  // thread.
  void onEnded(std::function<void(const PersonId& token)> ended) { observers_.push_back(std::move(ended)); }

  Tokens(store::Database& database, const Audit& audit, const Clock& clock)  // use load()
      : database_(database), audit_(audit), clock_(clock) {}

 private:
  struct Snapshot {
    std::map<SecretHash, ApiTokenPtr> by_hash;
    std::map<std::int64_t, ApiTokenPtr> by_id;
  };
  std::shared_ptr<const Snapshot> snapshot() const;
  bool holds(const ApiToken& token) const { return toMs(clock_.wall()) < token.expires_ms; }
  void publish(const SecretHash& hash, ApiTokenPtr token);
  void forget(const std::function<bool(const ApiToken&)>& which);

  store::Database& database_;
  const Audit& audit_;
  const Clock& clock_;
  std::vector<std::function<void(const PersonId&)>> observers_;  // immutable once loops run
  mutable Mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ RH_GUARDED_BY(mutex_) = std::make_shared<const Snapshot>();
  std::int64_t told_until_ms_ RH_GUARDED_BY(mutex_) = 0;  // expiries up to here have been told
};

}  // namespace robohub::identity
