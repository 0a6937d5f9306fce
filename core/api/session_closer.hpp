// What lasts longer than a request must not outlast the right to it. Live sockets and picture streams end when their
// session does (signed out, revoked, expired) and when the rights of their person change; lines and turns end where
// their person may no longer play. What happens to people is posted to all loops.
#pragma once
#include <functional>
#include <memory>
#include <set>
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
  using SessionPtr = std::shared_ptr<const identity::Session>;

  // Follows `identity` from now on, until the loops have ended. Before there is anybody; all must outlive it.
  SessionCloser(net::LoopPool& loops, identity::Identity& identity, live::LiveDevices& devices, const Clock& clock);
  SessionCloser(const SessionCloser&) = delete;
  SessionCloser& operator=(const SessionCloser&) = delete;

  // Calls `close` on `loop` when the session ends or expires or the person's rights change, unless what it returns has
  // died before. Counts as using the session. With `still_may` (asked on the loop) a change of rights closes only where
  // it says no; without it, rights that only grew do not interrupt whoever stands in a line or drives. [loop]
  std::shared_ptr<void> keep(net::Loop& loop, SessionPtr session, Close close,
                             std::function<bool()> still_may = nullptr);
  std::shared_ptr<void> keep(net::Loop& loop, const identity::Session& session, Close close,
                             std::function<bool()> still_may = nullptr) {
    return keep(loop, std::make_shared<const identity::Session>(session), std::move(close), std::move(still_may));
  }

 private:
  struct Entry;
  using EntryPtr = std::shared_ptr<Entry>;
  // By person.
  struct Order {
    using is_transparent = void;
    bool operator()(const Entry* a, const Entry* b) const;
    bool operator()(const Entry* a, const PersonId& b) const;
    bool operator()(const PersonId& a, const Entry* b) const;
  };
  using Entries = std::multiset<Entry*, Order>;
  // Ten thousand people are ten thousand of these: it is in one list, and has a timer only shortly before its end.
  struct Entry : std::enable_shared_from_this<Entry> {
    Entry(SessionCloser& closer_in, net::Loop& loop_in, SessionPtr session_in, Close close_in,
          std::function<bool()> still_may_in);
    ~Entry();  // [its loop]
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    SessionCloser& closer;
    net::Loop& loop;
    const SessionPtr session;
    const Close close;
    const std::function<bool()> still_may;
    net::TimerId review = 0;
    Entries::iterator at;
  };

  void ended(const identity::EndedSession& session);
  void rightsChanged(const identity::RightsChange& change);
  // Takes the person (every guest, when it is empty) out of the lines and turns of devices where he may not play now.
  void endTurns(const PersonId& person);
  bool standsInLine(const PersonId& person) const;
  // When requests that were let in just before have come to their end.
  void later(std::function<void()> work);
  // Closes those of the person (of all, when it is empty) that `which` picks, each on its loop.
  void each(const PersonId& person, const std::function<bool(const Entry&)>& which, Why why);
  // Those of the person (of all, when it is empty) that live on this loop. [the loop]
  std::vector<EntryPtr> onLoop(std::size_t loop, const PersonId& person) const;
  void review(Entry& entry);
  void reviewBefore(Entry& entry, Duration left);
  void reviewAllLater(std::size_t loop);
  void reviewSome(std::size_t loop, std::vector<std::weak_ptr<Entry>> left);
  void tick();

  net::LoopPool& loops_;
  identity::Identity& identity_;
  live::LiveDevices& devices_;
  const Clock& clock_;
  mutable Mutex mutex_;
  Entries open_ RH_GUARDED_BY(mutex_);  // of all loops
};

}  // namespace robohub::api
