// Real networks that can really fail: each machine of a trial in a network namespace of its own, with a cable (a veth
// pair) to the hub's. Nobody there has a loopback device, so 127.0.0.1 is the hub, over the cable: the hub itself
// listens on loopback as ever, where hazardous devices may be driven without TLS. Needs root and `ip` of iproute2.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace soak {

// Takes this program, and what it starts, into a network namespace of its own, before it has threads. Why that cannot
// be done, or nothing.
std::optional<std::string> enterOwnNetwork();

// A machine at the other end of a cable. Thread-safe but for enter(). After enterOwnNetwork().
class Cable {
 public:
  // `number`: 0 to 254, unique. Throws when it cannot be laid.
  explicit Cable(int number);
  ~Cable();
  Cable(const Cable&) = delete;
  Cable& operator=(const Cable&) = delete;

  // Runs it over there: sockets, threads and programs that are made meanwhile belong there for ever.
  void enter(const std::function<void()>& work) const;
  // Pulls it out, or plugs it in. Nobody is told anything.
  void plugged(bool in);
  // Packets in one direction are lost without a word: half open. Both: as ever.
  enum class Open { both, only_to_hub, only_from_hub };
  void open(Open ways);

 private:
  void route();
  std::string name_, address_;
  int home_ = -1, there_ = -1;
};

}  // namespace soak
