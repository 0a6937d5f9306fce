#include "identity/sessions.hpp"

#include <algorithm>

namespace robohub::identity {
namespace {

constexpr std::size_t kSessionsOfAccount = 32;
constexpr std::size_t kEndedGuests = 10'000;
constexpr std::int64_t kUseWorthWritingMs = 60'000;

SecretHash hashColumn(const store::Statement& row, int column) {
  return hashFrom(row.blob(column)).value_or(SecretHash{});
}

Session sessionOf(const GuestPass& pass) {
  return {pass.id.str(), Person{pass.id, pass.name, PersonKind::guest, Role::guest}, pass.expires};
}

}  // namespace

Sessions::Sessions(store::Database& database, InstallKey key, Settings settings, const Clock& clock)
    : database_(database), key_(key), settings_(settings), clock_(clock) {}

Sessions::Account Sessions::accountOf(const SecretHash& hash, Person person, WallTime expires,
                                      std::int64_t last_used_ms) {
  return {"s-" + hexOf(std::span(hash).first(12)), std::move(person), expires,
          std::make_shared<std::atomic<std::int64_t>>(last_used_ms),
          std::make_shared<std::atomic<std::int64_t>>(last_used_ms)};
}

Result<std::unique_ptr<Sessions>> Sessions::load(store::Database& database, InstallKey key, Settings settings,
                                                 const Clock& clock) {
  std::unique_ptr<Sessions> sessions(new Sessions(database, key, settings, clock));
  auto found = std::make_shared<Accounts>();
  auto done = database.readNow([&](store::Session& db) -> Status {
    auto rows = db.prepare(
        "SELECT s.token_hash, s.expires_ms, s.last_used_ms, a.id, a.username, a.role"
        " FROM account_sessions s JOIN accounts a ON a.id = s.account_id");
    if (!rows) return fail(std::move(rows.error()));
    while (true) {
      auto row = rows->step();
      if (!row) return fail(std::move(row.error()));
      if (!*row) return {};
      auto id = PersonId::parse("u-" + std::to_string(rows->integer(3)));
      auto role = parseRole(rows->text(5));
      if (!id || !role) return fail(ErrorCode::corrupt, "The account " + rows->text(4) + " in hub.db cannot be read.");
      auto hash = hashColumn(*rows, 0);
      (*found)[hash] = accountOf(hash, Person{*id, rows->text(4), PersonKind::account, *role},
                                 WallTime(std::chrono::milliseconds(rows->integer(1))), rows->integer(2));
    }
  });
  if (!done) return fail(std::move(done.error()));
  sessions->accounts_ = std::move(found);
  return sessions;
}

std::shared_ptr<const Sessions::Accounts> Sessions::accounts() const {
  std::lock_guard lock(mutex_);
  return accounts_;
}

bool Sessions::holds(const Account& account, WallTime now) const {
  auto idle_until = WallTime(std::chrono::milliseconds(*account.last_used_ms)) + settings_.account_idle;
  return now < account.expires && now < idle_until;
}

std::optional<Session> Sessions::find(std::string_view token) const {
  WallTime now = clock_.wall();
  if (token.starts_with(kGuestPrefix)) {
    auto pass = readGuestPass(token, key_, now);
    if (!pass) return std::nullopt;
    std::lock_guard lock(mutex_);
    if (ended_guests_.contains(pass->id.str())) return std::nullopt;
    return sessionOf(*pass);
  }
  if (token.size() != 43) return std::nullopt;
  auto sessions = accounts();
  auto found = sessions->find(hashOf(token));
  if (found == sessions->end() || !holds(found->second, now)) return std::nullopt;
  found->second.last_used_ms->store(toMs(now), std::memory_order_relaxed);
  return Session{found->second.handle, found->second.person, found->second.expires};
}

SignedIn Sessions::startGuest(std::string name) {
  WallTime now = clock_.wall();
  auto id = PersonId::parse("g-" + randomHex(8));
  GuestPass pass{*id, std::move(name), now, now + settings_.guest_session};
  return {sessionOf(pass), signGuestPass(pass, key_)};
}

Sessions::Fresh Sessions::makeForAccount(const Person& person) const {
  WallTime now = clock_.wall();
  std::string token = randomToken();
  SecretHash hash = hashOf(token);
  Account account = accountOf(hash, person, now + settings_.account_session, toMs(now));
  return {{{account.handle, person, account.expires}, std::move(token)}, hash, now};
}

Status Sessions::insert(store::Session& db, const Fresh& fresh) const {
  const Session& session = fresh.signed_in.session;
  std::int64_t account_id = std::stoll(session.person.id.str().substr(2));
  auto added = db.run(
      "INSERT INTO account_sessions (token_hash, account_id, created_ms, expires_ms, last_used_ms)"
      " VALUES ($1, $2, $3, $4, $3)",
      store::Bytes(fresh.hash), account_id, toMs(fresh.created), toMs(session.expires));
  if (!added) return fail(std::move(added.error()));
  return {};
}

void Sessions::publish(const Fresh& fresh) {
  const Session& session = fresh.signed_in.session;
  std::vector<SecretHash> surplus;
  {
    std::lock_guard changing(changing_);
    auto changed = std::make_shared<Accounts>(*accounts());
    changed->insert_or_assign(fresh.hash, accountOf(fresh.hash, session.person, session.expires, toMs(fresh.created)));
    std::vector<std::pair<std::int64_t, SecretHash>> others;
    for (auto& [hash, account] : *changed)
      if (account.person.id == session.person.id && hash != fresh.hash) others.push_back({*account.last_used_ms, hash});
    std::sort(others.begin(), others.end());
    for (std::size_t i = 0; i + kSessionsOfAccount <= others.size(); ++i) surplus.push_back(others[i].second);
    std::lock_guard lock(mutex_);
    accounts_ = std::move(changed);
  }
  if (!surplus.empty()) remove(surplus, [](Status) {});
}

void Sessions::remove(const std::vector<SecretHash>& hashes, store::Done done) {
  std::vector<std::string> handles;
  {
    std::lock_guard changing(changing_);
    auto changed = std::make_shared<Accounts>(*accounts());
    for (const SecretHash& hash : hashes) {
      auto found = changed->find(hash);
      if (found == changed->end()) continue;
      handles.push_back(found->second.handle);
      changed->erase(found);
    }
    std::lock_guard lock(mutex_);
    accounts_ = std::move(changed);
  }
  for (auto& handle : handles)
    for (auto& observer : observers_) observer(handle);
  database_.write(
      [hashes](store::Session& db) -> Status {
        for (const SecretHash& hash : hashes)
          if (auto gone = db.run("DELETE FROM account_sessions WHERE token_hash = $1", store::Bytes(hash)); !gone)
            return fail(std::move(gone.error()));
        return {};
      },
      std::move(done));
}

void Sessions::endGuest(const GuestPass& pass) {
  WallTime now = clock_.wall();
  {
    std::lock_guard lock(mutex_);
    if (ended_guests_.size() >= kEndedGuests) {
      std::erase_if(ended_guests_, [now](auto& ended) { return ended.second <= now; });
      // Still full: the one that would soonest have expired by itself may come back for that while.
      if (ended_guests_.size() >= kEndedGuests)
        ended_guests_.erase(std::min_element(ended_guests_.begin(), ended_guests_.end(),
                                             [](auto& a, auto& b) { return a.second < b.second; }));
    }
    ended_guests_[pass.id.str()] = pass.expires;
  }
  for (auto& observer : observers_) observer(pass.id.str());
}

void Sessions::end(std::string_view token, store::Done done) {
  if (token.starts_with(kGuestPrefix)) {
    if (auto pass = readGuestPass(token, key_, clock_.wall())) endGuest(*pass);
    return done({});
  }
  SecretHash hash = hashOf(token);
  if (!accounts()->contains(hash)) return done({});
  remove({hash}, std::move(done));
}

void Sessions::maintain() {
  WallTime now = clock_.wall();
  {
    std::lock_guard lock(mutex_);
    std::erase_if(ended_guests_, [now](auto& ended) { return ended.second <= now; });
  }
  auto sessions = accounts();
  std::vector<SecretHash> over;
  for (auto& [hash, account] : *sessions)
    if (!holds(account, now)) over.push_back(hash);
  if (!over.empty()) remove(over, [](Status) {});
  writeLastUses(*accounts());
}

void Sessions::writeLastUses(const Accounts& accounts) {
  struct Use {
    SecretHash hash;
    std::int64_t used_ms;
    std::shared_ptr<std::atomic<std::int64_t>> written_ms;
  };
  std::vector<Use> uses;
  for (auto& [hash, account] : accounts)
    if (std::int64_t used_ms = *account.last_used_ms; used_ms - *account.written_ms >= kUseWorthWritingMs)
      uses.push_back({hash, used_ms, account.written_ms});
  if (uses.empty()) return;
  auto shared = std::make_shared<const std::vector<Use>>(std::move(uses));
  database_.write(
      [shared](store::Session& db) -> Status {
        for (const Use& use : *shared)
          if (auto done = db.run("UPDATE account_sessions SET last_used_ms = $2 WHERE token_hash = $1",
                                 store::Bytes(use.hash), use.used_ms);
              !done)
            return fail(std::move(done.error()));
        return {};
      },
      [shared](Status status) {
        // Not written: the next minute tries again.
        if (!status) return;
        for (const Use& use : *shared) *use.written_ms = use.used_ms;
      });
}

void Sessions::onEnded(std::function<void(const std::string& handle)> ended) {
  observers_.push_back(std::move(ended));
}

}  // namespace robohub::identity
