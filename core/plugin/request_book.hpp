// Which requests still owe an answer, and when each of them is overdue. Makes "exactly one answer" true whatever the
// driver does. Pure. Not thread-safe.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "base/time.hpp"

namespace robohub::plugin {

class RequestBook {
 public:
  struct Overdue {
    std::uint64_t id;
    bool running;  // the driver is still in its handle(), or has not begun it
  };

  void add(std::uint64_t id, MonoTime overdue_at) { open_[id] = {overdue_at, true}; }
  // The driver has returned from it, and answers later.
  void noteReturned(std::uint64_t id) {
    if (const auto it = open_.find(id); it != open_.end()) it->second.running = false;
  }
  // False when nothing is owed for this id: an answer for it must not be passed on.
  bool settle(std::uint64_t id) { return open_.erase(id) > 0; }

  // The requests that are overdue at `now`; they are settled by this call.
  std::vector<Overdue> takeOverdue(MonoTime now) {
    std::vector<Overdue> taken;
    for (auto it = open_.begin(); it != open_.end();) {
      if (it->second.at > now) {
        ++it;
      } else {
        taken.push_back({it->first, it->second.running});
        it = open_.erase(it);
      }
    }
    return taken;
  }
  std::vector<std::uint64_t> takeAll() {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, asked] : open_) ids.push_back(id);
    open_.clear();
    return ids;
  }
  // MonoTime::max(): never.
  MonoTime nextOverdue() const {
    MonoTime next = MonoTime::max();
    for (const auto& [id, asked] : open_) next = std::min(next, asked.at);
    return next;
  }
  bool empty() const { return open_.empty(); }

 private:
  struct Asked {
    MonoTime at;
    bool running = true;
  };
  std::map<std::uint64_t, Asked> open_;
};

}  // namespace robohub::plugin
