// Which requests still owe an answer, and when each of them is overdue. Makes "exactly one answer" true whatever the
// driver does. Pure. Not thread-safe.
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "base/time.hpp"

namespace robohub::plugin {

class RequestBook {
 public:
  void add(std::uint64_t id, MonoTime overdue_at) { open_[id] = overdue_at; }
  // False when nothing is owed for this id: an answer for it must not be passed on.
  bool settle(std::uint64_t id) { return open_.erase(id) > 0; }

  // The requests that are overdue at `now`; they are settled by this call.
  std::vector<std::uint64_t> takeOverdue(MonoTime now) {
    std::vector<std::uint64_t> ids;
    for (auto it = open_.begin(); it != open_.end();) {
      if (it->second > now) {
        ++it;
      } else {
        ids.push_back(it->first);
        it = open_.erase(it);
      }
    }
    return ids;
  }
  std::vector<std::uint64_t> takeAll() { return takeOverdue(MonoTime::max()); }
  // MonoTime::max(): never.
  MonoTime nextOverdue() const {
    MonoTime next = MonoTime::max();
    for (const auto& [id, at] : open_) next = std::min(next, at);
    return next;
  }
  bool empty() const { return open_.empty(); }

 private:
  std::map<std::uint64_t, MonoTime> open_;
};

}  // namespace robohub::plugin
