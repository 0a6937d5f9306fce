// What Identity is made of; seen by its own sources only.
#pragma once
#include <vector>

#include "base/mutex.hpp"
#include "identity/guesses.hpp"
#include "identity/identity.hpp"
#include "identity/refusals.hpp"

namespace robohub::identity {

// Jobs of the workers hold a plain pointer (they end before this does); requests to the database hold a shared one.
struct Identity::Parts : std::enable_shared_from_this<Identity::Parts> {
  Parts(const store::DataFolder& data, store::Database& db, Audit& log, const Clock& time)
      : folder(data), database(db), audit(log), clock(time), tickets(time) {}

  const store::DataFolder& folder;
  store::Database& database;
  Audit& audit;
  const Clock& clock;
  std::shared_ptr<Directory> directory;
  std::shared_ptr<Tokens> tokens;
  std::unique_ptr<Sessions> sessions;
  Tickets tickets;
  std::string code;  // immutable after open(); "" when there was an administrator then
  bool code_is_new = false;

  // Immutable once loops run.
  std::vector<std::function<void(const EndedSession&)>> session_observers;
  std::vector<std::function<void(const RightsChange&)>> rights_observers;
  std::vector<std::function<Status(const Session&, const Caller&)>> guest_checks;

  Mutex guessing;
  Guesses guesses RH_GUARDED_BY(guessing);
  Refusals refusals RH_GUARDED_BY(guessing);

  std::unique_ptr<PasswordWorkers> workers;

  Status loadCode();
  void wire();

  // Who a person id stands for now, and what they hold; nullopt: nobody (any more).
  struct Present {
    Person person;
    std::shared_ptr<const Rights> rights;
  };
  std::optional<Present> presentAccount(const PersonId& id) const;
  std::optional<Present> presentToken(const ApiToken& token) const;
  std::optional<Session> sessionOf(const Sessions::Found& found) const;
  std::optional<Session> sessionOf(const ApiTokenPtr& token) const;

  void accountChanged(const AccountPtr& before, const AccountPtr& after);
  void tell(const RightsChange& change) const;
  void tell(const EndedSession& ended) const;

  // Before a guess is looked at: it counts until it was right. `account`: whose password it would be; null where there
  // is none of that name. Errors: exhausted.
  Status beginGuess(const Guesses::Guess& guess, const AccountPtr& account);
  void endGuess(const Guesses::Guess& guess, const Result<bool>& right);
  // Into the audit, unless there were just some; `username` may be "".
  void noteRefusal(const std::string& action, const std::string& username, const std::string& address);
  void noteRestOfRefusals();

  // `expected_hash`: the account must still have it (nullopt: must only be enabled).
  void storeSession(const Person& person, const Caller& caller, std::optional<std::string> expected_hash,
                    const std::string& how, SignInDone done);
  void storeAdministrator(const std::string& username, std::string password_hash, const Caller& caller,
                          SignInDone done);
  // The password of an account's session, with the back-off; `done` with the account as it was.
  void checkOwn(const Session& session, std::string password, const Caller& caller, const std::string& action,
                std::function<void(Result<AccountPtr>)> done);
};

// "Too many wrong tries; try again in 4 s."
Error waitError(Duration wait);
Error wrongPassword(const char* where = "");

}  // namespace robohub::identity
