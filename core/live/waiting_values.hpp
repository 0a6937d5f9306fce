// A device's newest values on their way to the pages of another loop, all of which want them with a tick: they wait
// here until that loop's tick takes them, so that it is woken once for a tick and not once for a value.
#pragma once
#include <map>
#include <string>

#include "base/buffer.hpp"
#include "base/mutex.hpp"

namespace robohub::live {

class WaitingValues {
 public:
  using Values = std::map<std::string, SharedBytes>;  // by channel

  enum class Put {
    each,   // not kept: somebody there wants each value at once, so post it
    first,  // kept: post that there is something to take
    waits,  // kept: the next tick takes it
  };
  // [the device's loop] `frame` replaces one of the same channel that still waits.
  Put put(const std::string& channel, const SharedBytes& frame);

  // [the pages' loop] From now on values may wait: all there want a tick, and one is armed.
  void begin();
  // [the pages' loop] What waits; the next value says so again when `tick_over`.
  Values take(bool tick_over);
  // [the pages' loop] From now on each value is wanted; what waited until now.
  Values end();

 private:
  Mutex mutex_;
  bool ticks_ RH_GUARDED_BY(mutex_) = false;
  bool told_ RH_GUARDED_BY(mutex_) = false;  // a tick is armed there, or a post on its way
  Values newest_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::live
