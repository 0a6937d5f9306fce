// Argon2id takes 64 MiB and a tenth of a second on purpose, so it never runs on a loop, at most two run at once, and
// the line before them is short. The threads run at low priority and leave a core to what must be quick, so a flood of
// wrong passwords leaves control alone. Nor does it keep others from signing in: once half of the line waits, a quarter
// of it is for those of one network, and whoever is signed in already has a line of his own.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "identity/argon2.hpp"

namespace robohub::identity {

// Thread-safe.
class PasswordWorkers {
 public:
  // How many hash at once on a machine of so many cores: one on two cores, since two cost a click beside them twice
  // what one does; else two.
  static unsigned threadsFor(unsigned cores);

  explicit PasswordWorkers(PasswordCost cost = {}, std::size_t queue_limit = 64,
                           unsigned threads = threadsFor(std::thread::hardware_concurrency()));
  ~PasswordWorkers();  // as end()
  // Finishes the running hashes, answers the waiting and all later ones unavailable, joins. Blocks. Idempotent.
  void end();
  PasswordWorkers(const PasswordWorkers&) = delete;
  PasswordWorkers& operator=(const PasswordWorkers&) = delete;

  // The text to store ("$argon2id$..."), for somebody who is known. `done` is called once: on a worker thread, or on
  // the calling thread when the line is full (exhausted). Does not block. The password is wiped from memory afterwards.
  void hash(std::string password, std::function<void(Result<std::string>)> done);
  // True when the password matches. An empty `stored` (nobody of that name) costs the same time and never matches.
  // `network`: where the stranger comes from, as networkKey() gives it; "" does not count.
  void verify(std::string password, std::string stored, std::string network, std::function<void(Result<bool>)> done);
  // The same for somebody who is signed in.
  void verifyOwn(std::string password, std::string stored, std::function<void(Result<bool>)> done);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// The same on the calling thread (command line). Blocks for about a tenth of a second.
Result<std::string> hashPassword(const std::string& password, PasswordCost cost = {});

}  // namespace robohub::identity
