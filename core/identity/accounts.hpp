// The people who have a password. Few enough to be kept in memory whole, so that a sign-in reads no disk; every change
// is durable first. Usernames are unique.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "identity/person.hpp"
#include "store/database.hpp"

namespace robohub::identity {

struct Account {
  Person person;              // name is the username
  std::string password_hash;  // "$argon2id$..."
};

// Thread-safe: find and administratorExists read an immutable snapshot.
class Accounts {
 public:
  // Blocks; start-up only.
  static Result<std::unique_ptr<Accounts>> load(store::Database& database);

  std::optional<Account> find(std::string_view username) const;
  bool administratorExists() const;

  // Adds a row inside the caller's write request. Errors: conflict (the name is taken; for a `first` administrator:
  // there is one already).
  static Result<Account> insert(store::Session& database, const std::string& username, const std::string& password_hash,
                                Role role, WallTime now, bool first);
  // After that request is durable.
  void publish(const Account& account);

 private:
  using Map = std::map<std::string, Account, std::less<>>;
  std::shared_ptr<const Map> map() const;
  mutable std::mutex mutex_;  // guards map_ (the pointer)
  std::shared_ptr<const Map> map_ = std::make_shared<const Map>();
};

// `robohub user add` while no hub runs: checks, hashes and adds. Blocks. Errors: invalid_argument, conflict, exhausted.
Result<Person> addAccount(store::Database& database, const std::string& username, const std::string& password,
                          Role role, const Clock& clock);

}  // namespace robohub::identity
