// What lasts longer than a request must not outlast the right to it. Live sockets and picture streams end when their
// session does (signed out, revoked, expired) and when the rights of their person change; lines and turns end where
// their person may no longer play. One list a loop; what happens to people is posted to all of them.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "base/time.hpp"
#include "identity/identity.hpp"
#include "live/live_devices.hpp"
#include "net/loop_pool.hpp"

namespace robohub::api {

class SessionCloser {
 public:
  enum class Why { ended, rights_changed };
  using Close = std::function<void(Why)>;

  // Follows `identity` from now on, until the loops have ended. Before there is anybody; all must outlive it.
  SessionCloser(net::LoopPool& loops, identity::Identity& identity, live::LiveDevices& devices, const Clock& clock);
  SessionCloser(const SessionCloser&) = delete;
  SessionCloser& operator=(const SessionCloser&) = delete;

  // Calls `close` on `loop` when the session ends or expires or the person's rights change, unless what it returns has
  // died before. Counts as using the session. With `still_may` (asked on the loop) a change of rights closes only where
  // it says no; without it, rights that only grew do not interrupt whoever stands in a line or drives. [loop]
  std::shared_ptr<void> keep(net::Loop& loop, const identity::Session& session, Close close,
                             std::function<bool()> still_may = nullptr);

 private:
  struct Entry {
    identity::Session session;
    Close close;
    std::function<bool()> still_may;
    net::TimerId review = 0;
  };
  using EntryPtr = std::shared_ptr<Entry>;
  using Entries = std::multimap<PersonId, EntryPtr>;

  void ended(const identity::EndedSession& session);
  void rightsChanged(const identity::RightsChange& change);
  // Takes the person (every guest, when it is empty) out of the lines and turns of devices where he may not play now.
  void endTurns(const PersonId& person);
  bool standsInLine(const PersonId& person) const;
  // When requests that were let in just before have come to their end.
  void later(std::function<void()> work);
  // Closes those of the person (of all, when it is empty) that `which` picks, each on its loop.
  void each(const PersonId& person, const std::function<bool(const Entry&)>& which, Why why);
  void reviewLater(net::Loop& loop, const EntryPtr& entry, Duration delay);
  void tick();

  net::LoopPool& loops_;
  identity::Identity& identity_;
  live::LiveDevices& devices_;
  const Clock& clock_;
  std::vector<Entries> by_loop_;  // each touched only on its loop
  Mutex mutex_;
  std::map<PersonId, std::map<std::string, int>> open_
      RH_GUARDED_BY(mutex_);  // how many entries each session of a person has
};

}  // namespace robohub::api
