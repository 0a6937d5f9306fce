#include "identity/password_workers.hpp"

#include <pthread.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
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
    bool known = false;   // by somebody who is
    std::string network;  // of somebody who is not
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
  std::deque<std::unique_ptr<Job>> strangers RH_GUARDED_BY(mutex);
  std::deque<std::unique_ptr<Job>> known RH_GUARDED_BY(mutex);
  bool known_went RH_GUARDED_BY(mutex) = false;
  bool closing RH_GUARDED_BY(mutex) = false;
  std::vector<std::thread> threads;

  bool hasPlaceFor(const Job& job) const RH_REQUIRES(mutex) {
    const std::size_t quarter = std::max<std::size_t>(1, queue_limit / 4);
    if (job.known) return known.size() < quarter;
    if (strangers.size() >= queue_limit) return false;
    if (job.network.empty() || strangers.size() < queue_limit / 2) return true;
    std::size_t of_network = 0;
    for (const auto& each : strangers) of_network += each->network == job.network;
    return of_network < quarter;
  }

  bool empty() const RH_REQUIRES(mutex) { return strangers.empty() && known.empty(); }

  // By turns, so that neither line waits for ever for the other one.
  std::unique_ptr<Job> next() RH_REQUIRES(mutex) {
    known_went = !known.empty() && (strangers.empty() || !known_went);
    auto& line = known_went ? known : strangers;
    auto job = std::move(line.front());
    line.pop_front();
    return job;
  }

  void add(std::unique_ptr<Job> job) {
    bool over = false;
    {
      Lock lock(mutex);
      over = closing;
      if (!over && hasPlaceFor(*job)) {
        auto& line = job->known ? known : strangers;
        line.push_back(std::move(job));
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
    const auto due = [this]() RH_REQUIRES(mutex) { return closing || !empty(); };
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
        job = next();
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
  std::deque<std::unique_ptr<Parts::Job>> strangers, known;
  {
    Lock lock(parts_->mutex);
    parts_->closing = true;
    strangers.swap(parts_->strangers);
    known.swap(parts_->known);
    parts_->wake.notify_all();
  }
  for (const auto* line : {&strangers, &known})
    for (const auto& job : *line) job->answer({ErrorCode::unavailable, "The hub is shutting down.", ""});
  for (std::thread& thread : parts_->threads)
    if (thread.joinable()) thread.join();
}

void PasswordWorkers::hash(std::string password, std::function<void(Result<std::string>)> done) {
  auto job = std::make_unique<Parts::Job>();
  job->password = std::move(password);
  job->known = true;
  job->hashed = std::move(done);
  parts_->add(std::move(job));
}

void PasswordWorkers::verify(std::string password, std::string stored, std::string network,
                             std::function<void(Result<bool>)> done) {
  auto job = std::make_unique<Parts::Job>();
  job->password = std::move(password);
  job->stored = std::move(stored);
  job->network = std::move(network);
  job->verified = std::move(done);
  parts_->add(std::move(job));
}

void PasswordWorkers::verifyOwn(std::string password, std::string stored, std::function<void(Result<bool>)> done) {
  auto job = std::make_unique<Parts::Job>();
  job->password = std::move(password);
  job->stored = std::move(stored);
  job->known = true;
  job->verified = std::move(done);
  parts_->add(std::move(job));
}

}  // namespace robohub::identity
