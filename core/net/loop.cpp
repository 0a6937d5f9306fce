#include "net/loop.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/short_turns.hpp"
#include "base/turn_length.hpp"

namespace robohub::net {
namespace {

int require(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

class Watch final : public FdWatch, public FdHandler {
 public:
  Watch(Loop& loop, int fd, std::function<void(std::uint32_t)> ready)
      : loop_(loop), fd_(fd), ready_(std::make_shared<std::function<void(std::uint32_t)>>(std::move(ready))) {}
  ~Watch() override {
    if (watching_) loop_.removeFd(fd_, *this);
  }
  Status begin(std::uint32_t events) {
    auto status = loop_.addFd(fd_, events, *this);
    watching_ = status.has_value();
    return status;
  }
  void setEvents(std::uint32_t events) override {
    if (watching_) loop_.modifyFd(fd_, events, *this);
  }
  void onReady(std::uint32_t events) override {
    const auto ready = ready_;  // outlives this watch, should the callback destroy it
    (*ready)(events);
  }
  void onLoopStopping() override {
    loop_.removeFd(fd_, *this);
    watching_ = false;
  }

 private:
  Loop& loop_;
  const int fd_;
  bool watching_ = false;
  std::shared_ptr<std::function<void(std::uint32_t)>> ready_;
};

}  // namespace

struct Loop::Batch {
  std::array<epoll_event, 512> events;
  int count = 0;
  int next = 0;
};

Loop::Loop(std::string name, std::size_t index)
    : name_(std::move(name)),
      index_(index),
      epoll_(require(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(require(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      timer_(require(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create")),
      now_(std::chrono::steady_clock::now()),
      batch_(std::make_unique<Batch>()),
      read_buffer_(new char[kReadBufferBytes]) {
  static const bool once = [] { return signal(SIGPIPE, SIG_IGN) != SIG_ERR; }();
  (void)once;
  // Edge-triggered: each write or expiry is reported once, so neither has to be read back.
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = &wake_;
  require(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event), "epoll_ctl");
  event.data.ptr = &timer_;
  require(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event), "epoll_ctl");
}

Loop::~Loop() {
  if (handlers_) shutDown();  // of a loop that never ran
}

void Loop::checkThread() const {
  assert(thread_.load(std::memory_order_relaxed) == std::thread::id() || inLoop());
}

bool Loop::inLoop() const {
  return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void Loop::run() {
  thread_.store(std::this_thread::get_id());
  TurnChoice turns;
  while (!stopping_.load(std::memory_order_acquire)) {
    armTimer();
    bool waiting = worksWait();
    if (const auto length = turns.next(waiting, now_))
      *length == TurnLength::brief ? askForShortTurns() : askForOrdinaryTurns();
    if (!waiting) {
      Lock lock(inbox_mutex_);
      waiting = !inbox_.empty();
    }
    const int count =
        epoll_wait(epoll_.get(), batch_->events.data(), static_cast<int>(batch_->events.size()), waiting ? 0 : -1);
    now_ = std::chrono::steady_clock::now();
    batch_->count = std::max(count, 0);
    for (batch_->next = 0; batch_->next < batch_->count;) {
      const epoll_event& event = batch_->events[static_cast<std::size_t>(batch_->next++)];
      if (event.data.ptr == nullptr || event.data.ptr == &wake_ || event.data.ptr == &timer_) continue;
      static_cast<FdHandler*>(event.data.ptr)->onReady(event.events);
    }
    batch_->count = 0;
    runTimers();
    runInbox();
    runDeferredWork();
    stats_.iterations.fetch_add(1, std::memory_order_relaxed);
    const auto spent = (std::chrono::steady_clock::now() - now_).count();
    if (spent > stats_.longest_iteration_ns.load(std::memory_order_relaxed))
      stats_.longest_iteration_ns.store(spent, std::memory_order_relaxed);
  }
  shutDown();
  thread_.store(std::thread::id());
}

void Loop::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}

void Loop::wake() {
  const std::uint64_t one = 1;
  // Cannot fail but by a full counter, and then the loop is awake already.
  [[maybe_unused]] const auto written = write(wake_.get(), &one, sizeof one);
}

void Loop::post(std::function<void()> fn) {
  bool wake_needed;
  {
    Lock lock(inbox_mutex_);
    inbox_.push_back(std::move(fn));
    wake_needed = !wake_sent_;
    wake_sent_ = true;
  }
  // Its own thread looks into the inbox before it sleeps.
  if (wake_needed && !inLoop()) wake();
}

bool Loop::runInbox() {
  {
    Lock lock(inbox_mutex_);
    wake_sent_ = false;
    if (inbox_.empty()) return false;
    running_.swap(inbox_);
  }
  stats_.posted.fetch_add(running_.size(), std::memory_order_relaxed);
  if (running_.size() > stats_.deepest_inbox.load(std::memory_order_relaxed))
    stats_.deepest_inbox.store(running_.size(), std::memory_order_relaxed);
  for (auto& fn : running_) {
    fn();
    fn = nullptr;  // what it holds is let go of here, in order
  }
  running_.clear();
  return true;
}

TimerId Loop::after(Duration delay, std::function<void()> fn) {
  checkThread();
  // Not now_: a long iteration must not make a timer fire early.
  return timers_.add(std::chrono::steady_clock::now() + std::max(delay, Duration::zero()), std::move(fn));
}

bool Loop::cancel(TimerId id) {
  checkThread();
  return timers_.cancel(id);
}

void Loop::runTimers() {
  const MonoTime now = now_;
  if (armed_ <= now) armed_ = {};
  while (auto fn = timers_.takeDue(now)) fn();
}

void Loop::armTimer() {
  const auto next = timers_.next();
  // An alarm that is too early costs one empty iteration; resetting it for every cancelled time-out costs a system call
  // each.
  if (!next || (armed_ != MonoTime{} && armed_ <= *next)) return;
  const auto ns = std::max<std::int64_t>(toNs(*next), 1);
  itimerspec spec{};
  spec.it_value.tv_sec = ns / 1'000'000'000;
  spec.it_value.tv_nsec = ns % 1'000'000'000;
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
  armed_ = *next;
}

Result<std::unique_ptr<FdWatch>> Loop::watchFd(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready) {
  auto watch = std::make_unique<Watch>(*this, fd, std::move(ready));
  if (auto status = watch->begin(events); !status) return fail(status.error());
  return watch;
}

void Loop::defer(std::function<void()> fn) {
  checkThread();
  deferred_functions_.push_back(std::move(fn));
}

void Loop::Works::push(LoopWork& work) {
  // Where more always come before the last has left, what has left would pile up.
  if (front > list.size() / 2 && front > kWorksAnIteration) {
    list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(front));
    for (LoopWork* left : list)
      if (left) left->slot_ -= static_cast<std::uint32_t>(front);
    front = 0;
  }
  work.slot_ = static_cast<std::uint32_t>(list.size());
  list.push_back(&work);
}

LoopWork* Loop::Works::pop() {
  while (front < list.size()) {
    LoopWork* work = list[front++];
    if (!work) continue;
    work->slot_ = LoopWork::kNotDeferred;
    return work;
  }
  list.clear();
  front = 0;
  return nullptr;
}

void Loop::defer(LoopWork& work, Turn turn) {
  checkThread();
  const auto wanted = static_cast<std::uint8_t>(turn);
  if (work.slot_ != LoopWork::kNotDeferred) {
    if (work.turn_ <= wanted) return;
    undefer(work);
  }
  work.turn_ = wanted;
  works(turn).push(work);
}

void Loop::undefer(LoopWork& work) {
  if (work.slot_ == LoopWork::kNotDeferred) return;
  works_[work.turn_].list[work.slot_] = nullptr;
  work.slot_ = LoopWork::kNotDeferred;
}

bool Loop::worksWait() const {
  return std::any_of(works_.begin(), works_.end(), [](const Works& each) { return !each.empty(); });
}

void Loop::runDeferredWork() {
  std::size_t soon = kSoonAnIteration, left = kWorksAnIteration;
  while (true) {
    while (!deferred_functions_.empty()) {
      auto functions = std::move(deferred_functions_);
      deferred_functions_.clear();
      for (auto& fn : functions) fn();
    }
    LoopWork* work = works(Turn::first).pop();
    if (!work && soon > 0 && left > 0 && (work = works(Turn::soon).pop())) --soon, --left;
    if (!work && left > 0 && (work = works(Turn::in_order).pop())) --left;
    if (!work) return;
    work->runDeferred();
  }
}

Status Loop::addFd(int fd, std::uint32_t events, FdHandler& handler) {
  checkThread();
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    return fail(ErrorCode::internal, std::string("The descriptor cannot be watched: ") + strerror(errno) + ".");
  handler.previous_ = nullptr;
  handler.next_ = handlers_;
  if (handlers_) handlers_->previous_ = &handler;
  handlers_ = &handler;
  ++handler_count_;
  return {};
}

void Loop::modifyFd(int fd, std::uint32_t events, FdHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::removeFd(int fd, FdHandler& handler) {
  checkThread();
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  for (int i = batch_->next; i < batch_->count; ++i) {
    auto& event = batch_->events[static_cast<std::size_t>(i)];
    if (event.data.ptr == &handler) event.data.ptr = nullptr;
  }
  if (visit_next_ == &handler) visit_next_ = handler.next_;
  if (handler.previous_)
    handler.previous_->next_ = handler.next_;
  else
    handlers_ = handler.next_;
  if (handler.next_) handler.next_->previous_ = handler.previous_;
  handler.previous_ = handler.next_ = nullptr;
  --handler_count_;
}

void Loop::drain(const void* owner) {
  checkThread();
  for (FdHandler* handler = handlers_; handler; handler = visit_next_) {
    visit_next_ = handler->next_;
    handler->onDrain(owner);
  }
}

void Loop::shutDown() {
  // Posts may hold the last word of somebody (an answer, a hand-over), and handlers may post in turn.
  bool more = true;
  while (more) {
    more = runInbox();
    while (handlers_) {
      handlers_->onLoopStopping();
      more = true;
    }
    runDeferredWork();
    more = more || worksWait();
  }
}

}  // namespace robohub::net
