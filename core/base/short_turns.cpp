#include "base/short_turns.hpp"

#include <dirent.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace robohub {

namespace {

constexpr std::uint64_t kShortest = 100'000, kOrdinary = 0;

void setTurns(int thread, std::uint64_t runtime_ns) {
  struct {
    std::uint32_t size = 48, policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime_ns = 0, deadline_ns = 0, period_ns = 0;
  } turns;
  constexpr std::uint64_t kResetOnFork = 1;
  if (::syscall(SYS_sched_getattr, thread, &turns, sizeof turns, 0) != 0 || turns.policy != SCHED_OTHER) return;
  turns.runtime_ns = runtime_ns;
  turns.flags |= kResetOnFork;
  ::syscall(SYS_sched_setattr, thread, &turns, 0);
}

}  // namespace

void askForShortTurns() {
  setTurns(0, kShortest);
}

void askForOrdinaryTurns() {
  setTurns(0, kOrdinary);
}

void askForShortTurnsOf(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  DIR* threads = ::opendir(folder.c_str());
  if (!threads) return;
  while (const dirent* thread = ::readdir(threads))
    if (const int number = std::atoi(thread->d_name); number > 0) setTurns(number, kShortest);
  ::closedir(threads);
}

}  // namespace robohub
