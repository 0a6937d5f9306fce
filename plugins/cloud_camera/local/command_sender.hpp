// Tells programs beside the agent what people want: {"command":"arm"|"disarm"|"capture"} as a datagram to a Unix path,
// or to host:port, where the host may be a name.
#pragma once
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
  // `complain` is told once of each new reason why nothing can be sent.
  CommandSender(LocalAddress to, std::function<void(const std::string&)> complain);
  ~CommandSender();  // sends what waits
  CommandSender(const CommandSender&) = delete;
  CommandSender& operator=(const CommandSender&) = delete;

  // "arm", "disarm" or "capture". Never waits; of more than a few that wait the oldest is dropped.
  void send(const std::string& command);

 private:
  void run();
  // Empty, or why it could not be sent.
  std::string sendNow(const std::string& datagram) const;

  const LocalAddress to_;
  const std::function<void(const std::string&)> complain_;
  rh::Mutex mutex_;
  rh::Condition changed_;
  std::deque<std::string> waiting_ RH_GUARDED_BY(mutex_);
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace cloud_camera
