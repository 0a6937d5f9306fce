// How people come in (as a guest with a name, with username and password, by an issuer, or once as the first
// administrator with the code that only a reader of the data folder knows), and what whoever came in may do now. What
// api/ and live/ use; the parts are in the headers beside it: directory() for accounts, roles and grants, tokens() and
// tickets() for programs.
//
// Asynchronous answers come exactly once: on a worker or writer thread, or on the calling thread when the request is
// refused at once. Nothing here blocks a loop but open().
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/audit.hpp"
#include "identity/directory.hpp"
#include "identity/password_workers.hpp"
#include "identity/person.hpp"
#include "identity/sessions.hpp"
#include "identity/settings.hpp"
#include "identity/tickets.hpp"
#include "identity/tokens.hpp"
#include "store/data_folder.hpp"
#include "store/database.hpp"

namespace robohub::identity {

using SignInDone = std::function<void(Result<SignedIn>)>;

// A person's rights are others now than before.
struct RightsChange {
  PersonId person;       // empty: all guests
  bool reduced = false;  // false: they only grew
  operator const PersonId&() const { return person; }
};

// Thread-safe. Make it after the database and let it go after the database was closed.
class Identity {
 public:
  // How long giving the password counts.
  static constexpr Duration kConfirmed = std::chrono::minutes(10);

  // Loads keys, accounts and sessions; makes the one-time code while no administrator exists. Blocks.
  // All but `settings` and `cost` must outlive it. Errors: those of the files (a secret that others may read is
  // refused).
  static Result<std::unique_ptr<Identity>> open(const store::DataFolder& folder, store::Database& database,
                                                Audit& audit, const Settings& settings, const Clock& clock,
                                                PasswordCost cost = {});
  ~Identity();  // as endWorkers()
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  // ---- who asks, and whether they may. Nothing here blocks. [any-thread]

  // Whom the token of a cookie stands for, with the rights of now; nullopt also when the account is disabled.
  std::optional<Session> find(std::string_view token) const;
  // Whom an API token ("rh_...") stands for.
  std::optional<Session> findToken(std::string_view bearer) const;
  // Whom a ticket stands for, once.
  std::optional<Session> redeemTicket(std::string_view ticket);
  // The same session as of now; nullopt when it has ended. Counts as its use.
  std::optional<Session> renew(const Session& session) const;

  // `session` is null when nobody is signed in; `place` as in person.hpp. Looks at the rights as they are NOW, also for
  // a session that was found long ago.
  bool may(const Session* session, Permission permission, const Place* place = nullptr) const;
  // The same for a person without a session at hand: whoever waits in a line.
  bool may(const PersonId& person, Permission permission, const Place* place = nullptr) const;

  // Whether the person has a session that holds (of guests: is not known to have ended).
  bool present(const PersonId& person) const;

  // True while this session's password was given (or it signed in) less than kConfirmed ago; always for the
  // administrator at this machine and for tokens with `administer`.
  bool confirmed(const Session& session) const;
  // Until when; nullopt when it is not.
  std::optional<WallTime> confirmedUntil(const Session& session) const;

  Settings settings() const;
  // What guests may do counts at once, also for those who are here; lifetimes count for new sessions, idle times for
  // all.
  void configure(const Settings& settings);

  Directory& directory() const;
  Tokens& tokens() const;
  Tickets& tickets() const;

  // ---- coming in and going out

  // Errors: invalid_argument at /guest, permission_denied (the configuration lets guests do nothing), and those of
  // onGuest(). Does not block.
  Result<SignedIn> signInGuest(std::string_view name, const Caller& caller = {});
  // Asked before a guest gets his token; an error keeps him out. Register before the loops start. [any-thread]
  void onGuest(std::function<Status(const Session& guest, const Caller& caller)> check);

  // Errors: unauthenticated (wrong name or password, or the account is disabled; not said which), exhausted (too many
  // wrong ones; says how long to wait, or the line is full).
  void signIn(const std::string& username, std::string password, const Caller& caller, SignInDone done);

  // Whoever an issuer vouched for. `role_of_new`: an account is made for an unknown subject, named after `name_hint`.
  // Errors: permission_denied (unknown here, or disabled).
  void signInBySubject(const std::string& subject, const std::string& name_hint, std::optional<Role> role_of_new,
                       const Caller& caller, SignInDone done);

  // Makes the first administrator and signs in. Errors: permission_denied (wrong code) at /code, invalid_argument at
  // /username or /password, conflict (there is an administrator already), exhausted (too many wrong codes).
  void setup(std::string_view code, const std::string& username, std::string password, const Caller& caller,
             SignInDone done);

  // Voids the session at once; `done` when that is durable.
  void signOut(const Session& session, const Caller& caller, store::Done done);

  // ---- passwords and sessions of accounts

  // Errors: unauthenticated, exhausted, permission_denied (no account's session).
  void confirm(const Session& session, std::string password, const Caller& caller, store::Done done);
  // The owner's own. All other sessions of the account end. Errors: unauthenticated at /current, exhausted,
  // invalid_argument at /password.
  void changePassword(const Session& session, std::string current, std::string password, const Caller& caller,
                      store::Done done);
  // Whom an administrator made or gave a password: made here when he gave none.
  struct Given {
    AccountPtr account;
    std::optional<std::string> made_password;
  };
  using GivenDone = std::function<void(Result<Given>)>;
  // Errors: invalid_argument at /username, /role or /password, conflict (the name is taken).
  void addUser(const std::string& username, Role role, std::optional<std::string> password, const Actor& by,
               GivenDone done);
  // Ends all sessions of the account. Errors: not_found, invalid_argument at /password.
  void setPassword(const std::string& username, std::optional<std::string> password, const Actor& by, GivenDone done);

  // By last use, newest first. [any-thread]
  std::vector<SessionInfo> sessionsOf(const PersonId& account) const;
  // How many sessions each account has that has any. [any-thread]
  std::map<PersonId, std::size_t> sessionCounts() const;
  // Errors: not_found (the account has no such session).
  void endSession(const PersonId& account, const std::string& handle, const Actor& by, store::Done done);
  // All, but for that of the handle `keep` ("": all).
  void endSessions(const PersonId& account, const std::string& keep, const Actor& by, store::Done done);
  // A guest is out, and his token void.
  void endGuest(const PersonId& guest);

  // ---- the first start

  // True while there is no administrator.
  bool setupNeeded() const;
  // The one-time code while it is needed, and whether this start made it (then the hub prints it).
  std::optional<std::string> administratorCode() const;
  bool administratorCodeIsNew() const;

  // ---- observers: register before the loops start; called from any thread after the fact, and should post

  // A session that was ended, or an account's that has expired; of tokens too (their handle is their person id).
  void onSessionEnded(std::function<void(const EndedSession&)> ended);
  // Role, grants, token or account of a person changed; what guests may (then `person` is empty).
  void onRightsChanged(std::function<void(const RightsChange&)> changed);

  // Every second: tokens that have expired. Every minute: the rest of the upkeep.
  void tellExpired();
  void maintain();
  // Waits for hashes that are running, answers those that wait unavailable; sign-ins with a password end here. Blocks.
  // Before the loops end, to which the answers go; everything else still works. Idempotent.
  void endWorkers();

 private:
  struct Parts;
  explicit Identity(std::shared_ptr<Parts> parts);
  std::shared_ptr<Parts> parts_;
};

}  // namespace robohub::identity
