#include "identity/identity.hpp"

#include <algorithm>

#include "identity/identity_parts.hpp"
#include "identity/secrets.hpp"

namespace robohub::identity {
namespace {

constexpr const char* kCodeFile = "administrator-code";
constexpr const char* kLocal = "local";

int rank(Role role) {
  return static_cast<int>(role);
}

// Whether anything that was allowed before may be refused now.
bool reduces(const AccountPtr& before, const AccountPtr& after) {
  if (!before || before->disabled) return false;
  if (!after || after->disabled || rank(after->person.role) < rank(before->person.role)) return true;
  return std::any_of(before->grants.begin(), before->grants.end(), [&](const GrantRecord& held) {
    return std::none_of(after->grants.begin(), after->grants.end(),
                        [&](const GrantRecord& kept) { return kept.grant.id == held.grant.id; });
  });
}

bool changesRights(const AccountPtr& before, const AccountPtr& after) {
  if (!before || !after) return true;
  return before->disabled != after->disabled || before->person.role != after->person.role ||
         before->grants.size() != after->grants.size() || reduces(before, after);
}

}  // namespace

Status Identity::Parts::loadCode() {
  if (directory->administratorExists()) return folder.remove(kCodeFile);
  auto kept = folder.readSecret(kCodeFile);
  if (!kept) return fail(std::move(kept.error()));
  if (auto read = *kept ? readOneTimeCode(**kept) : std::nullopt) {
    code = *read;
    return {};
  }
  code = makeOneTimeCode();
  code_is_new = true;
  return folder.writeSecret(kCodeFile, code + "\n");
}

void Identity::Parts::wire() {
  // Plain pointers: the parts go together.
  directory->onChanged([this](const AccountPtr& before, const AccountPtr& after) { accountChanged(before, after); });
  sessions->onEnded([this](const EndedSession& ended) { tell(ended); });
  tokens->onEnded([this](const PersonId& token) {
    tell(EndedSession{token.str(), token, true});
    tell(RightsChange{token, true});
  });
}

Identity::Identity(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}
Identity::~Identity() {
  endWorkers();
}
void Identity::endWorkers() {
  parts_->workers->end();
}

Result<std::unique_ptr<Identity>> Identity::open(const store::DataFolder& folder, store::Database& database,
                                                 Audit& audit, const Settings& settings, const Clock& clock,
                                                 PasswordCost cost) {
  auto parts = std::make_shared<Parts>(folder, database, audit, clock);
  auto key = loadInstallKey(folder);
  if (!key) return fail(std::move(key.error()));
  auto directory = Directory::load(database, audit, clock);
  if (!directory) return fail(std::move(directory.error()));
  parts->directory = std::move(*directory);
  auto tokens = Tokens::load(database, audit, clock);
  if (!tokens) return fail(std::move(tokens.error()));
  parts->tokens = std::move(*tokens);
  auto sessions = Sessions::load(database, *key, settings, clock);
  if (!sessions) return fail(std::move(sessions.error()));
  parts->sessions = std::move(*sessions);
  if (auto code = parts->loadCode(); !code) return fail(std::move(code.error()));
  parts->workers = std::make_unique<PasswordWorkers>(cost);
  parts->wire();
  return std::unique_ptr<Identity>(new Identity(std::move(parts)));
}

// ---- who asks -----------------------------------------------------------------------------------------------------

std::optional<Identity::Parts::Present> Identity::Parts::presentAccount(const PersonId& id) const {
  const AccountPtr account = directory->find(id);
  if (!account || account->disabled) return std::nullopt;
  return Present{account->person, account->rights};
}

std::optional<Identity::Parts::Present> Identity::Parts::presentToken(const ApiToken& token) const {
  const AccountPtr owner = directory->find(token.owner);
  if (!owner || owner->disabled) return std::nullopt;
  auto rights = std::make_shared<Rights>(*owner->rights);
  rights->limited = true;
  rights->only = token.permissions;
  rights->only_in = token.scopes;
  Person person{token.person, token.name + " (" + owner->person.name + ")", PersonKind::token, owner->person.role};
  return Present{std::move(person), std::move(rights)};
}

std::optional<Session> Identity::Parts::sessionOf(const Sessions::Found& found) const {
  if (!found.guest_name.empty())
    return Session{found.handle, Person{found.person, found.guest_name, PersonKind::guest, Role::guest}, found.expires};
  const AccountPtr account = directory->find(found.person);
  if (!account || account->disabled) return std::nullopt;
  directory->seen(*account);
  return Session{found.handle, account->person, found.expires, account->rights};
}

std::optional<Session> Identity::Parts::sessionOf(const ApiTokenPtr& token) const {
  auto present = token ? presentToken(*token) : std::nullopt;
  if (!present) return std::nullopt;
  return Session{token->person.str(), std::move(present->person),
                 WallTime(std::chrono::milliseconds(token->expires_ms)), std::move(present->rights)};
}

std::optional<Session> Identity::find(std::string_view token) const {
  const auto found = parts_->sessions->find(token);
  return found ? parts_->sessionOf(*found) : std::nullopt;
}

std::optional<Session> Identity::findToken(std::string_view bearer) const {
  return parts_->sessionOf(parts_->tokens->find(bearer));
}

std::optional<Session> Identity::redeemTicket(std::string_view ticket) {
  const auto issuer = parts_->tickets.redeem(ticket);
  return issuer ? renew(*issuer) : std::nullopt;
}

std::optional<Session> Identity::renew(const Session& session) const {
  if (session.handle == kLocal) return session;
  if (session.person.kind == PersonKind::token) return parts_->sessionOf(parts_->tokens->find(session.person.id));
  const auto found = parts_->sessions->renew(session);
  return found ? parts_->sessionOf(*found) : std::nullopt;
}

bool Identity::may(const Session* session, Permission permission, const Place* place) const {
  if (!session) return identity::may(nullptr, {}, permission, place, {});
  return may(session->person.id, permission, place);
}

bool Identity::may(const PersonId& id, Permission permission, const Place* place) const {
  static const Rights kNone;
  const Access access = settings().access;
  const auto check = [&](const Person* person, const Rights& rights) {
    return identity::may(person, rights, permission, place, access);
  };
  const std::string& text = id.str();
  if (text.starts_with("g-")) {
    const Person guest{id, "", PersonKind::guest, Role::guest};
    return check(&guest, kNone);
  }
  if (text == kLocal) {
    const Person local{id, "", PersonKind::account, Role::administrator};
    return check(&local, kNone);
  }
  std::optional<Parts::Present> present;
  if (text.starts_with("u-")) {
    present = parts_->presentAccount(id);
  } else if (const ApiTokenPtr token = parts_->tokens->find(id)) {
    present = parts_->presentToken(*token);
  }
  return present ? check(&present->person, *present->rights) : check(nullptr, kNone);
}

bool Identity::present(const PersonId& person) const {
  if (person.str().starts_with("u-")) return !parts_->sessions->of(person).empty();
  if (person.str().starts_with("t-")) return parts_->tokens->find(person) != nullptr;
  return !parts_->sessions->hasEnded(person);
}

bool Identity::confirmed(const Session& session) const {
  if (session.handle == kLocal) return true;
  if (session.person.kind == PersonKind::token) {
    const ApiTokenPtr token = parts_->tokens->find(session.person.id);
    return token && std::find(token->permissions.begin(), token->permissions.end(), Permission::administer) !=
                        token->permissions.end();
  }
  return confirmedUntil(session).has_value();
}

std::optional<WallTime> Identity::confirmedUntil(const Session& session) const {
  const auto at = parts_->sessions->confirmedAt(session.handle);
  if (!at) return std::nullopt;
  const Duration left = *at + kConfirmed - parts_->clock.now();
  if (left <= Duration::zero()) return std::nullopt;
  return parts_->clock.wall() + std::chrono::duration_cast<std::chrono::milliseconds>(left);
}

Directory& Identity::directory() const {
  return *parts_->directory;
}
Tokens& Identity::tokens() const {
  return *parts_->tokens;
}
Tickets& Identity::tickets() const {
  return parts_->tickets;
}

// ---- changes ------------------------------------------------------------------------------------------------------

Settings Identity::settings() const {
  return parts_->sessions->settings();
}

void Identity::configure(const Settings& settings) {
  const Access before = this->settings().access, after = settings.access;
  parts_->sessions->configure(settings);
  const bool watched = before.guests_watch, watch = after.guests_watch;
  const bool played = watched && before.guests_play, play = watch && after.guests_play;
  if (watched == watch && played == play) return;
  parts_->tell(RightsChange{PersonId(), (watched && !watch) || (played && !play)});
}

// On the writer thread, when the snapshot has changed and the rows are gone.
void Identity::Parts::accountChanged(const AccountPtr& before, const AccountPtr& after) {
  if (!before) return;
  const PersonId& person = before->person.id;
  if (!after || after->disabled) sessions->forgetOf(person, std::nullopt);
  if (changesRights(before, after)) {
    const bool reduced = reduces(before, after);
    tell(RightsChange{person, reduced});
    for (const ApiTokenPtr& token : tokens->of(person)) tell(RightsChange{token->person, reduced});
  }
  if (!after) tokens->forgetOwner(person);
}

void Identity::Parts::tell(const RightsChange& change) const {
  for (auto& observer : rights_observers) observer(change);
}

void Identity::Parts::tell(const EndedSession& ended) const {
  for (auto& observer : session_observers) observer(ended);
}

void Identity::onSessionEnded(std::function<void(const EndedSession&)> ended) {
  parts_->session_observers.push_back(std::move(ended));
}

void Identity::onRightsChanged(std::function<void(const RightsChange&)> changed) {
  parts_->rights_observers.push_back(std::move(changed));
}

void Identity::tellExpired() {
  parts_->tokens->tellExpired();
}

void Identity::maintain() {
  parts_->sessions->maintain();
  parts_->tokens->maintain();
  parts_->directory->maintain();
  parts_->noteRestOfRefusals();
}

bool Identity::setupNeeded() const {
  return !parts_->directory->administratorExists();
}

std::optional<std::string> Identity::administratorCode() const {
  if (!setupNeeded() || parts_->code.empty()) return std::nullopt;
  return parts_->code;
}

bool Identity::administratorCodeIsNew() const {
  return parts_->code_is_new;
}

}  // namespace robohub::identity
