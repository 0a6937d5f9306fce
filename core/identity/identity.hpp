// How people come in: as a guest with a name, with username and password, or once as the first administrator with the
// code that only a reader of the data folder knows. What api/ and live/ use; the parts are in the headers beside it.
//
// Asynchronous answers come exactly once: on a worker or writer thread, or on the calling thread when the request is
// refused at once. Nothing here blocks a loop but open().
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/password_workers.hpp"
#include "identity/person.hpp"
#include "identity/sessions.hpp"
#include "identity/settings.hpp"
#include "store/data_folder.hpp"
#include "store/database.hpp"

namespace robohub::identity {

using SignInDone = std::function<void(Result<SignedIn>)>;

// Thread-safe. Make it after the database and let it go after the database was closed.
class Identity {
 public:
  // Loads keys, accounts and sessions; makes the one-time code while no administrator exists. Blocks.
  // `folder`, `database` and `clock` must outlive it. Errors: those of the files (a secret that others may read is
  // refused).
  static Result<std::unique_ptr<Identity>> open(const store::DataFolder& folder, store::Database& database,
                                                const Settings& settings, const Clock& clock, PasswordCost cost = {});
  ~Identity();  // as endWorkers()
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  // Whom the token of a cookie stands for. Does not block.
  std::optional<Session> find(std::string_view token) const;
  // `session` is null when nobody is signed in; `place` as in person.hpp. Looks at the rights as they are NOW, also for
  // a session that was found long ago. Does not block. [any-thread]
  bool may(const Session* session, Permission permission, const Place* place = nullptr) const;
  const Settings& settings() const;

  // Errors: invalid_argument at /guest, permission_denied (the configuration lets guests do nothing). Does not block.
  Result<SignedIn> signInGuest(std::string_view name);

  // `address` is the client's IP address as text. Errors: unauthenticated (wrong name or password, not said which),
  // exhausted (too many wrong ones; says how long to wait, or the line is full).
  void signIn(const std::string& username, std::string password, std::string_view address, SignInDone done);

  // Makes the first administrator and signs in. Errors: permission_denied (wrong code) at /code, invalid_argument at
  // /username or /password, conflict (there is an administrator already), exhausted (too many wrong codes).
  void setup(std::string_view code, const std::string& username, std::string password, std::string_view address,
             SignInDone done);

  // Voids the token at once; `done` when that is durable. Unknown tokens are fine.
  void signOut(std::string_view token, store::Done done);

  // True while there is no administrator.
  bool setupNeeded() const;
  // The one-time code while it is needed, and whether this start made it (then the hub prints it).
  std::optional<std::string> administratorCode() const;
  bool administratorCodeIsNew() const;

  // As in sessions.hpp: sessions that end, and the minute's upkeep.
  void onSessionEnded(std::function<void(const std::string& handle)> ended);
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
