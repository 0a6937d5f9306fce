// Guessing must get slow without a table of guesses that an attacker could fill. Failures are counted by key (an
// account, an address); after some free ones each further failure doubles the wait up to a limit; a quiet time forgets.
// Pure: takes `now`. Not thread-safe: its owner guards it.
#pragma once
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.hpp"

namespace robohub::identity {

struct BackoffRule {
  int free_failures = 5;
  Duration first_wait = std::chrono::seconds(1);
  Duration longest_wait = std::chrono::seconds(60);
  Duration forget_after = std::chrono::minutes(15);  // since the last failure
  std::size_t keys = 10'000;                         // more: the one with the oldest failure is forgotten
};

class Backoff {
 public:
  explicit Backoff(BackoffRule rule = {}) : rule_(rule) {}
  // How long this key must wait before its next attempt is looked at; zero when it need not. `longest` when it is
  // shorter than the rule's.
  Duration waitFor(std::string_view key, MonoTime now, Duration longest = Duration::max()) const;
  // That are not forgotten.
  int failures(std::string_view key, MonoTime now) const;
  // Counts an attempt as failed. Called when an attempt BEGINS, so that guesses in flight count too.
  void count(std::string_view key, MonoTime now);
  // The attempt was right after all: takes back one failure, or all of them.
  void takeBack(std::string_view key);
  void clear(std::string_view key);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    int failures = 0;
    MonoTime last;
    std::list<std::string>::iterator age;
  };
  BackoffRule rule_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> by_age_;  // oldest failure first
};

// The key of a client's address: an IPv6 address counts by its /64, which one household or attacker holds whole.
std::string addressKey(std::string_view address);
// Where somebody comes from when places are shared: as addressKey(), but an IPv6 address counts by its /48, since who
// has many networks of 64 bits has them side by side. "" for this machine's.
std::string networkKey(std::string_view address);
// Whether an address, as it is written and not its key, is one of the hub's own machine. Behind a proxy that is not
// listed everybody comes from there: counted together, one person would lock all others out.
bool isThisMachine(std::string_view address);

}  // namespace robohub::identity
