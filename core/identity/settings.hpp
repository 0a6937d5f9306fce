// What the configuration says about people. Filled by the reader of robohub.yaml; the defaults are the secure ones.
#pragma once
#include <chrono>

namespace robohub::identity {

// What guests (people who only gave a name) may do. Watching includes pressing stop.
struct Access {
  bool guests_watch = false;
  bool guests_play = false;  // counts only together with guests_watch
};

struct Settings {
  Access access;
  std::chrono::minutes guest_session{12 * 60};         // a guest's session ends this long after signing in
  std::chrono::minutes account_session{30 * 24 * 60};  // an account's session ends this long after signing in ...
  std::chrono::minutes account_idle{7 * 24 * 60};      // ... or this long after it was last used
};

}  // namespace robohub::identity
