// A whole hub in the target's own process, with one device and the agent that it wants, for targets that talk to its
// doors. What is said to a hub stays with it (bans, accounts, stops), so it is made anew now and then.
#pragma once
#include <sys/socket.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "unit/hub/test_hub.hpp"

namespace fuzz {

class WholeHub {
 public:
  // `runs`: so many calls of renew() are with the same hub.
  explicit WholeHub(int runs) : runs_(runs) {}

  // Before each input. True when there is a new hub, to which nobody has a connection.
  bool renew() {
    if (hub_ && left_-- > 0) {
      if (agentIsHere()) agent_->beat();
      return false;
    }
    left_ = runs_;
    patiently([this] { make(); });
    return true;
  }
  // The next renew() makes a new one.
  void spoil() { left_ = 0; }

  robohub::test::TestHub& hub() { return *hub_; }

  // Tests give up on an answer after a minute; a machine that fuzzes may stand still for longer.
  template <class Work>
  static auto patiently(Work work) -> decltype(work()) {
    for (int left = 10;; --left) try {
        return work();
      } catch (const std::runtime_error& late) {
        if (left == 0 || std::string_view(late.what()).find("nothing came") != 0) throw;
      }
  }

 private:
  void make() {
    agent_.reset();
    hub_.reset();
    hub_ = std::make_unique<robohub::test::TestHub>(
        [](robohub::hub::Settings& settings) { settings.log_level = "error"; });
    hub_->device("d1");
    agent_ = std::make_unique<robohub::test::ScriptedAgent>(*hub_, "d1");
    agent_->online();
  }
  // Reads and forgets what the hub says to it.
  bool agentIsHere() {
    char buffer[65536];
    for (;;) {
      const auto got = recv(agent_->control->peer().fd(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (got == 0) return false;
      if (got < 0) return true;
    }
  }

  const int runs_;
  int left_ = 0;
  std::unique_ptr<robohub::test::TestHub> hub_;
  std::unique_ptr<robohub::test::ScriptedAgent> agent_;
};

}  // namespace fuzz
