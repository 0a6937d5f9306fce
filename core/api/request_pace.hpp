// How often one person may ask for what costs much: a picture that is kept, which must not be a way to write the disk
// full or to have the older ones go, or a list, which holds the loop of others while it is made. Thread-safe.
#pragma once
#include <map>
#include <string>

#include "base/mutex.hpp"
#include "base/rate_limit.hpp"
#include "base/result.hpp"
#include "identity/person.hpp"

namespace robohub::api {

class RequestPace {
 public:
  // So many at once, and then so many a second; together, of the guests of one address.
  struct Limits {
    float per_s;
    int at_once;
    float guests_per_s;
    int guests_at_once;
    bool guests_only;  // accounts and programs are known by name, and not limited
  };
  static constexpr Limits kSnapshots{1, 30, 3, 90, false};
  static constexpr Limits kLists{5, 30, 15, 100, true};
  explicit RequestPace(const Limits& limits) : limits_(limits) {}

  // False: too many by this person, or, since anybody may be many guests, by guests from there. `address`: of the
  // client.
  bool take(const identity::Person& person, const std::string& address, MonoTime now);
  // Of whom anything is remembered.
  std::size_t size() const;

 private:
  struct Taker {
    RateLimit limit;
    MonoTime newest;
  };
  bool takeOne(const std::string& key, float per_s, int at_once, MonoTime now) RH_REQUIRES(mutex_);

  const Limits limits_;
  mutable Mutex mutex_;
  std::map<std::string, Taker> takers_ RH_GUARDED_BY(mutex_);
  MonoTime tidied_ RH_GUARDED_BY(mutex_){};
};

// What is said to whoever asked for lists too often.
Error tooManyLists();

}  // namespace robohub::api
