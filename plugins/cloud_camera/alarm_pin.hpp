// A pin that somebody's sensor pulls up: each rising edge is an alarm, but those that follow within the debounce time
// belong to the same one. Waits on a thread of its own.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "hw/gpio.hpp"

namespace cloud_camera {

class AlarmPin {
 public:
  // Both functions are called on the thread; `complain` once, when the pin has failed and is given up.
  AlarmPin(std::unique_ptr<rh::hw::GpioInput> pin, std::chrono::milliseconds debounce, std::function<void()> alarm,
           std::function<void(const std::string&)> complain)
      : pin_(std::move(pin)),
        debounce_(debounce),
        alarm_(std::move(alarm)),
        complain_(std::move(complain)),
        thread_([this] { run(); }) {}
  ~AlarmPin() {
    ending_ = true;
    thread_.join();
  }
  AlarmPin(const AlarmPin&) = delete;
  AlarmPin& operator=(const AlarmPin&) = delete;

 private:
  void run() {
    using Clock = std::chrono::steady_clock;
    Clock::time_point deaf_until{};
    while (!ending_) {
      bool seen = false;
      const auto status = pin_->waitEdge(std::chrono::milliseconds(100), seen);
      if (!status.ok()) return complain_("The alarm's pin is given up: " + status.message());
      const auto now = Clock::now();
      if (!seen || now < deaf_until) continue;
      deaf_until = now + debounce_;
      alarm_();
    }
  }

  const std::unique_ptr<rh::hw::GpioInput> pin_;
  const std::chrono::milliseconds debounce_;
  const std::function<void()> alarm_;
  const std::function<void(const std::string&)> complain_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace cloud_camera
