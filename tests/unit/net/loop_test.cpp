#include "net/loop.hpp"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "net/loop_pool.hpp"
#include "test_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using std::chrono::milliseconds;

namespace {

struct Pair {
  Pair() {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    a.reset(fds[0]);
    b.reset(fds[1]);
  }
  UniqueFd a, b;
};

// The length of this thread's turns (sched_getattr(2)); 0 where the kernel does not tell.
std::uint64_t turnsNs() {
  std::uint64_t attributes[6] = {};
  if (::syscall(SYS_sched_getattr, 0, attributes, sizeof attributes, 0) != 0) return 0;
  return attributes[3];
}

}  // namespace

TEST_CASE("a loop asks for short turns, so that it begins soon where others keep the processors busy") {
  const std::uint64_t before = turnsNs();
  if (before == 0) {
    WARN("left out: this kernel knows no turns of a thread's own");
    return;
  }
  LoopPool loops(1);
  loops.start();
  std::uint64_t on_loop = 0, on_thread_of_loop = 0;
  Signal done;
  loops.at(0).post([&] {
    on_loop = turnsNs();
    std::thread([&] { on_thread_of_loop = turnsNs(); }).join();
    done.raise();
  });
  REQUIRE(done.wait());
  CHECK(on_loop == 100'000);
  CHECK(on_thread_of_loop != 100'000);
  CHECK(turnsNs() == before);
}

TEST_CASE("a loop with more work than one iteration takes has ordinary turns meanwhile") {
  std::uint64_t ordinary = 0;  // of a new thread: this one has run loops
  std::thread([&] { ordinary = turnsNs(); }).join();
  if (ordinary == 0) {
    WARN("left out: this kernel knows no turns of a thread's own");
    return;
  }
  struct Send final : LoopWork {
    std::uint64_t turns = 0;
    void runDeferred() override { turns = turnsNs(); }
  };
  std::vector<Send> crowd(Loop::kWorksAnIteration + 1);
  Loop loop;
  std::uint64_t calm = 0;
  loop.after(milliseconds(0), [&] {
    for (Send& send : crowd) loop.defer(send);
    // At the end of an iteration it is seen that the crowd has gone; the one behind it has short turns.
    loop.after(milliseconds(1100), [&] {
      loop.after(milliseconds(1), [&] {
        calm = turnsNs();
        loop.stop();
      });
    });
  });
  std::thread([&] { loop.run(); }).join();
  CHECK(crowd.front().turns == 100'000);
  CHECK(crowd.back().turns == ordinary);
  CHECK(calm == 100'000);
}

TEST_CASE("posts of one thread run in their order, on the loop's thread") {
  LoopPool loops(2);
  loops.start();
  std::vector<int> seen;
  Signal done;
  for (int i = 0; i < 1000; ++i)
    loops.at(1).post([&, i] {
      CHECK(loops.at(1).inLoop());
      CHECK(loops.current() == &loops.at(1));
      seen.push_back(i);
      if (i == 999) done.raise();
    });
  REQUIRE(done.wait());
  CHECK_FALSE(loops.at(1).inLoop());
  CHECK(loops.current() == nullptr);
  loops.stop();
  REQUIRE(seen.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(seen[static_cast<std::size_t>(i)] == i);
  CHECK(loops.at(1).stats().posted.load() >= 1000);
}

TEST_CASE("a loop that posts to itself goes on without anybody's help") {
  Loop loop;
  int left = 100;
  std::function<void()> again = [&] {
    if (--left > 0)
      loop.post(again);
    else
      loop.stop();
  };
  loop.post(again);
  loop.run();
  CHECK(left == 0);
}

TEST_CASE("what was posted before the end is run before run() returns") {
  Loop loop;
  bool ran = false;
  loop.post([&] {
    loop.stop();
    loop.post([&] { loop.post([&] { ran = true; }); });
  });
  loop.run();
  CHECK(ran);
}

TEST_CASE("timers of a loop fire in order and not too early, and can be cancelled from a callback") {
  Loop loop;
  std::string order;
  const auto start = std::chrono::steady_clock::now();
  loop.post([&] {
    TimerId doomed = loop.after(milliseconds(20), [&] { order += 'x'; });
    loop.after(milliseconds(10), [&, doomed] {
      order += 'a';
      CHECK(std::chrono::steady_clock::now() - start >= milliseconds(10));
      CHECK(loop.cancel(doomed));
      loop.after(milliseconds(5), [&] { order += 'b'; });  // earlier than what is armed
    });
    loop.after(milliseconds(500), [&] {
      order += 'c';
      loop.stop();
    });
  });
  loop.run();
  CHECK(order == "abc");
}

TEST_CASE("a watch reports a readable descriptor, and its callback may end it") {
  Loop loop;
  Pair pair;
  std::unique_ptr<FdWatch> watch;
  int calls = 0;
  loop.post([&] {
    watch = loop.watchFd(pair.a.get(), EPOLLIN,
                         [&](std::uint32_t events) {
                           CHECK((events & EPOLLIN) != 0);
                           ++calls;
                           watch.reset();
                           loop.after(milliseconds(5), [&] { loop.stop(); });
                         })
                .value();
    CHECK(write(pair.b.get(), "x", 1) == 1);
  });
  loop.run();
  CHECK(calls == 1);
  CHECK(loop.handlerCount() == 0);
}

TEST_CASE("a handler that another one removes in the same iteration hears no more") {
  Loop loop;
  Pair one, two;
  std::unique_ptr<FdWatch> first, second;
  int calls = 0;
  const auto ready = [&](std::unique_ptr<FdWatch>& other) {
    return [&](std::uint32_t) {
      ++calls;
      other.reset();
      loop.stop();
    };
  };
  loop.post([&] {
    first = loop.watchFd(one.a.get(), EPOLLIN, ready(second)).value();
    second = loop.watchFd(two.a.get(), EPOLLIN, ready(first)).value();
    CHECK(write(one.b.get(), "x", 1) == 1);
    CHECK(write(two.b.get(), "x", 1) == 1);
  });
  loop.run();
  CHECK(calls == 1);
}

TEST_CASE("a regular file cannot be watched, and the caller is told") {
  Loop loop;
  FILE* file = tmpfile();
  const auto watch = loop.watchFd(fileno(file), EPOLLIN, [](std::uint32_t) {});
  REQUIRE_FALSE(watch);
  CHECK(watch.error().code == ErrorCode::internal);
  fclose(file);
}

TEST_CASE("deferred work runs once at the end of the iteration") {
  Loop loop;
  std::string order;
  struct Work : LoopWork {
    explicit Work(std::string& log) : order(log) {}
    void runDeferred() override { order += 'w'; }
    std::string& order;
  } work(order);
  loop.post([&] {
    loop.defer(work);
    loop.defer(work);
    loop.defer([&] { order += 'f'; });
    order += 'p';
  });
  loop.post([&] {
    order += 'q';
    loop.stop();
  });
  loop.run();
  CHECK(order == "pqfw");
}

namespace {
struct NumberedWork : LoopWork {
  void runDeferred() override { done(number); }
  std::function<void(int)> done;
  int number = 0;
};
}  // namespace

TEST_CASE("a crowd's work comes in slices, in order, and keeps nobody else waiting for all of it") {
  Loop loop;
  constexpr int kCrowd = 1000;
  std::vector<NumberedWork> crowd(kCrowd);
  NumberedWork stop;
  std::vector<int> order;
  const auto done = [&](int number) { order.push_back(number); };
  for (int i = 0; i < kCrowd; ++i) {
    crowd[static_cast<std::size_t>(i)].number = i;
    crowd[static_cast<std::size_t>(i)].done = done;
  }
  stop.number = -1;
  stop.done = done;
  std::size_t before_post = 0, before_timer = 0;
  loop.post([&] {
    for (auto& work : crowd) loop.defer(work);
    loop.post([&] {
      before_post = order.size();
      loop.defer(stop, Loop::Turn::first);
      loop.defer(crowd[0]);             // behind the others: it was there already
      loop.undefer(crowd[kCrowd - 1]);  // not begun yet
    });
    loop.after(std::chrono::nanoseconds(1), [&] { before_timer = order.size(); });
  });
  crowd[kCrowd - 2].done = [&](int number) {
    done(number);
    loop.stop();
  };
  loop.run();
  CHECK(before_post <= Loop::kWorksAnIteration);
  CHECK(before_timer <= 2 * Loop::kWorksAnIteration);
  const auto at = std::find(order.begin(), order.end(), -1);
  REQUIRE(at != order.end());
  CHECK(at - order.begin() == static_cast<std::ptrdiff_t>(before_post));
  order.erase(at);
  REQUIRE(order.size() == kCrowd);
  for (int i = 0; i < kCrowd - 1; ++i) REQUIRE(order[static_cast<std::size_t>(i)] == i);
  CHECK(order.back() == 0);
}

TEST_CASE("an answer does not wait for what a crowd is sent, nor does the crowd wait for ever for answers") {
  Loop loop;
  constexpr int kCrowd = 1000, kAnswers = 300;
  std::vector<NumberedWork> crowd(kCrowd), answers(kAnswers);
  std::vector<int> order;
  int crowd_done = 0, most_between = 0, between = 0;
  for (int i = 0; i < kCrowd; ++i) {
    auto& work = crowd[static_cast<std::size_t>(i)];
    work.number = i;
    work.done = [&](int number) {
      order.push_back(number);
      most_between = std::max(most_between, std::exchange(between, 0));
      if (++crowd_done == kCrowd) loop.stop();
    };
  }
  // More answers than leave in one iteration, and each is followed by another one.
  for (int i = 0; i < kAnswers; ++i) {
    auto& work = answers[static_cast<std::size_t>(i)];
    work.number = i;
    work.done = [&](int number) {
      if (number == 0) order.push_back(-1);
      ++between;
      if (crowd_done < kCrowd)
        loop.post([&, number] { loop.defer(answers[static_cast<std::size_t>(number)], Loop::Turn::soon); });
    };
  }
  std::size_t asked = 0;
  loop.post([&] {
    for (auto& work : crowd) loop.defer(work);
    loop.post([&] {
      asked = order.size();
      for (auto& work : answers) loop.defer(work, Loop::Turn::soon);
      loop.defer(crowd[900], Loop::Turn::soon);  // it has an answer too: behind those before it, not behind the crowd
      loop.defer(crowd[900]);                    // and is not put back
    });
  });
  loop.run();
  const auto place = [&](int number) {
    return static_cast<std::size_t>(std::find(order.begin(), order.end(), number) - order.begin());
  };
  CHECK(asked == Loop::kWorksAnIteration);
  CHECK(place(-1) == asked);
  CHECK(place(900) < place(400));
  CHECK(crowd_done == kCrowd);
  CHECK(most_between <= static_cast<int>(Loop::kSoonAnIteration));
}

TEST_CASE("an answer that a crowd's last write of an iteration makes does not let the whole crowd through") {
  Loop loop;
  std::vector<NumberedWork> crowd(10 * Loop::kWorksAnIteration);
  NumberedWork answer;
  std::size_t done = 0, done_by_next = 0;
  bool answered = false;
  answer.done = [&](int) { answered = true; };
  for (auto& work : crowd)
    work.done = [&](int) {
      if (++done == Loop::kWorksAnIteration) {
        loop.defer(answer, Loop::Turn::soon);
        loop.post([&] { done_by_next = done; });
      }
      if (done == crowd.size()) loop.stop();
    };
  loop.post([&] {
    for (auto& work : crowd) loop.defer(work);
  });
  loop.run();
  CHECK(answered);
  CHECK(done_by_next == Loop::kWorksAnIteration);
}

TEST_CASE("deferred work that always comes anew keeps its order and piles nothing up") {
  Loop loop;
  constexpr int kCrowd = 300;
  std::vector<NumberedWork> crowd(kCrowd);
  int next = 0, rounds = 0;
  for (int i = 0; i < kCrowd; ++i) {
    crowd[static_cast<std::size_t>(i)].number = i;
    crowd[static_cast<std::size_t>(i)].done = [&](int number) {
      REQUIRE(number == next);
      next = (next + 1) % kCrowd;
      if (number == kCrowd - 1 && ++rounds == 100) loop.stop();
      if (rounds < 100) loop.defer(crowd[static_cast<std::size_t>(number)]);
    };
  }
  loop.post([&] {
    for (auto& work : crowd) loop.defer(work);
  });
  loop.run();
  CHECK(rounds == 100);
}

TEST_CASE("a device always has the same loop") {
  LoopPool loops(3);
  CHECK(&loops.forDevice(7) == &loops.forDevice(7));
  CHECK(&loops.forDevice(7) == &loops.at(1));
}

TEST_CASE("blocking work runs beside the loop and posts its result") {
  Loop loop;
  std::thread::id worker;
  loop.runBlocking([&] {
    worker = std::this_thread::get_id();
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  CHECK(worker != std::thread::id());
  CHECK(worker != std::this_thread::get_id());
}
