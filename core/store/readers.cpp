#include "store/readers.hpp"

#include <pthread.h>
#include <sqlite3.h>

#include <exception>

namespace robohub::store {
namespace {

constexpr int kThreads = 2;
constexpr int kStepsBetweenLooks = 10'000;  // of SQLite's machine: about a millisecond

Error closing() {
  return {ErrorCode::unavailable, "The hub is shutting down.", ""};
}

}  // namespace

Result<std::unique_ptr<Readers>> Readers::start(const std::string& path, DatabaseLimits limits) {
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < kThreads + 1; ++i) {
    auto session = Session::open(path, Session::Role::reader);
    if (!session) return fail(std::move(session.error()));
    sessions.push_back(std::move(*session));
  }
  auto direct = std::move(sessions.back());
  sessions.pop_back();
  return std::unique_ptr<Readers>(new Readers(std::move(sessions), std::move(direct), limits));
}

Readers::Readers(std::vector<std::unique_ptr<Session>> sessions, std::unique_ptr<Session> direct, DatabaseLimits limits)
    : sessions_(std::move(sessions)), direct_(std::move(direct)), limits_(limits) {
  for (auto& session : sessions_) threads_.emplace_back([this, &session] { run(*session); });
}

void Readers::read(Work work, Done done) {
  bool is_closing;
  {
    Lock lock(mutex_);
    is_closing = closing_;
    if (!is_closing && queue_.size() < limits_.read_queue) {
      queue_.push_back({std::move(work), std::move(done)});
      wake_.notify_one();
      return;
    }
  }
  done(is_closing ? fail(closing()) : fail(ErrorCode::exhausted, "Too many reads wait; try again in a moment."));
}

Status Readers::readNow(const Work& work) {
  Lock lock(direct_mutex_);
  if (!direct_) return fail(closing());
  return runOne(*direct_, work);
}

void Readers::run(Session& session) noexcept {
  pthread_setname_np(pthread_self(), "rh-db-read");
  while (true) {
    Request request;
    {
      Lock lock(mutex_);
      wake_.wait(lock, [this]() RH_REQUIRES(mutex_) { return closing_ || !queue_.empty(); });
      if (closing_) return;
      request = std::move(queue_.front());
      queue_.pop_front();
    }
    request.done(runOne(session, request.work));
  }
}

Status Readers::runOne(Session& session, const Work& work) const {
  auto until = std::chrono::steady_clock::now() + limits_.read_time;
  sqlite3_progress_handler(
      session.handle(), kStepsBetweenLooks,
      [](void* end) { return std::chrono::steady_clock::now() > *static_cast<decltype(until)*>(end) ? 1 : 0; }, &until);
  Status answer;
  if (auto begun = session.run("BEGIN"); !begun) {
    answer = fail(std::move(begun.error()));
  } else {
    session.requireTransaction(true);
    try {
      answer = work(session);
    } catch (const std::exception& error) {
      answer = fail(ErrorCode::internal, std::string("A read failed: ") + error.what());
    }
    session.requireTransaction(false);
  }
  sqlite3_progress_handler(session.handle(), 0, nullptr, nullptr);
  if (session.inTransaction()) (void)session.runScript("ROLLBACK");
  return answer;
}

void Readers::close() {
  std::deque<Request> waiting;
  {
    Lock lock(mutex_);
    closing_ = true;
    waiting.swap(queue_);
    wake_.notify_all();
  }
  for (Request& request : waiting) request.done(fail(closing()));
  std::call_once(joined_, [this] {
    for (std::thread& thread : threads_) thread.join();
    sessions_.clear();
    Lock lock(direct_mutex_);
    direct_.reset();
  });
}

}  // namespace robohub::store
