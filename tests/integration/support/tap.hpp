// Somebody on the wire between agent and hub: relays both ways, remembers every text message, and can say again to the
// agent what the hub said once, or cut the wire.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace robohub::integration {

class Tap {
 public:
  // Listens on a free port and relays to `hub_port`. Throws when it cannot.
  explicit Tap(std::uint16_t hub_port);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  std::uint16_t port() const { return port_; }
  // Texts from the hub and from the agent, in order, of all connections.
  std::vector<std::string> fromHub();
  std::vector<std::string> fromAgent();
  // The first text that holds all of these; "" when there is none.
  static std::string find(const std::vector<std::string>& texts, const std::vector<std::string>& parts);

  // Says this to the agent on the newest control connection, between two messages of the hub.
  void sayToAgent(const std::string& text);
  // Relays nothing, or everything that was held back and all that comes.
  void hold(bool on) { held_ = on; }
  // Holds one connection back, both ways, as soon as a text for which this holds comes on it: that is not relayed any
  // more. Once; a later call waits for another text.
  using Wanted = std::function<bool(bool from_hub, const std::string& text)>;
  void holdAt(Wanted wanted);
  // Such a text has come.
  bool holding() const { return holding_; }
  // Relays what holdAt() held back.
  void goOn();
  // Closes all connections; new ones are relayed again.
  void cut();

 private:
  struct Wire {
    int agent = -1, hub = -1;
    bool control = false;
    std::mutex mutex;  // writing to the agent
    std::atomic<bool> over{false}, held{false};
    std::thread down, up;
  };
  void accept();
  void relay(Wire& wire, bool down);
  void heard(Wire& wire, bool down, const std::string& text);

  std::uint16_t hub_port_, port_ = 0;
  int listener_ = -1;
  std::atomic<bool> ending_{false}, held_{false}, holding_{false};
  std::thread acceptor_;
  std::mutex mutex_;  // guards all below
  std::list<Wire> wires_;
  std::vector<std::string> from_hub_, from_agent_;
  Wanted wanted_;
};

}  // namespace robohub::integration
