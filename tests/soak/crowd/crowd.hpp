// Thousands of clients of one hub in one thread: people with live sockets who come and go, viewers of pictures, and
// those who say nothing, stop inside their request's head, or read no more. Whoever is sent away comes again.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <queue>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/kit/net.hpp"
#include "soak/crowd/timings.hpp"

namespace soak {

struct CrowdSettings {
  std::uint16_t port = 0;
  std::vector<std::string> devices;  // that people watch, one each
  std::vector<std::string> cameras;  // devices whose pictures are watched
  int list_percent = 20;             // of the people look at the list of all devices instead
  double churn_per_s = 20;           // people who leave, and come again soon
  int addresses = 32;                // of 127.0.0.0/8, from which they come
  std::uint64_t seed = 1;
};

enum class Kind : std::uint8_t { person, picture, silent, half, stalled };

// How many there shall be of each.
struct CrowdSize {
  int people = 0, pictures = 0, silent = 0, half = 0, stalled = 0;
  bool churns = false;  // people leave and come again
};

struct CrowdCounts {
  std::atomic<int> people{0};               // with an open live socket that watches
  std::atomic<int> pictures{0}, others{0};  // connected
  std::atomic<std::uint64_t> arrivals{0};   // of people
  std::atomic<std::uint64_t> lost{0};       // people and viewers whom the hub has sent away
  std::atomic<std::uint64_t> refused{0};    // who were not let in
  std::atomic<std::uint64_t> sent_away{0};  // of the others
  std::atomic<std::uint64_t> messages{0}, bytes{0}, picture_bytes{0};
};

// Thread-safe but for the private part, which is its thread's.
class Crowd {
 public:
  explicit Crowd(CrowdSettings settings);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // They come, or go, from now on.
  void become(CrowdSize size);
  const CrowdCounts& counts() const { return counts_; }
  // From the measurement in the device to the page.
  Timings& delays() { return delays_; }
  // From the first packet to being told of the device.
  Timings& arrivals() { return arrivals_; }
  // Why somebody was sent away or not let in, the last time.
  std::string lastFault();
  // Of this thread; a crowd that has none left is measured too late.
  double cpuSeconds() const;

 private:
  // asking: a live socket that was told nothing of its device yet; deaf: one that is read no more.
  enum class State : std::uint8_t { away, connecting, signing_in, upgrading, asking, open, deaf };
  struct Client {
    int socket = -1;
    Kind kind = Kind::person;
    State state = State::away;
    bool wanted = false, writing = false;
    std::uint32_t visit = 0;  // counts what is scheduled for an earlier visit out
    std::int64_t since_ns = 0;
    std::string cookie, came, going;
  };
  struct Due {
    std::int64_t at_ns;
    std::uint32_t client, visit;
    bool operator>(const Due& other) const { return at_ns > other.at_ns; }
  };

  // Whom the hub must not send away.
  static bool visits(Kind kind) { return kind == Kind::person || kind == Kind::picture; }
  void run();
  void follow();
  void resize(Kind kind, int count);
  void schedule(const Client& client, std::int64_t delay_ns);
  void due();
  void churn();
  void giveUpLate();
  void enter(Client& client);
  void leave(Client& client);
  void sentAway(Client& client, const std::string& why);
  void ready(Client& client, std::uint32_t events);
  void flush(Client& client);
  void say(Client& client, const std::string& bytes);
  void begin(Client& client);
  void upgrade(Client& client);
  void enters(Client& client, State state);
  void take(Client& client, char* bytes, std::size_t size);
  void answered(Client& client);
  // How many of the bytes were whole frames; the client may have left.
  std::size_t frames(Client& client, char* bytes, std::size_t size);
  void told(Client& client, std::string_view text);
  std::uint32_t indexOf(const Client& client) const { return static_cast<std::uint32_t>(&client - clients_.data()); }
  const std::string& deviceOf(const Client& client) const;

  const CrowdSettings settings_;
  const bench::Url url_;
  const std::string origin_;
  CrowdCounts counts_;
  Timings delays_, arrivals_;
  std::atomic<bool> ending_{false};
  mutable std::mutex mutex_;  // guards wish_, wished_, fault_
  CrowdSize wish_;
  bool wished_ = false;
  std::string fault_;

  // Of the thread
  bench::Poller poller_;
  std::vector<Client> clients_;
  std::vector<std::uint32_t> people_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> dues_;
  int entering_ = 0;
  bool churns_ = false;
  std::int64_t next_churn_ns_ = 0;
  std::mt19937_64 random_;
  std::vector<char> buffer_;
  std::thread thread_;
};

}  // namespace soak
