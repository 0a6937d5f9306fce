// Tells programs beside the agent what people want: {"command":"arm"|"disarm"|"capture"} as a datagram to a Unix path,
// or to host:port, where the host may be a name. A program that is started beside the agent, or after it, must know
// whether it is armed: what nobody has heard of that is told again. A capture of a minute ago nobody wants.
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "cloud_camera/settings.hpp"
#include "rh/mutex.hpp"

namespace cloud_camera {

// [any-thread] but for the destructor. Sends on a thread of its own, as finding a name may take long.
class CommandSender {
 public:
  // `complain` is told once of each new reason why nothing can be sent. `again`: the pause before it is told again.
  CommandSender(LocalAddress to, std::function<void(const std::string&)> complain,
                std::chrono::milliseconds again = std::chrono::seconds(1));
  ~CommandSender();  // sends what waits
  CommandSender(const CommandSender&) = delete;
  CommandSender& operator=(const CommandSender&) = delete;

  // "arm", "disarm" or "capture". Never waits; of more than a few that wait the oldest is dropped. The newest of the
  // first two is sent until somebody is there: with a path a program that is bound to it, with host:port one that has
  // the port, as far as its host says so. The last is sent once.
  void send(const std::string& command);

 private:
  struct Outcome {
    std::string failure;      // why nobody has heard it; empty: it was sent
    bool unresolved = false;  // there is no address for the name
  };
  void run();
  // Whether it was sent.
  bool tell(const std::string& command, std::chrono::milliseconds patience);
  // Waits so long for the word that nobody has that port.
  Outcome sendNow(const std::string& datagram, std::chrono::milliseconds patience) const;

  const LocalAddress to_;
  const std::function<void(const std::string&)> complain_;
  const std::chrono::milliseconds again_;
  // Of the thread:
  std::string told_;                 // the newest reason that was told
  std::chrono::milliseconds pause_;  // before the next try
  rh::Mutex mutex_;
  rh::Condition changed_;
  std::deque<std::string> waiting_ RH_GUARDED_BY(mutex_);
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace cloud_camera
