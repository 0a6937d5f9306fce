#include "identity/sessions.hpp"

#include <algorithm>

#include "identity/directory.hpp"
#include "identity/names.hpp"

namespace robohub::identity {
namespace {

constexpr std::size_t kSessionsOfAccount = 32;
constexpr std::size_t kEndedGuests = 10'000;
constexpr std::int64_t kUseWorthWritingMs = 60'000;
constexpr std::size_t kHandleBytes = 12;
constexpr std::size_t kUserAgentCharacters = 120;

SecretHash hashColumn(const store::Statement& row, int column) {
  return hashFrom(row.blob(column)).value_or(SecretHash{});
}

std::string handleOf(const SecretHash& hash) {
  return "s-" + hexOf(std::span(hash).first(kHandleBytes));
}

WallTime wallOf(std::int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

// What a program says of itself, fit to be shown: printable ASCII, other bytes as one '?'.
std::string cleanUserAgent(std::string_view text) {
  std::string clean;
  for (char c : text) {
    if (clean.size() >= kUserAgentCharacters) break;
    const bool good = c >= ' ' && c <= '~';
    if (good || clean.empty() || clean.back() != '?') clean += good ? c : '?';
  }
  return clean;
}

}  // namespace

Result<std::unique_ptr<Sessions>> Sessions::load(store::Database& database, InstallKey key, const Settings& settings,
                                                 const Clock& clock) {
  std::unique_ptr<Sessions> sessions(new Sessions(database, key, settings, clock));
  auto found = std::make_shared<Accounts>();
  const WallTime wall = clock.wall();
  const MonoTime now = clock.now();
  auto done = database.readNow([&](store::Session& db) -> Status {
    auto rows = db.prepare(
        "SELECT token_hash, account_id, created_ms, expires_ms, last_used_ms, confirmed_ms, address, user_agent"
        " FROM account_sessions");
    if (!rows) return fail(std::move(rows.error()));
    while (true) {
      auto row = rows->step();
      if (!row) return fail(std::move(row.error()));
      if (!*row) return {};
      Account account;
      const SecretHash hash = hashColumn(*rows, 0);
      account.handle = handleOf(hash);
      account.person = *PersonId::parse("u-" + std::to_string(rows->integer(1)));
      account.created_ms = rows->integer(2);
      account.expires = wallOf(rows->integer(3));
      account.use->last_used_ms = account.use->written_ms = rows->integer(4);
      // The monotonic clock does not outlive the machine's run, so how long ago it was is told by the wall clock.
      const Duration ago = wall - wallOf(rows->integer(5));
      if (ago >= Duration::zero() && ago < std::chrono::hours(1)) account.use->confirmed_ns = toNs(now - ago);
      account.address = rows->text(6);
      account.user_agent = rows->text(7);
      (*found)[hash] = std::move(account);
    }
  });
  if (!done) return fail(std::move(done.error()));
  Lock lock(sessions->mutex_);
  sessions->accounts_ = std::move(found);
  return sessions;
}

std::shared_ptr<const Sessions::Accounts> Sessions::accounts() const {
  Lock lock(mutex_);
  return accounts_;
}

Settings Sessions::settings() const {
  Lock lock(mutex_);
  return settings_;
}

void Sessions::configure(const Settings& settings) {
  Lock lock(mutex_);
  settings_ = settings;
}

bool Sessions::holds(const Account& account, WallTime now) const {
  return now < account.expires && now < wallOf(account.use->last_used_ms) + settings().account_idle;
}

std::optional<Sessions::Found> Sessions::find(std::string_view token) const {
  WallTime now = clock_.wall();
  if (token.starts_with(kGuestPrefix)) {
    auto pass = readGuestPass(token, key_, now);
    if (!pass) return std::nullopt;
    Lock lock(mutex_);
    if (ended_guests_.contains(pass->id)) return std::nullopt;
    return Found{pass->id.str(), pass->id, pass->name, pass->expires};
  }
  if (token.size() != 43) return std::nullopt;
  auto all = accounts();
  auto found = all->find(hashOf(token));
  if (found == all->end() || !holds(found->second, now)) return std::nullopt;
  found->second.use->last_used_ms.store(toMs(now), std::memory_order_relaxed);
  return Found{found->second.handle, found->second.person, "", found->second.expires};
}

std::optional<Sessions::Found> Sessions::renew(const Session& session) const {
  WallTime now = clock_.wall();
  if (session.person.kind == PersonKind::guest) {
    Lock lock(mutex_);
    if (now >= session.expires || ended_guests_.contains(session.person.id)) return std::nullopt;
    return Found{session.handle, session.person.id, session.person.name, session.expires};
  }
  const auto hash = hashOfHandle(session.handle);
  if (!hash) return std::nullopt;
  auto all = accounts();
  auto found = all->find(*hash);
  if (found == all->end() || !holds(found->second, now)) return std::nullopt;
  found->second.use->last_used_ms.store(toMs(now), std::memory_order_relaxed);
  return Found{found->second.handle, found->second.person, "", found->second.expires};
}

// A handle is the beginning of the hash, by which they are sorted.
std::optional<SecretHash> Sessions::hashOfHandle(const std::string& handle) const {
  if (handle.size() != 2 + 2 * kHandleBytes || !handle.starts_with("s-")) return std::nullopt;
  SecretHash first{};
  for (std::size_t i = 0; i < kHandleBytes; ++i) {
    unsigned byte = 0;
    for (char c : {handle[2 + 2 * i], handle[3 + 2 * i]}) {
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
      byte = byte * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    first[i] = static_cast<std::uint8_t>(byte);
  }
  auto all = accounts();
  auto found = all->lower_bound(first);
  if (found == all->end() || found->second.handle != handle) return std::nullopt;
  return found->first;
}

SignedIn Sessions::startGuest(std::string name) const {
  WallTime now = clock_.wall();
  GuestPass pass{newGuestId(), std::move(name), now, now + settings().guest_session};
  Session session{pass.id.str(), Person{pass.id, pass.name, PersonKind::guest, Role::guest}, pass.expires};
  return {std::move(session), signGuestPass(pass, key_)};
}

Sessions::Fresh Sessions::makeForAccount(const Person& person, const Caller& caller) const {
  WallTime now = clock_.wall();
  std::string token = randomToken();
  SecretHash hash = hashOf(token);
  return {{{handleOf(hash), person, now + settings().account_session}, std::move(token)},
          hash,
          now,
          {caller.address.substr(0, 64), cleanUserAgent(caller.user_agent)}};
}

Status Sessions::insert(store::Session& db, const Fresh& fresh) {
  const Session& session = fresh.signed_in.session;
  auto added = db.run(
      "INSERT INTO account_sessions"
      " (token_hash, account_id, created_ms, expires_ms, last_used_ms, confirmed_ms, address, user_agent)"
      " VALUES ($1, $2, $3, $4, $3, $3, $5, $6)",
      store::Bytes(fresh.hash), rowOf(session.person.id, "u-").value_or(0), toMs(fresh.created), toMs(session.expires),
      fresh.caller.address, fresh.caller.user_agent);
  if (!added) return fail(std::move(added.error()));
  return {};
}

void Sessions::publish(const Fresh& fresh) {
  const Session& session = fresh.signed_in.session;
  Account account{session.handle,      session.person.id,    session.expires,
                  toMs(fresh.created), fresh.caller.address, fresh.caller.user_agent};
  account.use->last_used_ms = account.use->written_ms = toMs(fresh.created);
  account.use->confirmed_ns = toNs(clock_.now());
  std::vector<SecretHash> surplus;
  {
    Lock changing(changing_);
    auto changed = std::make_shared<Accounts>(*accounts());
    std::vector<std::pair<std::int64_t, SecretHash>> others;
    for (auto& [hash, other] : *changed)
      if (other.person == session.person.id && hash != fresh.hash) others.push_back({other.use->last_used_ms, hash});
    changed->insert_or_assign(fresh.hash, std::move(account));
    std::sort(others.begin(), others.end());
    for (std::size_t i = 0; i + kSessionsOfAccount <= others.size(); ++i) surplus.push_back(others[i].second);
    Lock lock(mutex_);
    accounts_ = std::move(changed);
  }
  if (!surplus.empty()) end(surplus, nullptr, {}, [](Status) {});
}

std::optional<MonoTime> Sessions::confirmedAt(const std::string& handle) const {
  const auto hash = hashOfHandle(handle);
  if (!hash) return std::nullopt;
  auto all = accounts();
  auto found = all->find(*hash);
  const std::int64_t ns = found == all->end() ? 0 : found->second.use->confirmed_ns.load();
  return ns == 0 ? std::nullopt : std::optional(fromNs(ns));
}

void Sessions::confirm(const std::string& handle, store::Done done) {
  const auto hash = hashOfHandle(handle);
  if (!hash) return done(fail(ErrorCode::not_found, "This session has ended."));
  auto all = accounts();
  auto found = all->find(*hash);
  if (found == all->end()) return done(fail(ErrorCode::not_found, "This session has ended."));
  found->second.use->confirmed_ns = toNs(clock_.now());
  database_.write(
      [hash = *hash, now_ms = toMs(clock_.wall())](store::Session& db) -> Status {
        auto set =
            db.run("UPDATE account_sessions SET confirmed_ms = $2 WHERE token_hash = $1", store::Bytes(hash), now_ms);
        if (!set) return fail(std::move(set.error()));
        return {};
      },
      std::move(done));
}

std::vector<SessionInfo> Sessions::of(const PersonId& account) const {
  std::vector<SessionInfo> list;
  const WallTime now = clock_.wall();
  for (const auto all = accounts(); auto& [hash, each] : *all) {
    if (each.person != account || !holds(each, now)) continue;
    list.push_back(
        {each.handle, each.created_ms, each.use->last_used_ms, toMs(each.expires), each.address, each.user_agent});
  }
  std::sort(list.begin(), list.end(), [](auto& a, auto& b) { return a.last_used_ms > b.last_used_ms; });
  return list;
}

std::map<PersonId, std::size_t> Sessions::counts() const {
  std::map<PersonId, std::size_t> counts;
  const WallTime now = clock_.wall();
  for (const auto all = accounts(); auto& [hash, each] : *all)
    if (holds(each, now)) ++counts[each.person];
  return counts;
}

bool Sessions::hasEnded(const PersonId& guest) const {
  Lock lock(mutex_);
  return ended_guests_.contains(guest);
}

void Sessions::forget(const std::vector<SecretHash>& hashes) {
  std::vector<EndedSession> ended;
  {
    Lock changing(changing_);
    auto changed = std::make_shared<Accounts>(*accounts());
    for (const SecretHash& hash : hashes) {
      auto found = changed->find(hash);
      if (found == changed->end()) continue;
      ended.push_back({found->second.handle, found->second.person, true});
      changed->erase(found);
    }
    for (EndedSession& each : ended)
      for (auto& [hash, left] : *changed) each.last = each.last && left.person != each.person;
    Lock lock(mutex_);
    accounts_ = std::move(changed);
  }
  for (const EndedSession& each : ended)
    for (auto& observer : observers_) observer(each);
}

void Sessions::end(const std::vector<SecretHash>& hashes, const Audit* audit, const AuditEntry& entry,
                   store::Done done) {
  forget(hashes);
  database_.write(
      [hashes, audit, entry](store::Session& db) -> Status {
        for (const SecretHash& hash : hashes)
          if (auto gone = db.run("DELETE FROM account_sessions WHERE token_hash = $1", store::Bytes(hash)); !gone)
            return fail(std::move(gone.error()));
        return audit ? audit->append(db, entry) : Status();
      },
      std::move(done));
}

void Sessions::forgetOf(const PersonId& account, const std::optional<SecretHash>& keep) {
  std::vector<SecretHash> hashes;
  for (const auto all = accounts(); auto& [hash, each] : *all)
    if (each.person == account && hash != keep) hashes.push_back(hash);
  if (!hashes.empty()) forget(hashes);
}

void Sessions::endGuest(const PersonId& guest, WallTime until) {
  WallTime now = clock_.wall();
  {
    Lock lock(mutex_);
    // Where there are too many, the one that would soonest have expired by itself may come back for that while. Found
    // without a walk: anybody may sign out as many guests as he likes, and all others wait for this lock.
    forgetEndedGuests(now, kEndedGuests - 1);
    const auto [known, fresh] = ended_guests_.try_emplace(guest, until);
    if (!fresh) {
      ended_by_end_.erase({known->second, guest});
      known->second = until;
    }
    ended_by_end_.emplace(until, guest);
  }
  for (auto& observer : observers_) observer({guest.str(), guest, true});
}

void Sessions::forgetEndedGuests(WallTime now, std::size_t most) {
  while (!ended_by_end_.empty() && (ended_by_end_.begin()->first <= now || ended_guests_.size() > most)) {
    ended_guests_.erase(ended_by_end_.begin()->second);
    ended_by_end_.erase(ended_by_end_.begin());
  }
}

void Sessions::maintain() {
  WallTime now = clock_.wall();
  {
    Lock lock(mutex_);
    forgetEndedGuests(now, kEndedGuests);
  }
  std::vector<SecretHash> over;
  for (const auto all = accounts(); auto& [hash, account] : *all)
    if (!holds(account, now)) over.push_back(hash);
  if (!over.empty()) end(over, nullptr, {}, [](Status) {});
  writeLastUses(*accounts());
}

void Sessions::writeLastUses(const Accounts& all) {
  struct Write {
    SecretHash hash;
    std::int64_t used_ms;
    std::shared_ptr<Account::Use> use;
  };
  std::vector<Write> uses;
  for (auto& [hash, account] : all)
    if (std::int64_t used_ms = account.use->last_used_ms; used_ms - account.use->written_ms >= kUseWorthWritingMs)
      uses.push_back({hash, used_ms, account.use});
  if (uses.empty()) return;
  auto shared = std::make_shared<const std::vector<Write>>(std::move(uses));
  database_.write(
      [shared](store::Session& db) -> Status {
        for (const Write& each : *shared)
          if (auto done = db.run("UPDATE account_sessions SET last_used_ms = $2 WHERE token_hash = $1",
                                 store::Bytes(each.hash), each.used_ms);
              !done)
            return fail(std::move(done.error()));
        return {};
      },
      [shared](const Status& status) {
        // Not written: the next minute tries again.
        if (!status) return;
        for (const Write& each : *shared) each.use->written_ms = each.used_ms;
      });
}

}  // namespace robohub::identity
