// A bad network on loopback: relays TCP to one port and can delay it, narrow it, let it hang half open, or cut it. What
// is held back is not lost, as in a real network that comes back; a cut resets both ends.
#pragma once
#include <poll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace soak {

struct Shape {
  std::chrono::microseconds delay{0}, jitter{0};  // each way
  std::uint64_t bytes_per_s = 0;                  // of all connections, each way; 0: as much as there is
};

// Thread-safe. One thread of its own.
class ChaosProxy {
 public:
  // Listens on a free port of 127.0.0.1. Throws when it cannot.
  ChaosProxy(std::uint16_t to_port, std::uint64_t seed);
  ~ChaosProxy();
  ChaosProxy(const ChaosProxy&) = delete;
  ChaosProxy& operator=(const ChaosProxy&) = delete;

  std::uint16_t port() const { return port_; }
  // Nothing passes from now on in this direction (up: to the port), and nobody is told; off: what waited goes on.
  void hold(bool up, bool down);
  void hold(bool on) { hold(on, on); }
  // All connections are reset; new ones are taken.
  void cut();
  void shape(Shape shape);

 private:
  using Clock = std::chrono::steady_clock;
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };
  struct Way {
    int from = -1, to = -1;
    std::deque<Piece> waiting;
    std::size_t waiting_bytes = 0;
    std::size_t watched = 0;  // its place among the descriptors that are polled; 0: none
    bool ended = false;       // the sender has
  };
  struct Connection {
    Way up, down;
    bool over = false;
  };
  void wake() const;
  void run();
  void wait();
  void earn();
  void accept();
  void read(Way& way);
  bool write(Connection& connection, Way& way, std::int64_t& tokens);
  void close(Connection& connection, bool reset);
  template <class Work>
  void each(Work work);

  const std::uint16_t to_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1, wake_ = -1;
  std::atomic<bool> ending_{false}, up_held_{false}, down_held_{false}, cut_{false};
  std::mutex mutex_;  // guards shape_
  Shape shape_;
  Shape now_;                          // [thread]
  std::mt19937_64 random_;             // [thread]
  std::list<Connection> connections_;  // [thread]
  std::vector<pollfd> fds_;            // [thread]
  std::int64_t up_tokens_ = 0, down_tokens_ = 0;
  Clock::time_point earned_at_ = Clock::now();
  std::thread thread_;
};

}  // namespace soak
