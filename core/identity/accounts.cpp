#include "identity/accounts.hpp"

#include "identity/names.hpp"
#include "identity/password_workers.hpp"

namespace robohub::identity {
namespace {

Result<PersonId> idOfRow(std::int64_t row) {
  return PersonId::parse("u-" + std::to_string(row));
}

}  // namespace

Result<std::unique_ptr<Accounts>> Accounts::load(store::Database& database) {
  auto map = std::make_shared<Map>();
  auto done = database.readNow([&](store::Session& db) -> Status {
    auto rows = db.prepare("SELECT id, username, password_hash, role FROM accounts");
    if (!rows) return fail(std::move(rows.error()));
    while (true) {
      auto row = rows->step();
      if (!row) return fail(std::move(row.error()));
      if (!*row) return {};
      auto id = idOfRow(rows->integer(0));
      auto role = parseRole(rows->text(3));
      if (!id || !role) return fail(ErrorCode::corrupt, "The account " + rows->text(1) + " in hub.db cannot be read.");
      (*map)[rows->text(1)] = {Person{*id, rows->text(1), PersonKind::account, *role}, rows->text(2)};
    }
  });
  if (!done) return fail(std::move(done.error()));
  auto accounts = std::make_unique<Accounts>();
  accounts->map_ = std::move(map);
  return accounts;
}

std::shared_ptr<const Accounts::Map> Accounts::map() const {
  std::lock_guard lock(mutex_);
  return map_;
}

std::optional<Account> Accounts::find(std::string_view username) const {
  auto accounts = map();
  auto found = accounts->find(username);
  if (found == accounts->end()) return std::nullopt;
  return found->second;
}

bool Accounts::administratorExists() const {
  for (auto& [username, account] : *map())
    if (account.person.role == Role::administrator) return true;
  return false;
}

Result<Account> Accounts::insert(store::Session& db, const std::string& username, const std::string& password_hash,
                                 Role role, WallTime now, bool first) {
  if (first) {
    auto any = db.prepare("SELECT 1 FROM accounts WHERE role = 'administrator' LIMIT 1");
    if (!any) return fail(std::move(any.error()));
    auto row = any->step();
    if (!row) return fail(std::move(row.error()));
    if (*row) return fail(ErrorCode::conflict, "There is an administrator already; sign in.");
  }
  auto added = db.prepare(
      "INSERT INTO accounts (username, password_hash, role, created_ms) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT (username) DO NOTHING RETURNING id",
      username, password_hash, toString(role), toMs(now));
  if (!added) return fail(std::move(added.error()));
  auto row = added->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return fail(ErrorCode::conflict, "There is an account of that name already.", "/username");
  auto id = idOfRow(added->integer(0));
  if (!id) return fail(std::move(id.error()));
  // RETURNING gives its row before the statement has ended.
  if (auto rest = added->step(); !rest) return fail(std::move(rest.error()));
  return Account{Person{*id, username, PersonKind::account, role}, password_hash};
}

void Accounts::publish(const Account& account) {
  std::lock_guard lock(mutex_);
  auto changed = std::make_shared<Map>(*map_);
  (*changed)[account.person.name] = account;
  map_ = std::move(changed);
}

Result<Person> addAccount(store::Database& database, const std::string& username, const std::string& password,
                          Role role, const Clock& clock) {
  if (role == Role::guest)
    return fail(ErrorCode::invalid_argument, "An account is a viewer, player or administrator.", "/role");
  if (auto good = checkUsername(username); !good) return fail(std::move(good.error()));
  if (auto good = checkPassword(password); !good) return fail(std::move(good.error()));
  auto hash = hashPassword(password);
  if (!hash) return fail(std::move(hash.error()));
  Person person;
  auto done = database.writeNow([&](store::Session& db) -> Status {
    auto account = Accounts::insert(db, username, *hash, role, clock.wall(), false);
    if (!account) return fail(std::move(account.error()));
    person = account->person;
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return person;
}

}  // namespace robohub::identity
