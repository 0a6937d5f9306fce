#include "identity/password_workers.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using namespace robohub;
using namespace robohub::identity;

namespace {

constexpr PasswordCost kCheap{1, 8192};

Result<bool> verify(PasswordWorkers& workers, std::string password, std::string stored) {
  std::promise<Result<bool>> answer;
  workers.verify(std::move(password), std::move(stored), "",
                 [&](Result<bool> result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

}  // namespace

TEST_CASE("passwords are Argon2id of 64 MiB in three passes, salted") {
  std::string hash = hashPassword("correct horse").value();
  CHECK(hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
  PasswordWorkers workers;
  CHECK(verify(workers, "correct horse", hash).value());
  CHECK_FALSE(verify(workers, "correct horsf", hash).value());
}

TEST_CASE("nobody's password is never right, and costs what a real one costs") {
  PasswordWorkers workers;
  std::string hash = hashPassword("something else").value();
  auto time = [&](const std::string& stored) {
    auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(verify(workers, "correct horse", stored).value());
    return std::chrono::steady_clock::now() - begin;
  };
  // A dummy that is not recognised as a hash would come back in microseconds.
  auto real = std::min({time(hash), time(hash)});
  auto nobody = std::max({time(""), time("")});
  CHECK(nobody * 3 > real);
}

TEST_CASE("a core is left to what must be quick, and never more than two hash") {
  CHECK(PasswordWorkers::threadsFor(0) == 1);
  CHECK(PasswordWorkers::threadsFor(1) == 1);
  CHECK(PasswordWorkers::threadsFor(2) == 1);
  CHECK(PasswordWorkers::threadsFor(3) == 2);
  CHECK(PasswordWorkers::threadsFor(64) == 2);
}

TEST_CASE("at most two hash at once, the line is short, and closing answers everybody") {
  std::atomic<int> running{0}, most{0}, right{0}, exhausted{0}, unavailable{0};
  std::string hash = hashPassword("correct horse", kCheap).value();
  std::promise<void> open;
  auto gate = open.get_future().share();
  std::promise<void> both_run;
  std::atomic<bool> told{false};
  {
    PasswordWorkers workers(kCheap, 4, 2);
    auto done = [&](Result<bool> result) {
      if (!result) return void(result.error().code == ErrorCode::exhausted ? ++exhausted : ++unavailable);
      int now = ++running;
      most = std::max(most.load(), now);
      if (now == 2 && !told.exchange(true)) both_run.set_value();
      gate.wait();
      ++right;
      --running;
    };
    workers.verify("correct horse", hash, "", done);
    workers.verify("correct horse", hash, "", done);
    both_run.get_future().wait();
    for (int i = 0; i < 6; ++i) workers.verify("correct horse", hash, "", done);
    CHECK(exhausted == 2);
    CHECK(running == 2);
    open.set_value();
  }
  CHECK(most == 2);
  CHECK(right + unavailable == 6);
  CHECK(right >= 2);
}

TEST_CASE("one network leaves places in the line to others, and whoever is signed in waits in a line of his own") {
  std::string hash = hashPassword("correct horse", kCheap).value();
  std::promise<void> begun, open;
  auto gate = open.get_future().share();
  std::atomic<int> exhausted{0};
  const auto count = [&](const Result<bool>& result) {
    if (!result && result.error().code == ErrorCode::exhausted) ++exhausted;
  };
  std::promise<bool> other, own;
  {
    PasswordWorkers workers(kCheap, 64, 1);
    workers.verify("correct horse", hash, "", [&](const Result<bool>&) {
      begun.set_value();
      gate.wait();
    });
    begun.get_future().wait();
    for (int i = 0; i < 60; ++i) workers.verify("wrong horse", hash, "20010db80001/48", count);
    CHECK(exhausted == 28);
    workers.verify("correct horse", hash, "192.0.2.7",
                   [&](const Result<bool>& right) { other.set_value(right.value_or(false)); });
    for (int i = 0; i < 60; ++i) workers.verify("wrong horse", hash, "", count);  // of this machine: until it is full
    CHECK(exhausted == 28 + 29);
    workers.verifyOwn("correct horse", hash, [&](const Result<bool>& right) { own.set_value(right.value_or(false)); });
    open.set_value();
    CHECK(own.get_future().get());
    CHECK(other.get_future().get());
  }
}
