#include "identity/accounts.hpp"

#include <algorithm>
#include <functional>

#include "identity/account_rows.hpp"
#include "identity/names.hpp"
#include "identity/password_workers.hpp"

namespace robohub::identity {
namespace {

// The one who may open the data folder.
Actor here() {
  return {"local", "local administrator", ""};
}

Status edit(store::Database& database, const Clock& clock, const std::string& username, const std::string& action,
            const std::string& detail, const std::function<Status(store::Session&, const Account&)>& work) {
  const Audit audit(database, clock);
  return database.writeNow([&](store::Session& db) -> Status {
    auto account = rows::readAccount(db, username);
    if (!account) return fail(std::move(account.error()));
    if (!*account) return fail(ErrorCode::not_found, "There is no account \"" + username + "\".");
    if (auto done = work(db, **account); !done) return done;
    return audit.append(db, {here(), action, "user:" + username, Outcome::ok, detail});
  });
}

}  // namespace

Result<Person> addAccount(store::Database& database, const std::string& username, const std::string& password,
                          Role role, const Clock& clock) {
  if (role == Role::guest)
    return fail(ErrorCode::invalid_argument, "An account is a member, viewer, player or administrator.", "/role");
  if (auto good = checkUsername(username); !good) return fail(std::move(good.error()));
  if (auto good = checkPassword(password); !good) return fail(std::move(good.error()));
  auto hash = hashPassword(password);
  if (!hash) return fail(std::move(hash.error()));
  const Audit audit(database, clock);
  Person person;
  auto done = database.writeNow([&](store::Session& db) -> Status {
    auto id = rows::insertAccount(db, {.username = username, .role = role, .password_hash = *hash}, clock.wall());
    if (!id) return fail(std::move(id.error()));
    person = Person{*PersonId::parse("u-" + std::to_string(*id)), username, PersonKind::account, role};
    return audit.append(db, {here(), "user.add", "user:" + username, Outcome::ok,
                             std::string("{\"role\":\"") + toString(role) + "\"}"});
  });
  if (!done) return fail(std::move(done.error()));
  return person;
}

Result<std::vector<AccountPtr>> listAccounts(store::Database& database) {
  std::vector<AccountPtr> list;
  auto done = database.readNow([&](store::Session& db) -> Status {
    auto all = rows::readAccounts(db);
    if (!all) return fail(std::move(all.error()));
    list = std::move(*all);
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  std::sort(list.begin(), list.end(), [](auto& a, auto& b) { return a->person.name < b->person.name; });
  return list;
}

Status setPassword(store::Database& database, const std::string& username, const std::string& password,
                   const Clock& clock) {
  if (auto good = checkPassword(password); !good) return good;
  auto hash = hashPassword(password);
  if (!hash) return fail(std::move(hash.error()));
  return edit(database, clock, username, "user.password", "{}", [&](store::Session& db, const Account& account) {
    return rows::setPassword(db, account, {*hash, std::nullopt, {}});
  });
}

Status setRole(store::Database& database, const std::string& username, Role role, const Clock& clock) {
  return edit(database, clock, username, "user.change", std::string("{\"role\":\"") + toString(role) + "\"}",
              [&](store::Session& db, const Account& account) {
                return rows::changeAccount(db, account, {role, std::nullopt});
              });
}

Status setDisabled(store::Database& database, const std::string& username, bool disabled, const Clock& clock) {
  return edit(database, clock, username, "user.change", disabled ? "{\"disabled\":true}" : "{\"disabled\":false}",
              [&](store::Session& db, const Account& account) {
                return rows::changeAccount(db, account, {std::nullopt, disabled});
              });
}

Status removeAccount(store::Database& database, const std::string& username, const Clock& clock) {
  return edit(database, clock, username, "user.remove", "{}",
              [&](store::Session& db, const Account& account) { return rows::removeAccount(db, account); });
}

}  // namespace robohub::identity
