#include "identity/password_workers.hpp"

#include <pthread.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "identity/secrets.hpp"

namespace robohub::identity {
namespace {

constexpr int kThreads = 2;
constexpr int kNice = 10;

std::string base64(const std::string& bytes) {
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  text.pop_back();
  return text;
}

std::string randomBytes(std::size_t size) {
  std::string bytes(size, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

// Nobody's password: verifying against it costs what a real one costs, so that time does not tell which names exist.
std::string dummyHash(PasswordCost cost) {
  startSodium();
  return "$argon2id$v=19$m=" + std::to_string(cost.memory_bytes / 1024) + ",t=" + std::to_string(cost.operations) +
         ",p=1$" + base64(randomBytes(16)) + "$" + base64(randomBytes(32));
}

}  // namespace

Result<std::string> hashPassword(const std::string& password, PasswordCost cost) {
  startSodium();
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), cost.operations, cost.memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(ErrorCode::exhausted, "There is not enough memory to hash a password.");
  return std::string(text.data());
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
  std::mutex mutex;  // guards queue and closing
  std::condition_variable wake;
  std::deque<std::unique_ptr<Job>> queue;
  bool closing = false;
  std::vector<std::thread> threads;

  void add(std::unique_ptr<Job> job) {
    bool over = false;
    {
      std::lock_guard lock(mutex);
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
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
    while (true) {
      std::unique_ptr<Job> job;
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [this] { return closing || !queue.empty(); });
        if (closing) return;
        job = std::move(queue.front());
        queue.pop_front();
      }
      if (job->hashed) {
        job->hashed(hashPassword(job->password, cost));
      } else {
        const std::string& stored = job->stored.empty() ? dummy : job->stored;
        bool right = crypto_pwhash_str_verify(stored.c_str(), job->password.data(), job->password.size()) == 0;
        job->verified(right && !job->stored.empty());
      }
    }
  }
};

PasswordWorkers::PasswordWorkers(PasswordCost cost, std::size_t queue_limit) : parts_(std::make_unique<Parts>()) {
  parts_->cost = cost;
  parts_->queue_limit = queue_limit;
  parts_->dummy = dummyHash(cost);
  for (int i = 0; i < kThreads; ++i) parts_->threads.emplace_back([parts = parts_.get()] { parts->run(); });
}

PasswordWorkers::~PasswordWorkers() {
  end();
}

void PasswordWorkers::end() {
  std::deque<std::unique_ptr<Parts::Job>> waiting;
  {
    std::lock_guard lock(parts_->mutex);
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
