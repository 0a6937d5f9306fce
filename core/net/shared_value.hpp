// A pointer to something immutable that is replaced whole while others read it.
#pragma once
#include <memory>
#include <mutex>

namespace robohub::net {

// Guarded by its mutex. [any-thread]
template <class T>
class SharedValue {
 public:
  std::shared_ptr<const T> get() const {
    std::lock_guard lock(mutex_);
    return value_;
  }
  void set(std::shared_ptr<const T> value) {
    std::lock_guard lock(mutex_);
    value_.swap(value);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace robohub::net
