// What lasts longer than a request (live sockets, picture streams) ends when its session does: signed out, revoked or
// expired. One list a loop; a session's end is posted to all of them.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "identity/identity.hpp"
#include "net/loop_pool.hpp"

namespace robohub::api {

class SessionCloser {
 public:
  SessionCloser(net::LoopPool& loops, const identity::Identity& identity, const Clock& clock)
      : loops_(loops), identity_(identity), clock_(clock), by_loop_(loops.size()) {}

  // Calls `close` on `loop` when the session of this cookie's token ends or expires, unless what it returns has died
  // before. Counts as using the session. [loop]
  std::shared_ptr<void> keep(net::Loop& loop, const identity::Session& session, const std::string& token,
                             std::function<void()> close);
  // The session of this handle has ended. [any-thread]
  void ended(const std::string& handle);

 private:
  struct Entry {
    std::function<void()> close;
    std::string token;
    net::TimerId review = 0;
  };
  void reviewLater(net::Loop& loop, const std::shared_ptr<Entry>& entry, Duration delay);
  using Entries = std::multimap<std::string, std::shared_ptr<Entry>>;
  net::LoopPool& loops_;
  const identity::Identity& identity_;
  const Clock& clock_;
  std::vector<Entries> by_loop_;  // each touched only on its loop
};

}  // namespace robohub::api
