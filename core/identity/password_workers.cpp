#include "identity/password_workers.hpp"

#include <pthread.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <thread>

#include "base/mutex.hpp"
#include "identity/secrets.hpp"

namespace robohub::identity {
namespace {

constexpr int kNice = 10;

constexpr auto kRestAfter = std::chrono::seconds(5);

// Nobody's password: verifying against it costs what a real one costs, so that time does not tell which names exist.
std::string dummyHash(PasswordCost cost) {
  startSodium();
  // A salt and a hash of the right length in base64; nothing is known that hashes to it.
  return "$argon2id$v=19$m=" + std::to_string(cost.memory_bytes / 1024) + ",t=" + std::to_string(cost.operations) +
         ",p=1$" + std::string(22, 'A') + "$" + std::string(43, 'A');
}

}  // namespace

Result<std::string> hashPassword(const std::string& password, PasswordCost cost) {
  startSodium();
  return Argon2().hash(password, cost);
}

struct PasswordWorkers::Parts {
  struct Job {
    std::string password;
    std::string stored;
    std::function<void(Result<std::string>)> hashed;
    std::function<void(Result<bool>)> verified;

    void answer(const Error& error) {
      if (hashed) hashed(fail(error));
      if (verified) verified(fail(error));
    }
    ~Job() { sodium_memzero(password.data(), password.size()); }
  };

  PasswordCost cost;
  std::size_t queue_limit;
  std::string dummy;
  Mutex mutex;
  Condition wake;
  std::deque<std::unique_ptr<Job>> queue RH_GUARDED_BY(mutex);
  bool closing RH_GUARDED_BY(mutex) = false;
  std::vector<std::thread> threads;

  void add(std::unique_ptr<Job> job) {
    bool over = false;
    {
      Lock lock(mutex);
      over = closing;
      if (!over && queue.size() < queue_limit) {
        queue.push_back(std::move(job));
        wake.notify_one();
        return;
      }
    }
    if (over) return job->answer({ErrorCode::unavailable, "The hub is shutting down.", ""});
    job->answer({ErrorCode::exhausted, "Too many people are signing in at once; try again in a moment.", ""});
  }

  void run() noexcept {
    pthread_setname_np(pthread_self(), "rh-password");
    // What people wait for goes before. Not SCHED_IDLE: beside other programs that keep every core busy a sign-in would
    // take minutes. The batch class keeps a hash from being woken before anybody, and the loops ask for short turns.
    const sched_param none{};
    (void)::pthread_setschedparam(::pthread_self(), SCHED_BATCH, &none);
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
    Argon2 argon;
    const auto due = [this]() RH_REQUIRES(mutex) { return closing || !queue.empty(); };
    while (true) {
      std::unique_ptr<Job> job;
      {
        Lock lock(mutex);
        if (!wake.wait_for(lock, kRestAfter, due)) {
          lock.unlock();
          argon.rest();
          lock.lock();
          wake.wait(lock, due);
        }
        if (closing) return;
        job = std::move(queue.front());
        queue.pop_front();
      }
      if (job->hashed) {
        job->hashed(argon.hash(job->password, cost));
      } else {
        Result<bool> right = argon.verify(job->password, job->stored.empty() ? dummy : job->stored);
        if (right) *right = *right && !job->stored.empty();
        job->verified(std::move(right));
      }
    }
  }
};

unsigned PasswordWorkers::threadsFor(unsigned cores) {
  return cores > 2 ? 2 : 1;
}

PasswordWorkers::PasswordWorkers(PasswordCost cost, std::size_t queue_limit, unsigned threads)
    : parts_(std::make_unique<Parts>()) {
  parts_->cost = cost;
  parts_->queue_limit = queue_limit;
  parts_->dummy = dummyHash(cost);
  for (unsigned i = 0; i < threads; ++i) parts_->threads.emplace_back([parts = parts_.get()] { parts->run(); });
}

PasswordWorkers::~PasswordWorkers() {
  end();
}

void PasswordWorkers::end() {
  std::deque<std::unique_ptr<Parts::Job>> waiting;
  {
    Lock lock(parts_->mutex);
    parts_->closing = true;
    waiting.swap(parts_->queue);
    parts_->wake.notify_all();
  }
  for (auto& job : waiting) job->answer({ErrorCode::unavailable, "The hub is shutting down.", ""});
  for (std::thread& thread : parts_->threads)
    if (thread.joinable()) thread.join();
}

void PasswordWorkers::hash(std::string password, std::function<void(Result<std::string>)> done) {
  auto job = std::make_unique<Parts::Job>();
  job->password = std::move(password);
  job->hashed = std::move(done);
  parts_->add(std::move(job));
}

void PasswordWorkers::verify(std::string password, std::string stored, std::function<void(Result<bool>)> done) {
  auto job = std::make_unique<Parts::Job>();
  job->password = std::move(password);
  job->stored = std::move(stored);
  job->verified = std::move(done);
  parts_->add(std::move(job));
}

}  // namespace robohub::identity
