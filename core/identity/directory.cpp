#include "identity/directory.hpp"

#include <charconv>

#include "base/json.hpp"
#include "identity/account_rows.hpp"
#include "identity/names.hpp"

namespace robohub::identity {
namespace {

constexpr std::int64_t kSeenWorthWritingMs = 60'000;

Error noAccount() {
  return {ErrorCode::not_found, "There is no such account.", ""};
}

AuditEntry entry(const Actor& by, const std::string& action, const std::string& username, std::string detail) {
  return {by, action, "user:" + username, Outcome::ok, std::move(detail)};
}

std::string grantDetail(const GrantRecord& record) {
  return "{\"id\":" + std::to_string(record.grant.id) + ",\"permission\":\"" + toString(record.grant.permission) +
         "\",\"scope\":{\"kind\":\"" + toString(record.grant.scope.kind) +
         "\",\"value\":" + json::quote(record.grant.scope.value) + "}}";
}

std::string changeDetail(const Directory::Change& change) {
  std::string text = "{";
  if (change.role) text += std::string("\"role\":\"") + toString(*change.role) + "\"";
  if (change.disabled)
    text += std::string(text.size() > 1 ? "," : "") + "\"disabled\":" + (*change.disabled ? "true" : "false");
  return text + "}";
}

}  // namespace

std::optional<std::int64_t> rowOf(const PersonId& id, std::string_view prefix) {
  std::string_view text = id.str();
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  std::int64_t row = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), row);
  if (fault != std::errc() || end != text.data() + text.size() || row <= 0) return std::nullopt;
  return row;
}

Result<std::shared_ptr<Directory>> Directory::load(store::Database& database, const Audit& audit, const Clock& clock) {
  auto directory = std::make_shared<Directory>(database, audit, clock);
  auto snapshot = std::make_shared<Snapshot>();
  auto done = database.readNow([&](store::Session& db) -> Status {
    auto all = rows::readAccounts(db);
    if (!all) return fail(std::move(all.error()));
    for (AccountPtr& account : *all) {
      snapshot->by_id[account->person.id] = account;
      snapshot->by_name[account->person.name] = account;
    }
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  Lock lock(directory->mutex_);
  directory->snapshot_ = std::move(snapshot);
  return directory;
}

std::shared_ptr<const Directory::Snapshot> Directory::snapshot() const {
  Lock lock(mutex_);
  return snapshot_;
}

AccountPtr Directory::find(std::string_view username) const {
  auto all = snapshot();
  auto found = all->by_name.find(username);
  return found == all->by_name.end() ? nullptr : found->second;
}

AccountPtr Directory::find(const PersonId& id) const {
  auto all = snapshot();
  auto found = all->by_id.find(id);
  return found == all->by_id.end() ? nullptr : found->second;
}

AccountPtr Directory::findBySubject(std::string_view subject) const {
  if (subject.empty()) return nullptr;
  auto all = snapshot();
  for (auto& [username, account] : all->by_name)
    if (account->oidc_subject == subject) return account;
  return nullptr;
}

std::vector<AccountPtr> Directory::all() const {
  std::vector<AccountPtr> list;
  for (const auto all = snapshot(); auto& [username, account] : all->by_name) list.push_back(account);
  return list;
}

bool Directory::administratorExists() const {
  for (const auto all = snapshot(); auto& [username, account] : all->by_name)
    if (account->person.role == Role::administrator) return true;
  return false;
}

// On the writer thread, in the order of the writes: what is published last was written last.
void Directory::publish(const PersonId& id, AccountPtr after) {
  AccountPtr before;
  {
    Lock lock(mutex_);
    auto changed = std::make_shared<Snapshot>(*snapshot_);
    if (auto found = changed->by_id.find(id); found != changed->by_id.end()) {
      before = found->second;
      changed->by_name.erase(before->person.name);
      changed->by_id.erase(found);
    }
    if (after) {
      if (before) {
        // When it was seen goes on being counted where it was.
        auto kept = std::make_shared<Account>(*after);
        kept->last_seen_ms = before->last_seen_ms;
        kept->written_last_seen_ms = before->written_last_seen_ms;
        after = std::move(kept);
      }
      changed->by_name[after->person.name] = after;
      changed->by_id[id] = after;
    }
    snapshot_ = std::move(changed);
  }
  for (auto& observer : observers_) observer(before, after);
}

void Directory::add(NewAccount account, const Actor& by, const std::string& action, Also also, AccountDone done) {
  struct Made {
    AccountPtr account;
  };
  auto made = std::make_shared<Made>();
  auto self = shared_from_this();
  database_.write(
      [self, made, account = std::move(account), by, action, also = std::move(also)](store::Session& db) -> Status {
        auto id = rows::insertAccount(db, account, self->clock_.wall());
        if (!id) return fail(std::move(id.error()));
        auto row = rows::readAccount(db, *id);
        if (!row) return fail(std::move(row.error()));
        made->account = *row;
        const Actor actor = by.id.empty() ? Actor{(*row)->person.id.str(), account.username, by.address} : by;
        auto noted = self->audit_.append(
            db, entry(actor, action, account.username,
                      std::string("{\"role\":\"") + toString(account.role) +
                          "\",\"password\":" + (account.password_hash.empty() ? "false}" : "true}")));
        if (!noted) return noted;
        return also ? also(db, (*row)->person) : Status();
      },
      [self, made, done = std::move(done)](Status stored) {
        if (!stored) return done(fail(std::move(stored.error())));
        self->publish(made->account->person.id, made->account);
        done(made->account);
      });
}

void Directory::edit(std::function<AccountPtr(const Directory&)> which, RowWork work, AccountDone done) {
  const AccountPtr named = which(*this);
  if (!named) return done(fail(noAccount()));
  struct Made {
    AccountPtr before, after;
  };
  auto made = std::make_shared<Made>();
  auto self = shared_from_this();
  const std::int64_t id = rowOf(named->person.id, "u-").value_or(0);
  database_.write(
      [made, work = std::move(work), id](store::Session& db) -> Status {
        auto before = rows::readAccount(db, id);
        if (!before) return fail(std::move(before.error()));
        if (!*before) return fail(noAccount());
        made->before = *before;
        if (auto worked = work(db, **before); !worked) return worked;
        auto after = rows::readAccount(db, id);
        if (!after) return fail(std::move(after.error()));
        made->after = *after;
        return {};
      },
      [self, made, done = std::move(done)](Status stored) {
        if (!stored) return done(fail(std::move(stored.error())));
        self->publish(made->before->person.id, made->after);
        done(made->after ? made->after : made->before);
      });
}

void Directory::change(const std::string& username, const Change& change, const Actor& by, AccountDone done) {
  edit([&](const Directory& all) { return all.find(username); },
       [self = shared_from_this(), change, by](store::Session& db, const Account& before) -> Status {
         if (auto changed = rows::changeAccount(db, before, change); !changed) return changed;
         return self->audit_.append(db, entry(by, "user.change", before.person.name, changeDetail(change)));
       },
       std::move(done));
}

void Directory::remove(const std::string& username, const Actor& by, AccountDone done) {
  edit([&](const Directory& all) { return all.find(username); },
       [self = shared_from_this(), by](store::Session& db, const Account& before) -> Status {
         if (auto removed = rows::removeAccount(db, before); !removed) return removed;
         return self->audit_.append(db, entry(by, "user.remove", before.person.name,
                                              "{\"id\":\"" + before.person.id.str() + "\",\"role\":\"" +
                                                  toString(before.person.role) + "\"}"));
       },
       std::move(done));
}

void Directory::setPassword(const PersonId& id, NewPassword password, const Actor& by, const std::string& action,
                            AccountDone done) {
  edit([&](const Directory& all) { return all.find(id); },
       [self = shared_from_this(), password = std::move(password), by, action](store::Session& db,
                                                                               const Account& before) -> Status {
         if (auto set = rows::setPassword(db, before, password); !set) return set;
         return self->audit_.append(db, entry(by, action, before.person.name, "{}"));
       },
       std::move(done));
}

void Directory::addGrant(const std::string& username, Permission permission, const Scope& scope, const Actor& by,
                         GrantDone done) {
  auto made = std::make_shared<GrantRecord>();
  edit([&](const Directory& all) { return all.find(username); },
       [self = shared_from_this(), made, permission, scope, by](store::Session& db, const Account& before) -> Status {
         auto added = rows::insertGrant(db, before, permission, scope, by.name, self->clock_.wall());
         if (!added) return fail(std::move(added.error()));
         *made = *added;
         return self->audit_.append(db, entry(by, "grant.add", before.person.name, grantDetail(*made)));
       },
       [made, done = std::move(done)](const Result<AccountPtr>& stored) {
         if (!stored) return done(fail(stored.error()));
         done(*made);
       });
}

void Directory::removeGrant(const std::string& username, std::int64_t grant_id, const Actor& by, store::Done done) {
  edit([&](const Directory& all) { return all.find(username); },
       [self = shared_from_this(), grant_id, by](store::Session& db, const Account& before) -> Status {
         auto removed = rows::removeGrant(db, before, grant_id);
         if (!removed) return fail(std::move(removed.error()));
         return self->audit_.append(db, entry(by, "grant.remove", before.person.name, grantDetail(*removed)));
       },
       [done = std::move(done)](const Result<AccountPtr>& stored) {
         if (!stored) return done(fail(stored.error()));
         done({});
       });
}

void Directory::seen(const Account& account) const {
  account.last_seen_ms->store(toMs(clock_.wall()), std::memory_order_relaxed);
}

void Directory::maintain() {
  struct Seen {
    std::int64_t id, seen_ms;
    std::shared_ptr<std::atomic<std::int64_t>> written_ms;
  };
  auto due = std::make_shared<std::vector<Seen>>();
  for (const auto all = snapshot(); auto& [id, account] : all->by_id)
    if (std::int64_t seen_ms = *account->last_seen_ms; seen_ms - *account->written_last_seen_ms >= kSeenWorthWritingMs)
      due->push_back({rowOf(id, "u-").value_or(0), seen_ms, account->written_last_seen_ms});
  if (due->empty()) return;
  database_.write(
      [due](store::Session& db) -> Status {
        for (const Seen& seen : *due)
          if (auto done = db.run("UPDATE accounts SET last_seen_ms = $2 WHERE id = $1", seen.id, seen.seen_ms); !done)
            return fail(std::move(done.error()));
        return {};
      },
      [due](const Status& status) {
        // Not written: the next minute tries again.
        if (!status) return;
        for (const Seen& seen : *due) *seen.written_ms = seen.seen_ms;
      });
}

Result<Scope> readScope(std::string_view kind_text, std::string_view value, const std::string& where) {
  const auto kind = parseScopeKind(kind_text);
  if (!kind)
    return fail(ErrorCode::invalid_argument, "A scope's kind is \"device\", \"label\" or \"room\".", where + "/kind");
  if (*kind == Scope::Kind::room) {
    auto room = cleanName(value, 64, "A room", where + "/value");
    if (!room) return fail(std::move(room.error()));
    return Scope{*kind, std::move(*room)};
  }
  if (!isPlainName(value))
    return fail(ErrorCode::invalid_argument,
                "A device id or label has 1 to 64 characters of a-z, 0-9, dash and underscore.", where + "/value");
  return Scope{*kind, std::string(value)};
}

Result<Permission> readGrantable(std::string_view text, const std::string& where) {
  const auto permission = parsePermission(text);
  if (permission && *permission != Permission::public_ && *permission != Permission::signed_in &&
      *permission != Permission::stop)
    return *permission;
  return fail(ErrorCode::invalid_argument, "What can be given is watch, play, publish, moderate or administer.", where);
}

}  // namespace robohub::identity
