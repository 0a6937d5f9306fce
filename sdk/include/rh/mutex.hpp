// Which mutex guards what is easily said in a comment, and nobody checks it. These mutexes carry it in types: clang's
// thread-safety analysis (-Wthread-safety) tells of code that touches a guarded member without its mutex, or leaves one
// locked. Elsewhere they are std::mutex and std::shared_mutex, and cost the same. [any-thread]
//
//     class Lamp final : public rh::Device {
//       void halt() noexcept override { rh::Lock lock(mutex_); put(0); }
//      private:
//       void put(double level_pct) RH_REQUIRES(mutex_);
//       rh::Mutex mutex_;
//       double level_pct_ RH_GUARDED_BY(mutex_) = 0;
//     };
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <utility>

// The words of https://clang.llvm.org/docs/ThreadSafetyAnalysis.html.
#if defined(__clang__)
#define RH_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define RH_THREAD_ANNOTATION(x)
#endif
#define RH_CAPABILITY(x) RH_THREAD_ANNOTATION(capability(x))
#define RH_SCOPED_CAPABILITY RH_THREAD_ANNOTATION(scoped_lockable)
// Of a member: read and written only with the mutex locked; of a pointer: what it points to.
#define RH_GUARDED_BY(x) RH_THREAD_ANNOTATION(guarded_by(x))
#define RH_PT_GUARDED_BY(x) RH_THREAD_ANNOTATION(pt_guarded_by(x))
// Of a mutex: taken behind the other one where both are held.
#define RH_ACQUIRED_AFTER(...) RH_THREAD_ANNOTATION(acquired_after(__VA_ARGS__))
// Of a function (or a lambda, behind its parameters): only to be called with it locked, or not locked.
#define RH_REQUIRES(...) RH_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define RH_REQUIRES_SHARED(...) RH_THREAD_ANNOTATION(requires_shared_capability(__VA_ARGS__))
#define RH_EXCLUDES(...) RH_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define RH_ACQUIRE(...) RH_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RH_ACQUIRE_SHARED(...) RH_THREAD_ANNOTATION(acquire_shared_capability(__VA_ARGS__))
#define RH_RELEASE(...) RH_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define RH_RELEASE_SHARED(...) RH_THREAD_ANNOTATION(release_shared_capability(__VA_ARGS__))
#define RH_RELEASE_GENERIC(...) RH_THREAD_ANNOTATION(release_generic_capability(__VA_ARGS__))
#define RH_TRY_ACQUIRE(...) RH_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
// Where the analysis cannot follow; each use says why.
#define RH_NO_THREAD_SAFETY_ANALYSIS RH_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace rh {

class RH_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() RH_ACQUIRE() { mutex_.lock(); }
  void unlock() RH_RELEASE() { mutex_.unlock(); }
  bool try_lock() RH_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class Lock;
  std::mutex mutex_;
};

class RH_CAPABILITY("shared mutex") SharedMutex {
 public:
  SharedMutex() = default;
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

  void lock() RH_ACQUIRE() { mutex_.lock(); }
  void unlock() RH_RELEASE() { mutex_.unlock(); }
  void lock_shared() RH_ACQUIRE_SHARED() { mutex_.lock_shared(); }
  void unlock_shared() RH_RELEASE_SHARED() { mutex_.unlock_shared(); }

 private:
  std::shared_mutex mutex_;
};

// Holds a mutex to the end of its block, or until unlock(). Blocks until it has it, but for one that is deferred: that
// one begins without.
class RH_SCOPED_CAPABILITY Lock {
 public:
  explicit Lock(Mutex& mutex) RH_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  Lock(Mutex& mutex, std::defer_lock_t) RH_EXCLUDES(mutex) : lock_(mutex.mutex_, std::defer_lock) {}
  ~Lock() RH_RELEASE() {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void unlock() RH_RELEASE() { lock_.unlock(); }
  void lock() RH_ACQUIRE() { lock_.lock(); }
  // False: somebody else has it. Never waits.
  bool try_lock() RH_TRY_ACQUIRE(true) { return lock_.try_lock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

class RH_SCOPED_CAPABILITY WriteLock {
 public:
  explicit WriteLock(SharedMutex& mutex) RH_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~WriteLock() RH_RELEASE() { mutex_.unlock(); }
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

 private:
  SharedMutex& mutex_;
};

class RH_SCOPED_CAPABILITY ReadLock {
 public:
  explicit ReadLock(SharedMutex& mutex) RH_ACQUIRE_SHARED(mutex) : mutex_(mutex) { mutex_.lock_shared(); }
  ~ReadLock() RH_RELEASE_GENERIC() { mutex_.unlock_shared(); }
  ReadLock(const ReadLock&) = delete;
  ReadLock& operator=(const ReadLock&) = delete;

 private:
  SharedMutex& mutex_;
};

// A condition variable for a Lock, which is held again whenever a wait returns. A predicate that reads what the mutex
// guards says so: `[&]() RH_REQUIRES(mutex_) { return ready_; }`. All waits block.
class Condition {
 public:
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

  void wait(Lock& lock) { condition_.wait(lock.lock_); }
  // The predicates are called with the mutex locked, which the analysis cannot see through a template's parameter.
  template <class Predicate>
  void wait(Lock& lock, Predicate predicate) RH_NO_THREAD_SAFETY_ANALYSIS {
    condition_.wait(lock.lock_, std::move(predicate));
  }
  template <class Rep, class Period>
  std::cv_status wait_for(Lock& lock, std::chrono::duration<Rep, Period> time) {
    return condition_.wait_for(lock.lock_, time);
  }
  template <class Rep, class Period, class Predicate>
  bool wait_for(Lock& lock, std::chrono::duration<Rep, Period> time, Predicate predicate) RH_NO_THREAD_SAFETY_ANALYSIS {
    return condition_.wait_for(lock.lock_, time, std::move(predicate));
  }
  template <class Clock, class Time>
  std::cv_status wait_until(Lock& lock, std::chrono::time_point<Clock, Time> time) {
    return condition_.wait_until(lock.lock_, time);
  }
  template <class Clock, class Time, class Predicate>
  bool wait_until(Lock& lock, std::chrono::time_point<Clock, Time> time,
                  Predicate predicate) RH_NO_THREAD_SAFETY_ANALYSIS {
    return condition_.wait_until(lock.lock_, time, std::move(predicate));
  }

 private:
  std::condition_variable condition_;
};

}  // namespace rh
