// How often one may have a picture kept. Whoever plays may, without a right to delete; so it must not be a way to write
// the disk full of pictures, or to have the older ones go. Thread-safe.
#pragma once
#include <map>
#include <string>

#include "base/mutex.hpp"
#include "base/rate_limit.hpp"
#include "identity/person.hpp"

namespace robohub::api {

class SnapshotPace {
 public:
  static constexpr int kAtOnce = 30, kAtOnceOfGuests = 90;  // then 1 a second, and 3 to the guests of one address
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

  mutable Mutex mutex_;
  std::map<std::string, Taker> takers_ RH_GUARDED_BY(mutex_);
  MonoTime tidied_ RH_GUARDED_BY(mutex_){};
};

}  // namespace robohub::api
