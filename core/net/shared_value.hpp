// A pointer to something immutable that is replaced whole while others read it.
#pragma once
#include <memory>

#include "base/mutex.hpp"

namespace robohub::net {

// Guarded by its mutex. [any-thread]
template <class T>
class SharedValue {
 public:
  std::shared_ptr<const T> get() const {
    Lock lock(mutex_);
    return value_;
  }
  void set(std::shared_ptr<const T> value) {
    Lock lock(mutex_);
    value_.swap(value);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> value_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::net
