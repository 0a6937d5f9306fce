// One device's telemetry for those pages of a loop that want it joined: the newest value of each channel, all in one
// buffer, every so many milliseconds. The kernel's send is what a message costs; a tick makes one of many.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "base/time.hpp"

namespace robohub::net {
class Loop;
}

namespace robohub::live {

class Viewer;

// [its loop]
class TickGroup : public std::enable_shared_from_this<TickGroup> {
 public:
  // `collect` brings, by put(), what waits elsewhere until the tick is over; it is called even when nobody is left
  // here.
  TickGroup(net::Loop& loop, Duration tick, std::function<void()> collect)
      : loop_(loop), tick_(tick), collect_(std::move(collect)) {}

  Duration tick() const { return tick_; }
  void add(Viewer* viewer);
  void remove(Viewer* viewer);
  bool empty() const { return viewers_.empty(); }
  // `frame` is a complete WebSocket frame; it replaces one of the same channel that still waits.
  void put(const std::string& channel, const SharedBytes& frame);

 private:
  void send();

  net::Loop& loop_;
  const Duration tick_;
  const std::function<void()> collect_;
  std::vector<Viewer*> viewers_;               // by address
  std::map<std::string, SharedBytes> newest_;  // since the last tick
  bool armed_ = false;
};

}  // namespace robohub::live
