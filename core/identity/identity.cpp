#include "identity/identity.hpp"

#include <algorithm>
#include <mutex>

#include "identity/accounts.hpp"
#include "identity/backoff.hpp"
#include "identity/guest_token.hpp"
#include "identity/names.hpp"
#include "identity/secrets.hpp"

namespace robohub::identity {
namespace {

constexpr const char* kCodeFile = "administrator-code";

// Many people may share an address (a family, a proxy), so an address has more free failures than an account.
constexpr BackoffRule kByAccount{.free_failures = 5};
constexpr BackoffRule kByAddress{.free_failures = 20};

Error waitError(Duration wait) {
  auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return {ErrorCode::exhausted, "Too many wrong tries; try again in " + std::to_string(seconds) + " s.", ""};
}

Error wrongPassword() {
  return {ErrorCode::unauthenticated, "The username or the password is wrong.", ""};
}

}  // namespace

// Jobs of the workers hold a plain pointer (they end before this does); requests to the database hold a shared one.
struct Identity::Parts : std::enable_shared_from_this<Identity::Parts> {
  Parts(const store::DataFolder& data, store::Database& db, const Settings& chosen, const Clock& time)
      : folder(data), database(db), settings(chosen), clock(time) {}

  const store::DataFolder& folder;
  store::Database& database;
  const Settings settings;
  const Clock& clock;
  std::unique_ptr<Accounts> accounts;
  std::unique_ptr<Sessions> sessions;
  std::string code;  // immutable after open(); "" when there was an administrator then
  bool code_is_new = false;

  std::mutex guessing;  // guards the two below
  Backoff by_account{kByAccount};
  Backoff by_address{kByAddress};

  std::unique_ptr<PasswordWorkers> workers;

  Status loadCode();
  Result<void> beginGuess(const std::string& account, const std::string& address);
  void rightGuess(const std::string& account, const std::string& address);
  void storeSession(const Person& person, SignInDone done);
  void storeAdministrator(const std::string& username, std::string password_hash, SignInDone done);
};

Status Identity::Parts::loadCode() {
  if (accounts->administratorExists()) return folder.remove(kCodeFile);
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

namespace {
bool isThisMachine(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "unix";
}
}  // namespace

Result<void> Identity::Parts::beginGuess(const std::string& account, const std::string& address) {
  MonoTime now = clock.now();
  std::lock_guard lock(guessing);
  // Behind a proxy everybody comes from this machine: counted together, one guesser would lock all others out.
  const bool counts = !isThisMachine(address);
  Duration wait = by_account.waitFor(account, now);
  if (counts) wait = std::max(wait, by_address.waitFor(address, now));
  if (wait > Duration::zero()) return fail(waitError(wait));
  by_account.count(account, now);
  if (counts) by_address.count(address, now);
  return {};
}

void Identity::Parts::rightGuess(const std::string& account, const std::string& address) {
  std::lock_guard lock(guessing);
  by_account.clear(account);
  by_address.takeBack(address);
}

void Identity::Parts::storeSession(const Person& person, SignInDone done) {
  auto fresh = std::make_shared<const Sessions::Fresh>(sessions->makeForAccount(person));
  auto self = shared_from_this();
  database.write([self, fresh](store::Session& db) { return self->sessions->insert(db, *fresh); },
                 [self, fresh, done = std::move(done)](Status stored) {
                   if (!stored) return done(fail(std::move(stored.error())));
                   self->sessions->publish(*fresh);
                   done(fresh->signed_in);
                 });
}

void Identity::Parts::storeAdministrator(const std::string& username, std::string password_hash, SignInDone done) {
  struct Made {
    Account account;
    Sessions::Fresh session;
  };
  auto made = std::make_shared<Made>();
  auto self = shared_from_this();
  database.write(
      [self, made, username, password_hash = std::move(password_hash)](store::Session& db) -> Status {
        auto account = Accounts::insert(db, username, password_hash, Role::administrator, self->clock.wall(), true);
        if (!account) return fail(std::move(account.error()));
        made->account = *account;
        made->session = self->sessions->makeForAccount(account->person);
        return self->sessions->insert(db, made->session);
      },
      [self, made, done = std::move(done)](Status stored) {
        if (!stored) return done(fail(std::move(stored.error())));
        self->accounts->publish(made->account);
        self->sessions->publish(made->session);
        // The code is void by the row that is now durable; a file that stays behind is removed at the next start.
        (void)self->folder.remove(kCodeFile);
        done(made->session.signed_in);
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
                                                 const Settings& settings, const Clock& clock, PasswordCost cost) {
  auto parts = std::make_shared<Parts>(folder, database, settings, clock);
  auto key = loadInstallKey(folder);
  if (!key) return fail(std::move(key.error()));
  auto accounts = Accounts::load(database);
  if (!accounts) return fail(std::move(accounts.error()));
  parts->accounts = std::move(*accounts);
  auto sessions = Sessions::load(database, *key, settings, clock);
  if (!sessions) return fail(std::move(sessions.error()));
  parts->sessions = std::move(*sessions);
  if (auto code = parts->loadCode(); !code) return fail(std::move(code.error()));
  parts->workers = std::make_unique<PasswordWorkers>(cost);
  return std::unique_ptr<Identity>(new Identity(std::move(parts)));
}

std::optional<Session> Identity::find(std::string_view token) const {
  return parts_->sessions->find(token);
}

bool Identity::may(const Session* session, Permission permission, const Place* place) const {
  static const Rights kNone;
  const Rights& rights = session && session->rights ? *session->rights : kNone;
  return identity::may(session ? &session->person : nullptr, rights, permission, place, parts_->settings.access);
}

const Settings& Identity::settings() const {
  return parts_->settings;
}

Result<SignedIn> Identity::signInGuest(std::string_view name) {
  if (!parts_->settings.access.guests_watch)
    return fail(ErrorCode::permission_denied, "Guests may not come in here; sign in with an account.");
  auto clean = cleanName(name, 32, "A name", "/guest");
  if (!clean) return fail(std::move(clean.error()));
  return parts_->sessions->startGuest(std::move(*clean));
}

void Identity::signIn(const std::string& username, std::string password, std::string_view address, SignInDone done) {
  if (!checkUsername(username) || !checkPassword(password)) return done(fail(wrongPassword()));
  std::string client = addressKey(address);
  if (auto allowed = parts_->beginGuess(username, client); !allowed) return done(fail(std::move(allowed.error())));
  auto account = parts_->accounts->find(username);
  std::string stored = account ? account->password_hash : "";
  parts_->workers->verify(
      std::move(password), std::move(stored),
      [parts = parts_.get(), account, username, client, done = std::move(done)](Result<bool> right) {
        if (!right) return done(fail(std::move(right.error())));
        if (!*right) return done(fail(wrongPassword()));
        parts->rightGuess(username, client);
        parts->storeSession(account->person, done);
      });
}

void Identity::setup(std::string_view typed, const std::string& username, std::string password,
                     std::string_view address, SignInDone done) {
  if (!setupNeeded()) return done(fail(ErrorCode::conflict, "There is an administrator already; sign in."));
  // No account has this name, for it has an upper-case letter.
  const std::string guessed = "Setup";
  std::string client = addressKey(address);
  if (auto allowed = parts_->beginGuess(guessed, client); !allowed) return done(fail(std::move(allowed.error())));
  auto code = readOneTimeCode(typed);
  if (!sameHash(hashOf(code.value_or("")), hashOf(parts_->code)) || !code)
    return done(
        fail(ErrorCode::permission_denied, "The code is wrong; it stands in the data folder of the hub.", "/code"));
  parts_->rightGuess(guessed, client);
  if (auto good = checkUsername(username); !good) return done(fail(std::move(good.error())));
  if (auto good = checkPassword(password); !good) return done(fail(std::move(good.error())));
  parts_->workers->hash(std::move(password),
                        [parts = parts_.get(), username, done = std::move(done)](Result<std::string> hash) {
                          if (!hash) return done(fail(std::move(hash.error())));
                          parts->storeAdministrator(username, std::move(*hash), done);
                        });
}

void Identity::signOut(std::string_view token, store::Done done) {
  parts_->sessions->end(token, std::move(done));
}

bool Identity::setupNeeded() const {
  return !parts_->accounts->administratorExists();
}

std::optional<std::string> Identity::administratorCode() const {
  if (!setupNeeded() || parts_->code.empty()) return std::nullopt;
  return parts_->code;
}

bool Identity::administratorCodeIsNew() const {
  return parts_->code_is_new;
}

void Identity::onSessionEnded(std::function<void(const std::string& handle)> ended) {
  parts_->sessions->onEnded(std::move(ended));
}

void Identity::maintain() {
  parts_->sessions->maintain();
}

}  // namespace robohub::identity
