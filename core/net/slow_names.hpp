// Which names took long when they were asked for last, those of machines that are switched off say, so that whoever
// asks for them again lets no other name wait behind them. Pure. Not thread-safe.
#pragma once
#include <map>
#include <string>

#include "base/time.hpp"

namespace robohub::net {

class SlowNames {
 public:
  bool has(const std::string& host, MonoTime now) const {
    const auto at = until_.find(host);
    return at != until_.end() && now < at->second;
  }
  // One that was quick, or slow for the last time ten minutes ago, is a name like others.
  void took(const std::string& host, Duration spent, MonoTime now) {
    std::erase_if(until_, [now](const auto& each) { return each.second <= now; });
    if (spent < kSlow)
      until_.erase(host);
    else if (until_.size() < kMost)
      until_[host] = now + kRemembered;
  }

 private:
  static constexpr Duration kSlow = std::chrono::seconds(1);
  static constexpr Duration kRemembered = std::chrono::minutes(10);
  static constexpr std::size_t kMost = 256;

  std::map<std::string, MonoTime> until_;
};

}  // namespace robohub::net
