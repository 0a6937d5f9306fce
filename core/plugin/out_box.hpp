// What a child has to say to its agent, sent without ever blocking the driver: at once where the socket takes it, else
// queued by class behind a writer thread. Answers are kept; telemetry drops its oldest, log lines their newest.
#pragma once
#include <deque>
#include <thread>

#include "base/mutex.hpp"
#include "plugin/packet.hpp"

namespace robohub::plugin {

// [any-thread]
class OutBox {
 public:
  enum class Class { answer, telemetry, log };

  // The socket must outlive this.
  explicit OutBox(int socket);
  ~OutBox();

  void put(Class kind, Packet packet);

 private:
  struct Item {
    Class kind;
    Packet packet;
  };
  void run();

  const int socket_;
  Mutex mutex_;
  Condition wake_;
  std::deque<Item> items_ RH_GUARDED_BY(mutex_);
  std::size_t telemetry_ RH_GUARDED_BY(mutex_) = 0, logs_ RH_GUARDED_BY(mutex_) = 0;  // how many of items_
  bool gone_ RH_GUARDED_BY(mutex_) = false, stopping_ RH_GUARDED_BY(mutex_) = false;
  bool writing_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace robohub::plugin
