// What lasts longer than a request must not outlast the right to it. Live sockets, streams and downloads end when their
// session does (signed out, revoked, expired) and when the rights of their person change; streams and downloads also
// when their device comes to a place where those rights do not reach. Lines and turns end where their person may no
// longer play. What happens to people is posted to all loops.
#pragma once
#include <functional>
#include <memory>
#include <optional>
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
  class Lasting;

 private:
  // By person.
  struct Order {
    using is_transparent = void;
    bool operator()(const Lasting* a, const Lasting* b) const;
    bool operator()(const Lasting* a, const PersonId& b) const;
    bool operator()(const PersonId& a, const Lasting* b) const;
  };
  using Open = std::multiset<Lasting*, Order>;

 public:
  // What lasts as long as its session at most: derive from it where there are thousands (a function for each takes more
  // memory). Made, used and destroyed on its loop.
  class Lasting {
   public:
    Lasting(const Lasting&) = delete;
    Lasting& operator=(const Lasting&) = delete;
    virtual void sessionOver(Why why) = 0;
    // Whether a change of rights leaves it alone; nothing: they close it as keep() says.
    virtual std::optional<bool> stillMay() const { return std::nullopt; }
    // Its session was looked at, once a minute, and still holds.
    virtual void reviewed() {}

   protected:
    Lasting(net::Loop& loop, SessionPtr session) : loop_(loop), session_(std::move(session)) {}
    virtual ~Lasting() { leave(); }
    // Keeps it alive.
    virtual std::shared_ptr<Lasting> self() = 0;
    // Nothing is told any more.
    void leave();

    net::Loop& loop_;
    const SessionPtr session_;

   private:
    friend SessionCloser;
    SessionCloser* closer_ = nullptr;  // while it is kept
    net::TimerId review_ = 0;
    Open::iterator at_;
  };
  using LastingPtr = std::shared_ptr<Lasting>;

  // Follows `identity` from now on, until the loops have ended. Before there is anybody; all must outlive it.
  SessionCloser(net::LoopPool& loops, identity::Identity& identity, live::LiveDevices& devices, const Clock& clock);
  SessionCloser(const SessionCloser&) = delete;
  SessionCloser& operator=(const SessionCloser&) = delete;

  // Tells it on its loop when the session ends or expires or the person's rights change, until it leaves. Counts as
  // using the session. Rights that only grew do not interrupt whoever stands in a line or drives. [its loop]
  void keep(Lasting& lasting);
  // The same by functions: calls `close` unless what is returned has died before. With `still_may` (asked on the loop)
  // a change of rights closes only where it says no, and so does a change of the device's place. [loop]
  std::shared_ptr<void> keep(net::Loop& loop, SessionPtr session, Close close,
                             std::function<bool()> still_may = nullptr);
  std::shared_ptr<void> keep(net::Loop& loop, const identity::Session& session, Close close,
                             std::function<bool()> still_may = nullptr) {
    return keep(loop, std::make_shared<const identity::Session>(session), std::move(close), std::move(still_may));
  }

  // A device has other labels, another room, or has gone: what was opened on it may be allowed no longer. Its new place
  // counts already. [any-thread]
  void placeChanged();

 private:
  class Entry;

  void ended(const identity::EndedSession& session);
  void rightsChanged(const identity::RightsChange& change);
  // Takes the person (every guest, when it is empty) out of the lines and turns of devices where he may not play now.
  void endTurns(const PersonId& person);
  bool standsInLine(const PersonId& person) const;
  // When requests that were let in just before have come to their end.
  void later(std::function<void()> work);
  // Closes those of the person (of all, when it is empty) that `which` picks, each on its loop.
  void each(const PersonId& person, const std::function<bool(const Lasting&)>& which, Why why);
  // Those of the person (of all, when it is empty) that live on this loop. [the loop]
  std::vector<LastingPtr> onLoop(std::size_t loop, const PersonId& person) const;
  void review(Lasting& lasting);
  void reviewBefore(Lasting& lasting, Duration left);
  void reviewAllLater(std::size_t loop);
  void reviewSome(std::size_t loop, std::vector<std::weak_ptr<Lasting>> left);
  void tick();

  net::LoopPool& loops_;
  identity::Identity& identity_;
  live::LiveDevices& devices_;
  const Clock& clock_;
  mutable Mutex mutex_;
  Open open_ RH_GUARDED_BY(mutex_);  // of all loops
};

}  // namespace robohub::api
