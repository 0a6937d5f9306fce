// A start may take minutes: the database is read whole, and the folder of each capture is looked through. Nothing of
// that needs an end in good order, since a hub may be killed at any moment. So while it lasts, a signal that asks the
// hub to end ends the process at once; afterwards whoever serves takes the signals.
#pragma once
#include <thread>

#include "process/file_descriptor.hpp"

namespace robohub::hub {

// Owned by the thread that starts the hub.
class StartWatch {
 public:
  // SIGINT, SIGTERM and SIGQUIT must be blocked in every thread. Without descriptors it watches nothing, and they wait.
  StartWatch();
  // The start is over. A signal that nobody has taken yet stays pending.
  ~StartWatch();
  StartWatch(const StartWatch&) = delete;
  StartWatch& operator=(const StartWatch&) = delete;

 private:
  void watch() const;

  process::FileDescriptor signals_, over_;
  std::thread thread_;
};

}  // namespace robohub::hub
