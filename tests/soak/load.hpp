// People, programs and an administrator who keep a hub busy, and write down what it answers.
#pragma once
#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "soak/ledger.hpp"

namespace soak {

struct Answer {
  int status = 0;  // 0: none came
  robohub::json::Object::Ptr json;
  std::string body, cookie;
};

// One request; over the administrator's socket where `cookie` is "administrator". Blocks. [any-thread]
class Hub {
 public:
  Hub(std::string socket, std::uint16_t port) : socket_(std::move(socket)), port_(port) {}
  Answer ask(const std::string& method, const std::string& target, const std::string& body = "",
             const std::string& cookie = "administrator") const;
  std::uint16_t port() const { return port_; }

 private:
  const std::string socket_;
  const std::uint16_t port_;
};

// Runs from its making until end(); each worker does one thing after the other.
class Load {
 public:
  // `guests` are cookies of people who take turns on "t1".
  Load(const Hub& hub, Ledger& ledger, const std::vector<std::string>& guests, std::uint64_t seed);
  ~Load() { end(); }
  // After the hub is gone, or not: waits for the answers that still come.
  void end();

 private:
  using Once = std::function<void(std::mt19937_64&)>;
  void start(std::uint64_t seed, Once once);
  void devices(std::mt19937_64& random);
  void stop(const std::string& id);
  void grants(std::mt19937_64& random);
  void users(std::mt19937_64& random);
  void turns(const std::string& guest, std::mt19937_64& random);
  std::string fresh(const char* start);
  // Says so in the ledger around one change. True when it was done.
  bool change(const std::string& thing, Ledger::State then, const std::string& value, const Answer& answer);

  const Hub& hub_;
  Ledger& ledger_;
  std::vector<std::string> pressed_;  // stops that are answered and may not be on disk yet; of the devices' thread
  std::atomic<bool> ending_{false};
  std::vector<std::thread> threads_;
};

}  // namespace soak
