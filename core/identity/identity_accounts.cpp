// Passwords and sessions of accounts.
#include "identity/identity_parts.hpp"
#include "identity/names.hpp"
#include "identity/secrets.hpp"

namespace robohub::identity {
namespace {

Actor actorOf(const Person& person, const Caller& caller) {
  return {person.id.str(), person.name, caller.address};
}

// Made here when none was given; good to be read out and typed once, 60 random bits.
std::optional<std::string> makePassword(std::optional<std::string>& password) {
  if (password) return std::nullopt;
  password = makeOneTimeCode();
  return password;
}

}  // namespace

void Identity::Parts::checkOwn(const Session& session, std::string password, const Caller& caller,
                               const std::string& action, std::function<void(Result<AccountPtr>)> done) {
  const AccountPtr account =
      session.person.kind == PersonKind::account ? directory->find(session.person.id) : AccountPtr();
  if (!account) return done(fail(ErrorCode::permission_denied, "Only an account has a password."));
  if (account->password_hash.empty())
    return done(fail(ErrorCode::unauthenticated,
                     "This account has no password; sign out and in again at its issuer to confirm."));
  const std::string username = account->person.name;
  Duration wait{};
  {
    Lock lock(guessing);
    wait = guesses.beginOwn(session.handle, clock.now());
  }
  if (wait > Duration::zero()) {
    noteRefusal(action, username, caller.address);
    return done(fail(waitError(wait)));
  }
  workers->verifyOwn(std::move(password), account->password_hash,
                     [this, account, username, action, handle = session.handle, shown = caller.address,
                      done = std::move(done)](Result<bool> right) {
                       {
                         Lock lock(guessing);
                         if (!right)
                           guesses.takeBackOwn(handle);
                         else if (*right)
                           guesses.rightOwn(handle);
                       }
                       if (!right) return done(fail(std::move(right.error())));
                       if (!*right) {
                         noteRefusal(action, username, shown);
                         return done(fail(wrongPassword("/password")));
                       }
                       done(account);
                     });
}

void Identity::confirm(const Session& session, std::string password, const Caller& caller, store::Done done) {
  parts_->checkOwn(session, std::move(password), caller, "session.confirm",
                   [parts = parts_.get(), session, done = std::move(done)](const Result<AccountPtr>& account) {
                     if (!account) return done(fail(account.error()));
                     parts->sessions->confirm(session.handle, done);
                   });
}

void Identity::changePassword(const Session& session, std::string current, std::string password, const Caller& caller,
                              store::Done done) {
  if (auto good = checkPassword(password); !good) return done(fail(std::move(good.error())));
  auto changed = [parts = parts_.get(), session, caller, password = std::move(password),
                  done = std::move(done)](const Result<AccountPtr>& account) mutable {
    if (!account)
      return done(fail(account.error().code, account.error().message, account.error().where.empty() ? "" : "/current"));
    parts->workers->hash(std::move(password), [parts, session, caller, account = *account,
                                               done = std::move(done)](Result<std::string> hash) {
      if (!hash) return done(fail(std::move(hash.error())));
      const auto keep = parts->sessions->hashOfHandle(session.handle);
      if (!keep) return done(fail(ErrorCode::unauthenticated, "This session has ended."));
      parts->directory->setPassword(
          account->person.id, {std::move(*hash), account->password_hash, {keep->begin(), keep->end()}},
          actorOf(account->person, caller), "account.password",
          [self = parts->shared_from_this(), session, keep, done](const Result<AccountPtr>& stored) {
            if (!stored) return done(fail(stored.error()));
            self->sessions->forgetOf(session.person.id, keep);
            self->sessions->confirm(session.handle, done);
          });
    });
  };
  // std::function wants something that can be copied; it is called once.
  auto once = std::make_shared<decltype(changed)>(std::move(changed));
  parts_->checkOwn(session, std::move(current), caller, "account.password",
                   [once](const Result<AccountPtr>& account) { (*once)(account); });
}

void Identity::addUser(const std::string& username, Role role, std::optional<std::string> password, const Actor& by,
                       GivenDone done) {
  if (auto good = checkUsername(username); !good) return done(fail(std::move(good.error())));
  if (role == Role::guest)
    return done(fail(ErrorCode::invalid_argument, "An account is a member, viewer, player or administrator.", "/role"));
  const auto made = makePassword(password);
  if (auto good = checkPassword(*password); !good) return done(fail(std::move(good.error())));
  if (parts_->directory->find(username))
    return done(fail(ErrorCode::conflict, "There is an account of that name already.", "/username"));
  parts_->workers->hash(std::move(*password), [parts = parts_.get(), username, role, made, by,
                                               done = std::move(done)](Result<std::string> hash) {
    if (!hash) return done(fail(std::move(hash.error())));
    parts->directory->add({.username = username, .role = role, .password_hash = std::move(*hash)}, by, "user.add",
                          nullptr, [made, done](const Result<AccountPtr>& account) {
                            if (!account) return done(fail(account.error()));
                            done(Given{*account, made});
                          });
  });
}

void Identity::setPassword(const std::string& username, std::optional<std::string> password, const Actor& by,
                           GivenDone done) {
  const AccountPtr account = parts_->directory->find(username);
  if (!account) return done(fail(ErrorCode::not_found, "There is no such account."));
  const auto made = makePassword(password);
  if (auto good = checkPassword(*password); !good) return done(fail(std::move(good.error())));
  parts_->workers->hash(std::move(*password), [parts = parts_.get(), id = account->person.id, made, by,
                                               done = std::move(done)](Result<std::string> hash) {
    if (!hash) return done(fail(std::move(hash.error())));
    parts->directory->setPassword(id, {std::move(*hash), std::nullopt, {}}, by, "user.password",
                                  [self = parts->shared_from_this(), id, made, done](const Result<AccountPtr>& stored) {
                                    if (!stored) return done(fail(stored.error()));
                                    self->sessions->forgetOf(id, std::nullopt);
                                    done(Given{*stored, made});
                                  });
  });
}

// ---- sessions -----------------------------------------------------------------------------------------------------

std::vector<SessionInfo> Identity::sessionsOf(const PersonId& account) const {
  return parts_->sessions->of(account);
}

std::map<PersonId, std::size_t> Identity::sessionCounts() const {
  return parts_->sessions->counts();
}

void Identity::endSession(const PersonId& account, const std::string& handle, const Actor& by, store::Done done) {
  bool own = false;
  for (const SessionInfo& each : parts_->sessions->of(account)) own = own || each.handle == handle;
  const auto hash = own ? parts_->sessions->hashOfHandle(handle) : std::nullopt;
  if (!hash) return done(fail(ErrorCode::not_found, "There is no such session."));
  const AccountPtr owner = parts_->directory->find(account);
  parts_->sessions->end({*hash}, &parts_->audit,
                        {by, "session.end", "user:" + (owner ? owner->person.name : account.str()), Outcome::ok,
                         "{\"session\":\"" + handle + "\"}"},
                        std::move(done));
}

void Identity::endSessions(const PersonId& account, const std::string& keep, const Actor& by, store::Done done) {
  std::vector<SecretHash> hashes;
  for (const SessionInfo& each : parts_->sessions->of(account))
    if (each.handle != keep)
      if (const auto hash = parts_->sessions->hashOfHandle(each.handle)) hashes.push_back(*hash);
  if (hashes.empty()) return done({});
  const AccountPtr owner = parts_->directory->find(account);
  parts_->sessions->end(hashes, &parts_->audit,
                        {by, "session.end", "user:" + (owner ? owner->person.name : account.str()), Outcome::ok,
                         "{\"sessions\":" + std::to_string(hashes.size()) + "}"},
                        std::move(done));
}

}  // namespace robohub::identity
