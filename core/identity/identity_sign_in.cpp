// Coming in and going out.
#include <algorithm>

#include "base/json.hpp"
#include "base/mutex.hpp"
#include "identity/identity_parts.hpp"
#include "identity/names.hpp"
#include "identity/secrets.hpp"

namespace robohub::identity {
namespace {

constexpr const char* kCodeFile = "administrator-code";

Actor actorOf(const Person& person, const Caller& caller) {
  return {person.id.str(), person.name, caller.address};
}

// What an issuer calls somebody, made into a username that may be had: "Zoë Q." -> "zo-q."; `attempt` 2 -> "zo-q.-2".
std::string usernameFrom(const std::string& hint, int attempt) {
  std::string name;
  for (char c : hint.substr(0, 256)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter || (!name.empty() && (c == '.' || c == '_')))
      name += c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  name.resize(std::min<std::size_t>(name.size(), 28));
  if (name.size() < 2) name = "person";
  return attempt > 1 ? name + "-" + std::to_string(attempt) : name;
}

}  // namespace

Error waitError(Duration wait) {
  auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return {ErrorCode::exhausted, "Too many wrong tries; try again in " + std::to_string(seconds) + " s.", ""};
}

Error wrongPassword(const char* where) {
  return {ErrorCode::unauthenticated, *where ? "The password is wrong." : "The username or the password is wrong.",
          where};
}

// ---- guessing -----------------------------------------------------------------------------------------------------

Status Identity::Parts::beginGuess(const Guesses::Guess& guess, const AccountPtr& account) {
  const MonoTime now = clock.now();
  const auto begin = [&](const Guesses::Guess& each) {
    Lock lock(guessing);
    return guesses.begin(each, now);
  };
  Guesses::Answer answer = begin(guess);
  // Sessions are looked through only for this: it is seldom, and they may be many.
  if (answer.by_others && account) {
    const std::string there = addressKey(guess.address);
    const auto list = sessions->of(account->person.id);
    Guesses::Guess known = guess;
    known.signed_in = std::any_of(list.begin(), list.end(),
                                  [&](const SessionInfo& each) { return addressKey(each.address) == there; });
    if (known.signed_in) answer = begin(known);
  }
  if (answer.wait > Duration::zero()) return fail(waitError(answer.wait));
  return {};
}

void Identity::Parts::endGuess(const Guesses::Guess& guess, const Result<bool>& right) {
  Lock lock(guessing);
  if (!right)
    guesses.takeBack(guess);
  else if (*right)
    guesses.right(guess);
}

void Identity::Parts::noteRefusal(const std::string& action, const std::string& username, const std::string& address) {
  std::optional<Refusals::Line> line;
  {
    Lock lock(guessing);
    line = refusals.note(username, address, clock.now());
  }
  if (!line) return;
  // `note` only queues: nobody may wait because somebody guesses.
  audit.note({Actor{"", username, address}, action, username.empty() ? "" : "user:" + username, Outcome::refused,
              "{\"left_out_before\":" + std::to_string(line->left_out) + "}"});
}

void Identity::Parts::noteRestOfRefusals() {
  std::optional<Refusals::Line> line;
  {
    Lock lock(guessing);
    line = refusals.rest(clock.now());
  }
  if (!line) return;
  audit.note({Actor::hub(), "session.sign_in", "", Outcome::refused,
              "{\"left_out_before\":" + std::to_string(line->left_out) + "}"});
}

// ---- guests -------------------------------------------------------------------------------------------------------

Result<SignedIn> Identity::signInGuest(std::string_view name, const Caller& caller) {
  if (!settings().access.guests_watch)
    return fail(ErrorCode::permission_denied, "Guests may not come in here; sign in with an account.");
  auto clean = cleanName(name, 32, "A name", "/guest");
  if (!clean) return fail(std::move(clean.error()));
  SignedIn signed_in = parts_->sessions->startGuest(std::move(*clean));
  for (auto& check : parts_->guest_checks)
    if (Status allowed = check(signed_in.session, caller); !allowed) return fail(std::move(allowed.error()));
  return signed_in;
}

void Identity::onGuest(std::function<Status(const Session&, const Caller&)> check) {
  parts_->guest_checks.push_back(std::move(check));
}

void Identity::endGuest(const PersonId& guest) {
  // His token may have been made under a longer lifetime than that of now.
  const Duration longest = std::max<Duration>(settings().guest_session, Settings().guest_session);
  parts_->sessions->endGuest(guest,
                             parts_->clock.wall() + std::chrono::duration_cast<std::chrono::milliseconds>(longest));
}

// ---- accounts -----------------------------------------------------------------------------------------------------

void Identity::Parts::storeSession(const Person& person, const Caller& caller, std::optional<std::string> expected_hash,
                                   const std::string& how, SignInDone done) {
  auto fresh = std::make_shared<const Sessions::Fresh>(sessions->makeForAccount(person, caller));
  auto self = shared_from_this();
  database.write(
      [self, fresh, expected_hash = std::move(expected_hash), how, caller](store::Session& db) -> Status {
        // The password may have been changed, or the account disabled, while the hash was computed.
        const Person& who = fresh->signed_in.session.person;
        auto row =
            db.prepare("SELECT password_hash, disabled FROM accounts WHERE id = $1", rowOf(who.id, "u-").value_or(0));
        if (!row) return fail(std::move(row.error()));
        auto found = row->step();
        if (!found) return fail(std::move(found.error()));
        if (!*found || row->integer(1) != 0 || (expected_hash && *expected_hash != row->text(0)))
          return fail(wrongPassword());
        if (auto added = Sessions::insert(db, *fresh); !added) return added;
        return self->audit.append(
            db, {actorOf(who, caller), "session.sign_in", "user:" + who.name, Outcome::ok, "{\"by\":\"" + how + "\"}"});
      },
      [self, fresh, done = std::move(done)](Status stored) {
        if (!stored) return done(fail(std::move(stored.error())));
        self->sessions->publish(*fresh);
        SignedIn signed_in = fresh->signed_in;
        if (const AccountPtr account = self->directory->find(signed_in.session.person.id)) {
          self->directory->seen(*account);
          signed_in.session.person = account->person;
          signed_in.session.rights = account->rights;
        }
        done(std::move(signed_in));
      });
}

void Identity::signIn(const std::string& username, std::string password, const Caller& caller, SignInDone done) {
  if (!mayBeUsername(username)) return done(fail(wrongPassword()));
  const auto refuse = [parts = parts_.get(), username, shown = caller.address] {
    parts->noteRefusal("session.sign_in", username, shown);
  };
  if (!checkPassword(password)) {
    refuse();
    return done(fail(wrongPassword()));
  }
  AccountPtr account = parts_->directory->find(username);
  if (account && account->disabled) account = nullptr;
  const Guesses::Guess guess{.account = username, .address = caller.address};
  if (auto allowed = parts_->beginGuess(guess, account); !allowed) {
    refuse();
    return done(fail(std::move(allowed.error())));
  }
  std::string stored = account ? account->password_hash : "";
  parts_->workers->verify(
      std::move(password), std::move(stored), networkKey(caller.address),
      [parts = parts_.get(), account, guess, caller, refuse, done = std::move(done)](Result<bool> right) {
        parts->endGuess(guess, right);
        if (!right) return done(fail(std::move(right.error())));
        if (!*right) {
          refuse();
          return done(fail(wrongPassword()));
        }
        parts->storeSession(account->person, caller, account->password_hash, "password", done);
      });
}

void Identity::signInBySubject(const std::string& subject, const std::string& name_hint,
                               std::optional<Role> role_of_new, const Caller& caller, SignInDone done) {
  auto parts = parts_;
  if (const AccountPtr account = parts->directory->findBySubject(subject)) {
    if (account->disabled) return done(fail(ErrorCode::permission_denied, "This account is disabled."));
    return parts->storeSession(account->person, caller, std::nullopt, "issuer", std::move(done));
  }
  if (!role_of_new || subject.empty())
    return done(fail(ErrorCode::permission_denied,
                     "Nobody here is known by this sign-in; ask an administrator for an account."));
  // Names may be taken; others may take them meanwhile.
  struct Attempts : std::enable_shared_from_this<Attempts> {
    std::shared_ptr<Parts> parts;
    std::string subject, hint;
    Role role{};
    Caller caller;
    SignInDone done;
    int attempt = 0;
    void next() {
      const std::string username = usernameFrom(hint, ++attempt);
      if (attempt < 1000 && parts->directory->find(username)) return next();
      Directory::NewAccount wanted{.username = username, .role = role, .oidc_subject = subject};
      parts->directory->add(std::move(wanted), Actor{"", username, caller.address}, "user.add", nullptr,
                            [self = shared_from_this()](const Result<AccountPtr>& made) { self->made(made); });
    }
    void made(const Result<AccountPtr>& account) {
      if (account) return parts->storeSession((*account)->person, caller, std::nullopt, "issuer", std::move(done));
      if (const AccountPtr twin = parts->directory->findBySubject(subject))
        return parts->storeSession(twin->person, caller, std::nullopt, "issuer", std::move(done));
      if (account.error().code == ErrorCode::conflict && attempt < 20) return next();
      done(fail(account.error()));
    }
  };
  auto attempts = std::make_shared<Attempts>();
  attempts->parts = std::move(parts);
  attempts->subject = subject;
  attempts->hint = name_hint;
  attempts->role = *role_of_new;
  attempts->caller = caller;
  attempts->done = std::move(done);
  attempts->next();
}

// ---- the first administrator --------------------------------------------------------------------------------------

void Identity::Parts::storeAdministrator(const std::string& username, std::string password_hash, const Caller& caller,
                                         SignInDone done) {
  auto fresh = std::make_shared<Sessions::Fresh>();
  auto self = shared_from_this();
  directory->add(
      {.username = username,
       .role = Role::administrator,
       .password_hash = std::move(password_hash),
       .first_administrator = true},
      Actor{"", username, caller.address}, "setup",
      [self, fresh, caller](store::Session& db, const Person& person) {
        *fresh = self->sessions->makeForAccount(person, caller);
        return Sessions::insert(db, *fresh);
      },
      [self, fresh, done = std::move(done)](const Result<AccountPtr>& account) {
        if (!account) return done(fail(account.error()));
        self->sessions->publish(*fresh);
        self->directory->seen(**account);
        // The code is void by the row that is now durable; a file that stays behind is removed at the next start.
        (void)self->folder.remove(kCodeFile);
        fresh->signed_in.session.rights = (*account)->rights;
        done(fresh->signed_in);
      });
}

void Identity::setup(std::string_view typed, const std::string& username, std::string password, const Caller& caller,
                     SignInDone done) {
  if (!setupNeeded()) return done(fail(ErrorCode::conflict, "There is an administrator already; sign in."));
  // By the address only: whoever guesses at 60 random bits must not keep out who knows them.
  const Guesses::Guess guess{.account = "", .address = caller.address};
  if (auto allowed = parts_->beginGuess(guess, nullptr); !allowed) return done(fail(std::move(allowed.error())));
  auto code = readOneTimeCode(typed);
  if (!sameHash(hashOf(code.value_or("")), hashOf(parts_->code)) || !code) {
    parts_->noteRefusal("setup", "", caller.address);
    return done(
        fail(ErrorCode::permission_denied, "The code is wrong; it stands in the data folder of the hub.", "/code"));
  }
  parts_->endGuess(guess, true);
  if (auto good = checkUsername(username); !good) return done(fail(std::move(good.error())));
  if (auto good = checkPassword(password); !good) return done(fail(std::move(good.error())));
  parts_->workers->hash(std::move(password),
                        [parts = parts_.get(), username, caller, done = std::move(done)](Result<std::string> hash) {
                          if (!hash) return done(fail(std::move(hash.error())));
                          parts->storeAdministrator(username, std::move(*hash), caller, done);
                        });
}

// ---- going out ----------------------------------------------------------------------------------------------------

void Identity::signOut(const Session& session, const Caller& caller, store::Done done) {
  if (session.person.kind == PersonKind::guest) {
    parts_->sessions->endGuest(session.person.id, session.expires);
    return done({});
  }
  const auto hash = parts_->sessions->hashOfHandle(session.handle);
  if (!hash) return done({});
  parts_->sessions->end({*hash}, &parts_->audit,
                        {actorOf(session.person, caller), "session.sign_out", "user:" + session.person.name,
                         Outcome::ok, "{\"session\":\"" + session.handle + "\"}"},
                        std::move(done));
}

}  // namespace robohub::identity
