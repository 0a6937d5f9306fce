// Wrong sign-ins belong in the audit, and a flood of them must not fill it: for an account and for an address at most
// one line a second, which says how many were left out before it. Pure: takes `now`. Not thread-safe: its owner guards
// it.
#pragma once
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"

namespace robohub::identity {

class Refusals {
 public:
  static constexpr Duration kApart = std::chrono::seconds(1);  // between two lines of an account, of an address
  static constexpr Duration kAllApart = std::chrono::milliseconds(50);  // between any two
  static constexpr std::size_t kKeys = 10'000;  // more: what was refused longest ago is forgotten, its count is not

  struct Line {
    std::string username, address;
    std::uint64_t left_out = 0;  // refusals before this one that got no line
  };
  // One more refusal: the line to write, or nullopt.
  std::optional<Line> note(const std::string& username, const std::string& address, MonoTime now);
  // What was left out and has had no line since, when it is quiet again: one line for all. Called now and then.
  std::optional<Line> rest(MonoTime now);

 private:
  bool ready(const std::string& key, MonoTime now) const;
  void wrote(const std::string& key, MonoTime now);

  std::unordered_map<std::string, std::list<std::pair<std::string, MonoTime>>::iterator> written_;
  std::list<std::pair<std::string, MonoTime>> by_age_;  // oldest first
  std::optional<MonoTime> newest_;
  std::uint64_t left_out_ = 0;
  MonoTime last_left_out_;
};

}  // namespace robohub::identity
