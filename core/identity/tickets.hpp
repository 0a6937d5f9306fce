// A browser's WebSocket and <img> cannot carry an Authorization header, and a token in an address ends up in logs: so a
// program gets a ticket for one socket or stream, good once and for ten seconds. In memory only, by its hash.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.hpp"
#include "base/time.hpp"
#include "identity/secrets.hpp"
#include "identity/sessions.hpp"

namespace robohub::identity {

// Thread-safe; nothing blocks.
class Tickets {
 public:
  static constexpr Duration kLifetime = std::chrono::seconds(10);
  static constexpr std::size_t kOfPerson = 64;
  static constexpr std::size_t kAll = 20'000;

  explicit Tickets(const Clock& clock) : clock_(clock) {}

  // Errors: exhausted (64 of this person, or 20,000 of all, are out).
  Result<std::string> issue(const Session& session);
  // The session that asked for it, as it was then (see Identity::redeemTicket); nullopt: unknown, used or too old.
  std::optional<Session> redeem(std::string_view ticket);
  std::size_t size() const;

 private:
  struct Ticket {
    Session session;
    MonoTime ends;
  };
  void dropOld(MonoTime now) RH_REQUIRES(mutex_);
  void forget(std::map<SecretHash, Ticket>::iterator at) RH_REQUIRES(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  std::map<SecretHash, Ticket> tickets_ RH_GUARDED_BY(mutex_);
  std::multimap<MonoTime, SecretHash> by_end_ RH_GUARDED_BY(mutex_);
  std::unordered_map<PersonId, std::size_t> of_person_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::identity
