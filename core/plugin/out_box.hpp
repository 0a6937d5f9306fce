// What a child has to say to its agent, sent without ever blocking the driver: at once where the socket takes it, else
// queued by class behind a writer thread. Answers are kept; telemetry drops its oldest, log lines their newest.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

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
  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::deque<Item> items_;
  std::size_t telemetry_ = 0, logs_ = 0;  // how many of items_
  bool gone_ = false, stopping_ = false, writing_ = false;
  std::thread thread_;
};

}  // namespace robohub::plugin
