// The output of the test plugins: one byte in a file that the test maps too, so that it sees what "the hardware" does
// whichever process drives it, and a gate byte by which the test holds a command where it wants it.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>

struct TestOutputs {
  std::atomic<std::uint32_t> energised;  // 1: on
  std::atomic<std::uint32_t> hold;       // 1: commands wait before they write
  std::atomic<std::uint32_t> waiting;    // a command waits now
  std::atomic<std::uint32_t> passed;     // commands that came past the waiting
  std::atomic<std::uint32_t> refused;    // writes that the gate refused
  std::atomic<std::uint32_t> halts;
  std::atomic<std::uint32_t> ons;  // how often it was switched on
  std::atomic<std::uint32_t> opens;
  std::atomic<std::uint32_t> failing_opens;  // so many openings fail from now on, with this status
  std::atomic<std::int32_t> failing_status;
  std::atomic<std::int64_t> off_ns;     // CLOCK_MONOTONIC of the last switching off
  std::atomic<std::uint32_t> quiesced;  // how often the driver was closed as it should be; test_good only

  // Maps the file at `path`, making it when it is missing. Null on failure.
  static TestOutputs* map(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return nullptr;
    void* memory = MAP_FAILED;
    if (ftruncate(fd, sizeof(TestOutputs)) == 0)
      memory = mmap(nullptr, sizeof(TestOutputs), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    return memory == MAP_FAILED ? nullptr : static_cast<TestOutputs*>(memory);
  }
  void put(bool on) {
    if (on) ++ons;
    // A second halt switches nothing off.
    if (energised.exchange(on) != 0 && !on) {
      timespec t{};
      clock_gettime(CLOCK_MONOTONIC, &t);
      off_ns = static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
    }
  }
  // Whether this opening is one that the test wants to fail.
  bool opensInVain() {
    std::uint32_t left = failing_opens;
    while (left != 0 && !failing_opens.compare_exchange_weak(left, left - 1)) {
    }
    return left != 0;
  }
  void waitWhileHeld() {
    waiting = 1;
    while (hold) {
      const timespec nap{0, 2'000'000};  // fifty of them beside each other must not keep the processors busy
      nanosleep(&nap, nullptr);
    }
    waiting = 0;
    ++passed;
  }
};
