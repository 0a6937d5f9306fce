// People's sockets stay on the loops that accepted them, devices live on others: an Audience is one loop's list of who
// watches what, so that a device posts ONE shared frame to each loop with watchers, and the loop hands it to them by
// reference. What a person may not watch is not handed over: watchers are cut when they lose the right, and the list is
// filtered frame by frame.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/buffer.hpp"
#include "base/ids.hpp"
#include "identity/person.hpp"
#include "live/tick_group.hpp"
#include "live/waiting_values.hpp"
#include "net/loop_pool.hpp"
#include "net/output_queue.hpp"

namespace robohub::live {

// A live socket as devices see it. [its loop]
class Viewer {
 public:
  virtual ~Viewer() = default;
  virtual const PersonId& person() const = 0;
  // Whether the person may watch a device of this place, as of now.
  virtual bool sees(const identity::Place& place) const = 0;
  // {"watch","play","stop","moderate","administer"}: what the person may there, as JSON.
  virtual std::string can(const identity::Place& place) const = 0;
  // The labels or the room of a device that it watches, or of one of the list, have changed.
  virtual void placeChanged(const DeviceId& device, const identity::Place& before, const identity::Place& now) = 0;
  // `frame` is a complete WebSocket frame, or several; many are given the same.
  virtual void deliver(const SharedBytes& frame, net::SendClass send_class) = 0;
  // What it alone is told: does not wait for what a crowd is given.
  virtual void tell(const SharedBytes& frame) = 0;
};

// Lists of viewers are kept in order: among ten thousand pages of one device, each that comes or goes is found at once.
bool addOnce(std::vector<Viewer*>& viewers, Viewer* viewer);  // false: is in it
void removeOne(std::vector<Viewer*>& viewers, Viewer* viewer);

// One loop's viewers. [its loop] but for listCount().
class Audience {
 public:
  // Without a loop (tests) there are no ticks.
  explicit Audience(net::Loop* loop = nullptr) : loop_(loop) {}

  // Registering twice counts once, with the newer tick: telemetry comes joined so often, zero: at once. A viewer must
  // be removed before it is destroyed.
  void watch(const DeviceId& device, Viewer* viewer, Duration tick = Duration::zero());
  void unwatch(const DeviceId& device, Viewer* viewer);
  void watchList(Viewer* viewer);
  void unwatchList(Viewer* viewer);

  void toWatchers(const DeviceId& device, const SharedBytes& frame, net::SendClass send_class) const;
  // The same for a value of a channel, at once or with the next tick. Of a device of another loop values may wait in
  // `waiting` from then on, as long as all watchers here want a tick.
  void telemetry(const DeviceId& device, const std::string& channel, const SharedBytes& frame,
                 const std::shared_ptr<WaitingValues>& waiting = nullptr);
  // Takes what waits there.
  void collect(const DeviceId& device, const std::shared_ptr<WaitingValues>& waiting);
  void toPerson(const DeviceId& device, const PersonId& person, const SharedBytes& frame) const;
  // The same with what each page's person may: `text` is an object without its last brace.
  void toPersonWithRights(const DeviceId& device, const PersonId& person, const std::string& text,
                          const identity::Place& place) const;
  // Only to those who may watch there.
  void toList(const SharedBytes& frame, const identity::Place& place) const;
  void placeChanged(const DeviceId& device, const identity::Place& before, const identity::Place& now) const;
  // [any-thread]
  std::size_t listCount() const { return list_count_.load(std::memory_order_relaxed); }

 private:
  // By person and page: what one of ten thousand is told costs no look at all the others.
  struct Watcher {
    std::size_t person;  // a hash of its id: whoever finds it compares the id
    Viewer* viewer;
    friend auto operator<=>(const Watcher&, const Watcher&) = default;
  };
  struct Watchers {
    std::vector<Watcher> all;                         // in order
    std::vector<Viewer*> at_once;                     // of them: those without a tick
    std::vector<std::shared_ptr<TickGroup>> by_tick;  // the others
    std::shared_ptr<WaitingValues> waiting;           // those of a device of another loop
    bool all_tick() const { return at_once.empty() && !by_tick.empty(); }
  };
  static void unplace(Watchers& watchers, Viewer* viewer);
  template <class Tell>
  void eachPageOf(const DeviceId& device, const PersonId& person, Tell tell) const;
  static void spread(const Watchers& watchers, const WaitingValues::Values& values);
  static void spread(const Watchers& watchers, const std::string& channel, const SharedBytes& frame);
  void tickOver(const DeviceId& device);

  net::Loop* const loop_;
  std::unordered_map<DeviceId, Watchers> watchers_;
  std::vector<Viewer*> list_;
  std::atomic<std::size_t> list_count_{0};
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // for what still waits on the loop
};

// One Audience for each loop of the pool. Immutable after it is made. [any-thread]
class Audiences {
 public:
  explicit Audiences(net::LoopPool& loops);
  net::LoopPool& loops() const { return loops_; }
  Audience& of(const net::Loop& loop) const { return *audiences_[loop.index()]; }
  // Runs on the loop of that index; at once when called there.
  template <class Work>
  void post(std::size_t loop_index, Work work) const {
    net::Loop& loop = loops_.at(loop_index);
    Audience& audience = *audiences_[loop_index];
    if (loop.inLoop())
      work(audience);
    else
      loop.post([&audience, work = std::move(work)]() mutable { work(audience); });
  }
  // To everybody who watches the list and may watch there, on any loop.
  void toLists(const SharedBytes& frame, std::shared_ptr<const identity::Place> place) const;
  std::size_t size() const { return audiences_.size(); }

 private:
  net::LoopPool& loops_;
  std::vector<std::unique_ptr<Audience>> audiences_;
};

}  // namespace robohub::live
