#include "identity/account_rows.hpp"

#include <map>

namespace robohub::identity::rows {
namespace {

constexpr std::int64_t kGrantsOfAccount = 256;

constexpr const char* kColumns =
    "SELECT id, username, password_hash, role, created_ms, disabled, last_seen_ms, coalesce(oidc_subject, '')"
    " FROM accounts";

Result<std::shared_ptr<Account>> accountOf(const store::Statement& row) {
  auto id = PersonId::parse("u-" + std::to_string(row.integer(0)));
  auto role = parseRole(row.text(3));
  if (!id || !role || *role == Role::guest)
    return fail(ErrorCode::corrupt, "The account " + row.text(1) + " in hub.db cannot be read.");
  auto account = std::make_shared<Account>();
  account->person = Person{*id, row.text(1), PersonKind::account, *role};
  account->password_hash = row.text(2);
  account->created_ms = row.integer(4);
  account->disabled = row.integer(5) != 0;
  account->last_seen_ms = std::make_shared<std::atomic<std::int64_t>>(row.integer(6));
  account->written_last_seen_ms = std::make_shared<std::atomic<std::int64_t>>(row.integer(6));
  account->oidc_subject = row.text(7);
  return account;
}

Result<GrantRecord> grantOf(const store::Statement& row) {
  auto permission = parsePermission(row.text(2));
  auto kind = parseScopeKind(row.text(3));
  if (!permission || !kind)
    return fail(ErrorCode::corrupt, "The grant " + std::to_string(row.integer(0)) + " in hub.db cannot be read.");
  return GrantRecord{{row.integer(0), *permission, {*kind, row.text(4)}}, row.integer(5), row.text(6)};
}

void finish(Account& account) {
  auto rights = std::make_shared<Rights>();
  for (const GrantRecord& record : account.grants) rights->grants.push_back(record.grant);
  account.rights = std::move(rights);
}

Status addGrants(store::Statement& found, const std::map<std::int64_t, std::shared_ptr<Account>>& accounts) {
  while (true) {
    auto row = found.step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return {};
    auto grant = grantOf(found);
    if (!grant) return fail(std::move(grant.error()));
    if (auto owner = accounts.find(found.integer(1)); owner != accounts.end())
      owner->second->grants.push_back(std::move(*grant));
  }
}

// The one row of a statement, or null.
Result<AccountPtr> oneOf(store::Session& db, Result<store::Statement> found) {
  if (!found) return fail(std::move(found.error()));
  auto row = found->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return AccountPtr();
  auto account = accountOf(*found);
  if (!account) return fail(std::move(account.error()));
  const std::int64_t id = found->integer(0);
  auto grants = db.prepare(
      "SELECT id, account_id, permission, scope_kind, scope, created_ms, created_by FROM grants WHERE account_id = $1"
      " ORDER BY id",
      id);
  if (!grants) return fail(std::move(grants.error()));
  if (auto added = addGrants(*grants, {{id, *account}}); !added) return fail(std::move(added.error()));
  finish(**account);
  return AccountPtr(std::move(*account));
}

Result<std::int64_t> numberOf(Result<store::Statement> found) {
  if (!found) return fail(std::move(found.error()));
  auto row = found->step();
  if (!row) return fail(std::move(row.error()));
  return *row ? found->integer(0) : 0;
}

std::int64_t rowOf(const Account& account) {
  return identity::rowOf(account.person.id, "u-").value_or(0);
}

// There is one writer, so whoever is looked at here cannot change at the same time.
Status otherAdministratorStays(store::Session& db, const Account& leaving) {
  auto others = numberOf(db.prepare(
      "SELECT count(*) FROM accounts WHERE role = 'administrator' AND disabled = 0 AND id <> $1", rowOf(leaving)));
  if (!others) return fail(std::move(others.error()));
  if (*others > 0) return {};
  return fail(ErrorCode::conflict,
              leaving.person.name + " is the last administrator; make another account administrator first.");
}

Status deleteSessions(store::Session& db, const Account& account, const std::vector<std::uint8_t>& keep) {
  // An empty blob would be bound as NULL, which differs from nothing.
  auto gone = keep.empty() ? db.run("DELETE FROM account_sessions WHERE account_id = $1", rowOf(account))
                           : db.run("DELETE FROM account_sessions WHERE account_id = $1 AND token_hash <> $2",
                                    rowOf(account), store::Bytes(keep));
  if (!gone) return fail(std::move(gone.error()));
  return {};
}

}  // namespace

Result<std::vector<AccountPtr>> readAccounts(store::Session& db) {
  std::map<std::int64_t, std::shared_ptr<Account>> accounts;
  {
    auto found = db.prepare(kColumns);
    if (!found) return fail(std::move(found.error()));
    while (true) {
      auto row = found->step();
      if (!row) return fail(std::move(row.error()));
      if (!*row) break;
      auto account = accountOf(*found);
      if (!account) return fail(std::move(account.error()));
      accounts[found->integer(0)] = std::move(*account);
    }
  }
  auto grants = db.prepare(
      "SELECT id, account_id, permission, scope_kind, scope, created_ms, created_by FROM grants ORDER BY id");
  if (!grants) return fail(std::move(grants.error()));
  if (auto added = addGrants(*grants, accounts); !added) return fail(std::move(added.error()));
  std::vector<AccountPtr> all;
  for (auto& [id, account] : accounts) {
    finish(*account);
    all.push_back(std::move(account));
  }
  return all;
}

Result<AccountPtr> readAccount(store::Session& db, std::int64_t id) {
  return oneOf(db, db.prepare(std::string(kColumns) + " WHERE id = $1", id));
}

Result<AccountPtr> readAccount(store::Session& db, const std::string& username) {
  return oneOf(db, db.prepare(std::string(kColumns) + " WHERE username = $1", username));
}

Result<std::int64_t> insertAccount(store::Session& db, const Directory::NewAccount& account, WallTime now) {
  if (account.role == Role::guest)
    return fail(ErrorCode::invalid_argument, "An account is a member, viewer, player or administrator.", "/role");
  if (account.first_administrator) {
    auto there = numberOf(db.prepare("SELECT count(*) FROM accounts WHERE role = 'administrator'"));
    if (!there) return fail(std::move(there.error()));
    if (*there > 0) return fail(ErrorCode::conflict, "There is an administrator already; sign in.");
  }
  std::optional<std::string> subject;
  if (!account.oidc_subject.empty()) subject = account.oidc_subject;
  // Nothing but the username and the subject can conflict, and the subject is looked for before.
  auto added = db.prepare(
      "INSERT INTO accounts (username, password_hash, role, created_ms, oidc_subject) VALUES ($1, $2, $3, $4, $5)"
      " ON CONFLICT DO NOTHING RETURNING id",
      account.username, account.password_hash, toString(account.role), toMs(now), subject);
  if (!added) return fail(std::move(added.error()));
  auto row = added->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return fail(ErrorCode::conflict, "There is an account of that name already.", "/username");
  const std::int64_t id = added->integer(0);
  // RETURNING gives its row before the statement has ended.
  if (auto rest = added->step(); !rest) return fail(std::move(rest.error()));
  return id;
}

Status changeAccount(store::Session& db, const Account& before, const Directory::Change& change) {
  const Role role = change.role.value_or(before.person.role);
  const bool disabled = change.disabled.value_or(before.disabled);
  if (role == Role::guest)
    return fail(ErrorCode::invalid_argument, "An account is a member, viewer, player or administrator.", "/role");
  if (before.isAdministrator() && (role != Role::administrator || disabled))
    if (auto stays = otherAdministratorStays(db, before); !stays) return stays;
  auto done = db.run("UPDATE accounts SET role = $2, disabled = $3 WHERE id = $1", rowOf(before), toString(role),
                     disabled ? 1 : 0);
  if (!done) return fail(std::move(done.error()));
  return disabled ? deleteSessions(db, before, {}) : Status();
}

Status removeAccount(store::Session& db, const Account& before) {
  if (before.isAdministrator())
    if (auto stays = otherAdministratorStays(db, before); !stays) return stays;
  auto done = db.run("DELETE FROM accounts WHERE id = $1", rowOf(before));
  if (!done) return fail(std::move(done.error()));
  return {};
}

Status setPassword(store::Session& db, const Account& before, const Directory::NewPassword& password) {
  if (password.expected_hash && *password.expected_hash != before.password_hash)
    return fail(ErrorCode::conflict, "The password was changed by somebody else just now.");
  auto done = db.run("UPDATE accounts SET password_hash = $2 WHERE id = $1", rowOf(before), password.hash);
  if (!done) return fail(std::move(done.error()));
  return deleteSessions(db, before, password.keep_session);
}

Result<GrantRecord> insertGrant(store::Session& db, const Account& account, Permission permission, const Scope& scope,
                                const std::string& by, WallTime now) {
  auto count = numberOf(db.prepare("SELECT count(*) FROM grants WHERE account_id = $1", rowOf(account)));
  if (!count) return fail(std::move(count.error()));
  if (*count >= kGrantsOfAccount)
    return fail(ErrorCode::exhausted, "An account has at most " + std::to_string(kGrantsOfAccount) +
                                          " grants; grant on a label or a room instead.");
  auto added = db.prepare(
      "INSERT INTO grants (account_id, permission, scope_kind, scope, created_ms, created_by)"
      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id",
      rowOf(account), toString(permission), toString(scope.kind), scope.value, toMs(now), by);
  if (!added) return fail(std::move(added.error()));
  auto row = added->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return fail(ErrorCode::conflict, account.person.name + " has this grant already.");
  GrantRecord record{{added->integer(0), permission, scope}, toMs(now), by};
  if (auto rest = added->step(); !rest) return fail(std::move(rest.error()));
  return record;
}

Result<GrantRecord> removeGrant(store::Session& db, const Account& account, std::int64_t grant_id) {
  for (const GrantRecord& record : account.grants) {
    if (record.grant.id != grant_id) continue;
    auto gone = db.run("DELETE FROM grants WHERE id = $1 AND account_id = $2", grant_id, rowOf(account));
    if (!gone) return fail(std::move(gone.error()));
    return record;
  }
  return fail(ErrorCode::not_found, account.person.name + " has no such grant.");
}

}  // namespace robohub::identity::rows
