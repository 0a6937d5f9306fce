#include "identity/tokens.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "identity/directory.hpp"
#include "identity/names.hpp"

namespace robohub::identity {
namespace {

constexpr std::int64_t kUseWorthWritingMs = 60'000;
constexpr std::int64_t kDayMs = 24ll * 60 * 60 * 1000;
constexpr std::int64_t kKeptAfterExpiryMs = 30 * kDayMs;
constexpr std::size_t kScopesOfToken = 32;

std::string scopesJson(const std::vector<Scope>& scopes) {
  std::string text = "[";
  for (const Scope& scope : scopes)
    text += (text.size() > 1 ? ",{\"kind\":\"" : "{\"kind\":\"") + std::string(toString(scope.kind)) +
            "\",\"value\":" + json::quote(scope.value) + "}";
  return text + "]";
}

std::string permissionsText(const std::vector<Permission>& permissions) {
  std::string text;
  for (Permission permission : permissions) text += (text.empty() ? "" : " ") + std::string(toString(permission));
  return text;
}

Result<ApiTokenPtr> tokenOf(const store::Statement& row) {
  const Error unreadable{ErrorCode::corrupt,
                         "The token " + std::to_string(row.integer(0)) + " in hub.db cannot be read.", ""};
  auto token = std::make_shared<ApiToken>();
  token->id = row.integer(0);
  token->person = *PersonId::parse("t-" + std::to_string(token->id));
  token->owner = *PersonId::parse("u-" + std::to_string(row.integer(2)));
  token->name = row.text(3);
  const std::string permissions = row.text(4);
  for (std::size_t at = 0; at < permissions.size();) {
    const std::size_t end = std::min(permissions.find(' ', at), permissions.size());
    const auto permission = parsePermission(std::string_view(permissions).substr(at, end - at));
    if (!permission) return fail(unreadable);
    token->permissions.push_back(*permission);
    at = end + 1;
  }
  const auto scopes = json::parse(row.text(5));
  if (!scopes || scopes->type() != typeid(json::Array::Ptr)) return fail(unreadable);
  const auto array = scopes->extract<json::Array::Ptr>();
  for (std::size_t i = 0; i < array->size(); ++i) {
    const auto object = array->getObject(static_cast<unsigned>(i));
    if (!object) return fail(unreadable);
    const auto kind = parseScopeKind(json::getString(*object, "kind").value_or(""));
    const auto value = json::getString(*object, "value");
    if (!kind || !value) return fail(unreadable);
    token->scopes.push_back({*kind, *value});
  }
  token->created_ms = row.integer(6);
  token->expires_ms = row.integer(7);
  token->last_used_ms = std::make_shared<std::atomic<std::int64_t>>(row.integer(8));
  token->written_last_used_ms = std::make_shared<std::atomic<std::int64_t>>(row.integer(8));
  return ApiTokenPtr(std::move(token));
}

// Cleans the name; permissions and scopes each once.
Status check(Tokens::New& token) {
  auto name = cleanName(token.name, 64, "A token's name", "/name");
  if (!name) return fail(std::move(name.error()));
  token.name = std::move(*name);
  std::vector<Permission> permissions;
  for (Permission permission : token.permissions)
    if (std::find(permissions.begin(), permissions.end(), permission) == permissions.end())
      permissions.push_back(permission);
  if (permissions.empty())
    return fail(ErrorCode::invalid_argument, "A token needs at least one permission.", "/permissions");
  std::vector<Scope> scopes;
  for (const Scope& scope : token.scopes)
    if (std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) scopes.push_back(scope);
  if (scopes.size() > kScopesOfToken)
    return fail(ErrorCode::invalid_argument, "A token has at most " + std::to_string(kScopesOfToken) + " scopes.",
                "/scopes");
  if (token.days < 1 || token.days > 366)
    return fail(ErrorCode::invalid_argument, "A token is good for 1 to 366 days.", "/expires_in_days");
  token.permissions = std::move(permissions);
  token.scopes = std::move(scopes);
  return {};
}

std::string detailOf(const ApiToken& token) {
  return "{\"name\":" + json::quote(token.name) + ",\"owner\":\"" + token.owner.str() + "\",\"permissions\":\"" +
         permissionsText(token.permissions) + "\",\"scopes\":" + scopesJson(token.scopes) +
         ",\"expires_at_ms\":" + std::to_string(token.expires_ms) + "}";
}

Status countOf(store::Session& db, std::int64_t account, std::int64_t now_ms) {
  auto found = db.prepare("SELECT count(*) FROM tokens WHERE account_id = $1 AND expires_ms > $2", account, now_ms);
  if (!found) return fail(std::move(found.error()));
  auto row = found->step();
  if (!row) return fail(std::move(row.error()));
  if (found->integer(0) < static_cast<std::int64_t>(Tokens::kOfAccount)) return {};
  return fail(ErrorCode::exhausted, "An account has at most " + std::to_string(Tokens::kOfAccount) +
                                        " tokens; remove one that is no longer needed.");
}

}  // namespace

Result<std::shared_ptr<Tokens>> Tokens::load(store::Database& database, const Audit& audit, const Clock& clock) {
  auto tokens = std::make_shared<Tokens>(database, audit, clock);
  auto snapshot = std::make_shared<Snapshot>();
  auto done = database.readNow([&](store::Session& db) -> Status {
    auto found = db.prepare(
        "SELECT id, token_hash, account_id, name, permissions, scopes_json, created_ms, expires_ms, last_used_ms"
        " FROM tokens");
    if (!found) return fail(std::move(found.error()));
    while (true) {
      auto row = found->step();
      if (!row) return fail(std::move(row.error()));
      if (!*row) return {};
      auto token = tokenOf(*found);
      if (!token) return fail(std::move(token.error()));
      snapshot->by_hash[hashFrom(found->blob(1)).value_or(SecretHash{})] = *token;
      snapshot->by_id[(*token)->id] = *token;
    }
  });
  if (!done) return fail(std::move(done.error()));
  Lock lock(tokens->mutex_);
  tokens->snapshot_ = std::move(snapshot);
  tokens->told_until_ms_ = toMs(clock.wall());
  return tokens;
}

std::shared_ptr<const Tokens::Snapshot> Tokens::snapshot() const {
  Lock lock(mutex_);
  return snapshot_;
}

ApiTokenPtr Tokens::find(std::string_view bearer) const {
  if (bearer.size() != kTokenPrefix.size() + 43 || !bearer.starts_with(kTokenPrefix)) return nullptr;
  auto all = snapshot();
  // What takes a different time depends on the hash alone, of which nobody can choose a prefix.
  auto found = all->by_hash.find(hashOf(bearer));
  if (found == all->by_hash.end() || !holds(*found->second)) return nullptr;
  found->second->last_used_ms->store(toMs(clock_.wall()), std::memory_order_relaxed);
  return found->second;
}

ApiTokenPtr Tokens::find(const PersonId& person) const {
  const auto id = rowOf(person, "t-");
  const ApiTokenPtr token = id ? find(*id) : nullptr;
  return token && holds(*token) ? token : nullptr;
}

ApiTokenPtr Tokens::find(std::int64_t id) const {
  auto all = snapshot();
  auto found = all->by_id.find(id);
  return found == all->by_id.end() ? nullptr : found->second;
}

std::vector<ApiTokenPtr> Tokens::of(const PersonId& owner) const {
  std::vector<ApiTokenPtr> list;
  for (const auto all = snapshot(); auto& [id, token] : all->by_id)
    if (token->owner == owner) list.push_back(token);
  return list;
}

std::vector<ApiTokenPtr> Tokens::all() const {
  std::vector<ApiTokenPtr> list;
  for (const auto all = snapshot(); auto& [id, token] : all->by_id) list.push_back(token);
  return list;
}

void Tokens::publish(const SecretHash& hash, ApiTokenPtr token) {
  Lock lock(mutex_);
  auto changed = std::make_shared<Snapshot>(*snapshot_);
  changed->by_id[token->id] = token;
  changed->by_hash[hash] = std::move(token);
  snapshot_ = std::move(changed);
}

void Tokens::add(const PersonId& owner, New wanted, const Actor& by, std::function<void(Result<Issued>)> done) {
  const auto account = rowOf(owner, "u-");
  if (!account) return done(fail(ErrorCode::permission_denied, "Only accounts have tokens."));
  if (auto good = check(wanted); !good) return done(fail(std::move(good.error())));
  auto token = std::make_shared<ApiToken>();
  token->owner = owner;
  token->name = std::move(wanted.name);
  token->permissions = std::move(wanted.permissions);
  token->scopes = std::move(wanted.scopes);
  token->created_ms = toMs(clock_.wall());
  token->expires_ms = token->created_ms + wanted.days * kDayMs;
  token->last_used_ms = std::make_shared<std::atomic<std::int64_t>>(0);
  token->written_last_used_ms = std::make_shared<std::atomic<std::int64_t>>(0);
  const std::string secret = std::string(kTokenPrefix) + randomToken();
  const SecretHash hash = hashOf(secret);
  auto self = shared_from_this();
  database_.write(
      [self, token, hash, account = *account, by](store::Session& db) -> Status {
        if (auto room = countOf(db, account, token->created_ms); !room) return room;
        auto added = db.prepare(
            "INSERT INTO tokens (token_hash, account_id, name, permissions, scopes_json, created_ms, expires_ms)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
            store::Bytes(hash), account, token->name, permissionsText(token->permissions), scopesJson(token->scopes),
            token->created_ms, token->expires_ms);
        if (!added) return fail(std::move(added.error()));
        auto row = added->step();
        if (!row) return fail(std::move(row.error()));
        token->id = added->integer(0);
        if (auto rest = added->step(); !rest) return fail(std::move(rest.error()));
        token->person = *PersonId::parse("t-" + std::to_string(token->id));
        return self->audit_.append(
            db, {by, "token.add", "token:" + std::to_string(token->id), Outcome::ok, detailOf(*token)});
      },
      [self, token, hash, secret, done = std::move(done)](Status stored) {
        if (!stored) return done(fail(std::move(stored.error())));
        self->publish(hash, token);
        done(Issued{token, secret});
      });
}

void Tokens::forget(const std::function<bool(const ApiToken&)>& which) {
  std::vector<PersonId> gone;
  {
    Lock lock(mutex_);
    auto changed = std::make_shared<Snapshot>(*snapshot_);
    for (auto& [id, token] : snapshot_->by_id)
      if (which(*token)) gone.push_back(token->person);
    if (gone.empty()) return;
    std::erase_if(changed->by_hash, [&](auto& each) { return which(*each.second); });
    std::erase_if(changed->by_id, [&](auto& each) { return which(*each.second); });
    snapshot_ = std::move(changed);
  }
  for (const PersonId& person : gone)
    for (auto& observer : observers_) observer(person);
}

void Tokens::remove(std::int64_t id, const Actor& by, store::Done done) {
  const ApiTokenPtr token = find(id);
  if (!token) return done(fail(ErrorCode::not_found, "There is no such token."));
  auto self = shared_from_this();
  database_.write(
      [self, token, by](store::Session& db) -> Status {
        auto gone = db.run("DELETE FROM tokens WHERE id = $1", token->id);
        if (!gone) return fail(std::move(gone.error()));
        if (*gone == 0) return fail(ErrorCode::not_found, "There is no such token.");
        return self->audit_.append(
            db, {by, "token.remove", "token:" + std::to_string(token->id), Outcome::ok, detailOf(*token)});
      },
      [self, id, done = std::move(done)](Status stored) {
        if (stored) self->forget([id](const ApiToken& each) { return each.id == id; });
        done(std::move(stored));
      });
}

void Tokens::forgetOwner(const PersonId& owner) {
  forget([&](const ApiToken& token) { return token.owner == owner; });
}

void Tokens::tellExpired() {
  const std::int64_t now_ms = toMs(clock_.wall());
  std::vector<PersonId> over;
  {
    Lock lock(mutex_);
    for (auto& [id, token] : snapshot_->by_id)
      if (token->expires_ms > told_until_ms_ && token->expires_ms <= now_ms) over.push_back(token->person);
    told_until_ms_ = now_ms;
  }
  for (const PersonId& person : over)
    for (auto& observer : observers_) observer(person);
}

void Tokens::maintain() {
  const std::int64_t now_ms = toMs(clock_.wall());
  struct Use {
    std::int64_t id, used_ms;
    std::shared_ptr<std::atomic<std::int64_t>> written_ms;
  };
  auto uses = std::make_shared<std::vector<Use>>();
  bool old = false;
  for (const auto all = snapshot(); auto& [id, token] : all->by_id) {
    if (std::int64_t used_ms = *token->last_used_ms; used_ms - *token->written_last_used_ms >= kUseWorthWritingMs)
      uses->push_back({id, used_ms, token->written_last_used_ms});
    old = old || token->expires_ms + kKeptAfterExpiryMs < now_ms;
  }
  if (uses->empty() && !old) return;
  auto self = shared_from_this();
  database_.write(
      [uses, now_ms](store::Session& db) -> Status {
        for (const Use& use : *uses)
          if (auto done = db.run("UPDATE tokens SET last_used_ms = $2 WHERE id = $1", use.id, use.used_ms); !done)
            return fail(std::move(done.error()));
        auto gone = db.run("DELETE FROM tokens WHERE expires_ms < $1", now_ms - kKeptAfterExpiryMs);
        if (!gone) return fail(std::move(gone.error()));
        return {};
      },
      [self, uses, now_ms](const Status& status) {
        // Not written: the next minute tries again.
        if (!status) return;
        for (const Use& use : *uses) *use.written_ms = use.used_ms;
        self->forget([&](const ApiToken& token) { return token.expires_ms < now_ms - kKeptAfterExpiryMs; });
      });
}

}  // namespace robohub::identity
