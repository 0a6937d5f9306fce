// One thread, one epoll: everything that waits for sockets, timers or other threads in the hub and in the agent waits
// here, so that ten thousand silent peers cost memory and no threads. Objects that live on a loop are touched only by
// it; everyone else posts. [loop] below means: only on the loop's own thread (or before run() and after it has
// returned).
#pragma once
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/fd.hpp"
#include "net/helper_thread.hpp"
#include "net/timer_heap.hpp"

namespace robohub::net {

class Loop;

// Something with a descriptor in a loop's epoll set (level-triggered). Owned by others; must leave (removeFd) before it
// dies.
class FdHandler {
 public:
  FdHandler() = default;
  FdHandler(const FdHandler&) = delete;
  FdHandler& operator=(const FdHandler&) = delete;
  // `events` as epoll reports them (EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLERR ...). [loop]
  virtual void onReady(std::uint32_t events) = 0;
  // The loop ends: let go of everything, leave the loop. [loop]
  virtual void onLoopStopping() = 0;
  // The server `owner` drains (see HttpServer::drain); others ignore it. [loop]
  virtual void onDrain(const void* owner) { (void)owner; }

 protected:
  virtual ~FdHandler() = default;

 private:
  friend class Loop;
  FdHandler* previous_ = nullptr;
  FdHandler* next_ = nullptr;
};

// Something that asks to be run once at the end of the loop's current iteration: output is gathered there, so that all
// that one iteration sends to a socket leaves in one system call. Where very many ask, a crowd that watches one device
// say, the later ones come at the ends of the next iterations, so that nobody else's message waits for all of them.
class LoopWork {
 public:
  LoopWork() = default;
  LoopWork(const LoopWork&) = delete;
  LoopWork& operator=(const LoopWork&) = delete;
  virtual void runDeferred() = 0;

 protected:
  virtual ~LoopWork() = default;

 private:
  friend class Loop;
  static constexpr std::uint32_t kNotDeferred = 0xffffffff;
  std::uint32_t slot_ = kNotDeferred;
  std::uint8_t turn_ = 0;  // which list the slot is in
};

// A watched descriptor of anybody's (a child's socket, a pipe): watching ends when this object dies. The descriptor
// itself stays the caller's and must outlive the watch. [loop]
class FdWatch {
 public:
  virtual ~FdWatch() = default;
  virtual void setEvents(std::uint32_t events) = 0;
};

// Figures of a loop, readable by anyone at any time.
struct LoopStats {
  std::atomic<std::uint64_t> iterations{0};
  std::atomic<std::uint64_t> posted{0};
  std::atomic<std::uint64_t> deepest_inbox{0};        // most posts found waiting at once
  std::atomic<std::int64_t> longest_iteration_ns{0};  // longest time spent away from epoll_wait
};

class Loop {
 public:
  // Makes epoll, eventfd and timerfd; ignores SIGPIPE for the process. Throws std::system_error when the kernel refuses
  // (start-up only). `index` is its place in its pool.
  explicit Loop(std::string name = "loop", std::size_t index = 0);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs on the caller's thread until stop(). Before it returns every FdHandler is told, and all posts are run. Once
  // only.
  void run();
  // [any-thread, also from a signal-free context before run()] Idempotent.
  void stop();

  // Runs `fn` on the loop, after everything posted before by the same thread. Never blocks; one wake-up for many posts.
  // What is posted after the loop has ended is destroyed with the loop, unrun. [any-thread]
  void post(std::function<void()> fn);
  // True on the loop's thread while it runs. [any-thread]
  bool inLoop() const;

  // Runs `fn` once, not before `delay` has passed. [loop]
  TimerId after(Duration delay, std::function<void()> fn);
  // False when it has fired already or was cancelled. [loop]
  bool cancel(TimerId id);
  // The monotonic time when this iteration began (fresh enough for deadlines, cheap). [loop]
  MonoTime now() const { return now_; }

  // Calls `ready(events)` whenever `fd` has any of `events` (level-triggered; EPOLLERR and EPOLLHUP always). The
  // callback may destroy its own watch. Errors: internal when epoll refuses the descriptor (a regular file, say).
  // [loop]
  Result<std::unique_ptr<FdWatch>> watchFd(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready);

  // A thread of this loop's own for calls that can only block (resolving names); joined when the loop is destroyed, so
  // keep them few and short. `work` runs there and posts its result. [any-thread]
  void runBlocking(std::function<void()> work) { helper_.run(std::move(work)); }
  // The same on another thread, for what is known to take long: such calls wait for each other only. [any-thread]
  void runSlow(std::function<void()> work) { slow_helper_.run(std::move(work)); }

  // Runs at the end of this iteration, before the outputs are flushed. [loop]
  void defer(std::function<void()> fn);
  enum class Turn : std::uint8_t {
    first,     // at the end of this iteration, before all others; for few (what goes to a device)
    soon,      // behind those, before what a crowd is sent: answers; kSoonAnIteration of them each time
    in_order,  // at the end of this iteration, or, behind kWorksAnIteration others, of one of the next
  };
  static constexpr std::size_t kWorksAnIteration = 128;
  static constexpr std::size_t kSoonAnIteration = 96;  // of them, so that answers never hold up all else
  // Runs work.runDeferred() once. What waits already moves up to an earlier turn, never back to a later one. [loop]
  void defer(LoopWork& work, Turn turn = Turn::in_order);
  void undefer(LoopWork& work);

  // For connection classes. [loop]
  Status addFd(int fd, std::uint32_t events, FdHandler& handler);
  void modifyFd(int fd, std::uint32_t events, FdHandler& handler);
  // Also forgets events of this iteration that were not delivered yet.
  void removeFd(int fd, FdHandler& handler);
  // Tells every handler on this loop that `owner` drains.
  void drain(const void* owner);
  // One read buffer for all connections of the loop, so that an idle connection holds none. Valid until the next read.
  std::span<char> readBuffer() { return {read_buffer_.get(), kReadBufferBytes}; }
  static constexpr std::size_t kReadBufferBytes = 128 * 1024;

  std::size_t index() const { return index_; }
  const std::string& name() const { return name_; }
  const LoopStats& stats() const { return stats_; }
  std::size_t handlerCount() const { return handler_count_; }

 private:
  void wake();
  bool runInbox();
  void runTimers();
  void runDeferredWork();
  bool worksWait() const;
  void armTimer();
  void shutDown();
  void checkThread() const;

  const std::string name_;
  const std::size_t index_;
  UniqueFd epoll_, wake_, timer_;
  std::atomic<std::thread::id> thread_{};
  std::atomic<bool> stopping_{false};

  Mutex inbox_mutex_;
  std::vector<std::function<void()>> inbox_ RH_GUARDED_BY(inbox_mutex_);
  bool wake_sent_ RH_GUARDED_BY(inbox_mutex_) = false;
  std::vector<std::function<void()>> running_;

  TimerHeap timers_;
  MonoTime armed_{};  // what timerfd is set to; epoch = nothing
  MonoTime now_;
  std::vector<std::function<void()>> deferred_functions_;
  // Null where one was taken out again.
  struct Works {
    std::vector<LoopWork*> list;
    std::size_t front = 0;
    bool empty() const { return front == list.size(); }
    void push(LoopWork& work);
    LoopWork* pop();  // null when there is none left
  };
  std::array<Works, 3> works_;  // by turn
  Works& works(Turn turn) { return works_[static_cast<std::size_t>(turn)]; }
  FdHandler* handlers_ = nullptr;
  FdHandler* visit_next_ = nullptr;  // of drain(): the one after the one that is being told
  std::size_t handler_count_ = 0;
  struct Batch;  // the events of this iteration
  std::unique_ptr<Batch> batch_;
  std::unique_ptr<char[]> read_buffer_;
  LoopStats stats_;
  HelperThread helper_, slow_helper_;  // last: their work may post until they are joined
};

}  // namespace robohub::net
