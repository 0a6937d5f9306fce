#include "store/writer.hpp"

#include <pthread.h>
#include <sqlite3.h>

#include <exception>

namespace robohub::store {
namespace {

constexpr int kCheckpointPages = 1000;  // 4 MB of WAL: copied into the file while nobody waits for the answer
constexpr int kResetPages = 16000;      // 64 MB: readers have kept the WAL from being reused, so wait for them once

Error rolledBack() {
  return {ErrorCode::internal, "The database has rolled the transaction back; nothing of it was stored.", ""};
}

}  // namespace

Writer::Writer(std::unique_ptr<Session> session, DatabaseLimits limits)
    : session_(std::move(session)), limits_(limits) {
  sqlite3_wal_hook(
      session_->handle(),
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &wal_pages_);
  thread_ = std::thread([this] { run(); });
}

void Writer::write(Work work, Done done) {
  bool closing;
  {
    Lock lock(mutex_);
    closing = closing_;
    if (!closing && queue_.size() < limits_.write_queue) {
      queue_.push_back({std::move(work), std::move(done)});
      waiting_.store(queue_.size(), std::memory_order_relaxed);
      wake_.notify_one();
      return;
    }
  }
  done(closing ? fail(ErrorCode::unavailable, "The hub is shutting down.")
               : fail(ErrorCode::exhausted, "Too many changes wait for the disk; try again in a moment."));
}

void Writer::run() noexcept {
  pthread_setname_np(pthread_self(), "rh-db-write");
  std::vector<Request> batch;
  while (true) {
    {
      Lock lock(mutex_);
      wake_.wait(lock, [this]() RH_REQUIRES(mutex_) { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      while (!queue_.empty() && batch.size() < limits_.batch) {
        batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      waiting_.store(queue_.size(), std::memory_order_relaxed);
    }
    runBatch(batch);
    batch.clear();
    if (wal_pages_ >= kCheckpointPages) checkpoint();
  }
}

void Writer::runBatch(std::vector<Request>& batch) {
  std::vector<Status> answers(batch.size());
  Status whole = session_->runScript("BEGIN IMMEDIATE");
  session_->requireTransaction(true);
  for (std::size_t i = 0; whole && i < batch.size(); ++i) {
    answers[i] = runOne(batch[i].work);
    // A full disk or a failed write undoes everything by itself; going on would commit the rest one by one.
    if (!session_->inTransaction()) whole = answers[i] ? fail(rolledBack()) : answers[i];
  }
  session_->requireTransaction(false);
  if (whole) whole = session_->runScript("COMMIT");
  if (!whole) {
    if (session_->inTransaction()) (void)session_->runScript("ROLLBACK");
    if (whole.error().code == ErrorCode::exhausted && limits_.on_full) limits_.on_full();
    for (Status& answer : answers)
      if (answer) answer = whole;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(std::move(answers[i]));
}

Status Writer::runOne(const Work& work) {
  if (auto begun = session_->run("SAVEPOINT request"); !begun) return fail(std::move(begun.error()));
  Status answer;
  try {
    answer = work(*session_);
  } catch (const std::exception& error) {
    answer = fail(ErrorCode::internal, std::string("A change failed: ") + error.what());
  }
  if (!session_->inTransaction()) return answer;
  if (!answer) {
    if (auto undone = session_->run("ROLLBACK TO request"); !undone) (void)session_->runScript("ROLLBACK");
  }
  if (session_->inTransaction()) {
    // If it cannot be released it must not be committed either.
    if (auto released = session_->run("RELEASE request"); !released) {
      (void)session_->runScript("ROLLBACK");
      return fail(std::move(released.error()));
    }
  }
  return answer;
}

void Writer::checkpoint() {
  // What fails here is tried again after the next batch; nothing acknowledged depends on it.
  int mode = wal_pages_ >= kResetPages ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  sqlite3_wal_checkpoint_v2(session_->handle(), nullptr, mode, nullptr, nullptr);
}

void Writer::close() {
  {
    Lock lock(mutex_);
    closing_ = true;
    wake_.notify_one();
  }
  std::call_once(joined_, [this] {
    thread_.join();
    sqlite3_wal_checkpoint_v2(session_->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    session_.reset();
  });
}

}  // namespace robohub::store
