#include "soak/safety/lamp.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>

#include "hw/model/edges.hpp"
#include "integration/support/process.hpp"
#include "plugins/outputs.hpp"

namespace soak {
namespace {

using namespace std::chrono_literals;
using robohub::integration::eventually;
using robohub::integration::monotonicNs;

// Everything has its own time; fifty who look all the time would be a load of their own.
constexpr auto kLook = 10ms;

class Laser final : public Lamp {
 public:
  explicit Laser(const std::string& file) : Lamp(500ms) {
    eventually([&] {
      try {
        reader_ = std::make_unique<rh::hw::model::EdgeReader>(file);
      } catch (const std::exception&) {
        return false;
      }
      return true;
    });
    if (!reader_) throw std::runtime_error("no edges file " + file);
  }
  ~Laser() override { forgetOwner(); }

  bool on() override {
    // First whether its driver lives, then the edges: one that was written just before the death is not lost.
    const bool died = owner_fd_ >= 0 && dies(0ms);
    const std::int64_t died_ns = monotonicNs();
    read();
    if (died) {
      forgetOwner();
      // The kernel has released the line of a process that is dead.
      if (on_) off_ns_ = died_ns;
      on_ = false;
    }
    return on_;
  }
  int timesOn() override {
    on();
    return times_on_;
  }
  std::int64_t offNs() override { return off_ns_; }
  bool goesOff(std::chrono::milliseconds patience) override {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (on()) {
      if (std::chrono::steady_clock::now() >= end) return false;
      // Edges carry their own time; a death is stamped when it is seen.
      if (owner_fd_ >= 0)
        dies(kLook);
      else
        std::this_thread::sleep_for(kLook);
    }
    return true;
  }
  pid_t watchOwner() override {
    forgetOwner();
    const auto pid = static_cast<pid_t>(reader_->ownerPid());
    owner_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (owner_fd_ < 0) throw std::runtime_error("the driver's process cannot be watched");
    return pid;
  }
  std::uint64_t missed() override { return reader_->missed(); }

 private:
  static constexpr std::uint32_t kOutput = 1;  // of the turret's model

  bool dies(std::chrono::milliseconds patience) const {
    pollfd one{owner_fd_, POLLIN, 0};
    return ::poll(&one, 1, static_cast<int>(patience.count())) > 0;
  }
  void forgetOwner() {
    if (owner_fd_ >= 0) ::close(owner_fd_);
    owner_fd_ = -1;
  }
  void read() {
    for (const auto& edge : reader_->next()) {
      if (edge.output != kOutput) continue;
      const bool on = edge.value != 0;
      if (on && !on_) ++times_on_;
      if (!on && on_) off_ns_ = edge.t_ns;
      on_ = on;
    }
  }
  std::unique_ptr<rh::hw::model::EdgeReader> reader_;
  int owner_fd_ = -1;
  bool on_ = false;
  std::int64_t off_ns_ = 0;
  int times_on_ = 0;
};

class TestLamp final : public Lamp {
 public:
  explicit TestLamp(TestOutputs& outputs) : Lamp(300ms), outputs_(outputs) {}
  bool on() override { return outputs_.energised != 0; }
  int timesOn() override { return static_cast<int>(outputs_.ons); }
  std::int64_t offNs() override { return outputs_.off_ns; }
  bool goesOff(std::chrono::milliseconds patience) override {
    const auto end = std::chrono::steady_clock::now() + patience;
    // The time is written behind the edge.
    while (on() || outputs_.off_ns == off_before_ns_) {
      if (std::chrono::steady_clock::now() >= end) return false;
      std::this_thread::sleep_for(kLook);
    }
    return true;
  }
  pid_t watchOwner() override {
    off_before_ns_ = outputs_.off_ns;
    return 0;
  }

 private:
  TestOutputs& outputs_;
  std::int64_t off_before_ns_ = 0;
};

}  // namespace

std::unique_ptr<Lamp> makeLaser(const std::string& edges_file) {
  return std::make_unique<Laser>(edges_file);
}

std::unique_ptr<Lamp> makeTestLamp(TestOutputs& outputs) {
  return std::make_unique<TestLamp>(outputs);
}

}  // namespace soak
