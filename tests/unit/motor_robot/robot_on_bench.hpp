// A robot behind the plugin's own C tables, on the lab's models, with a host that remembers what it was told. Tests
// call what a host calls, so they see the whole way: dispatch, gate, driver, pins, chips.
#pragma once
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "motor_robot/driver.hpp"
#include "motor_robot/lab/lab_bench.hpp"

namespace motor_robot::test {

// [any-thread]
class FakeHost {
 public:
  FakeHost();
  const rh_host* table() const { return &table_; }
  rh_host_device* device() { return reinterpret_cast<rh_host_device*>(this); }

  rh::Json latest(const std::string& channel);
  int published(const std::string& channel);
  // Waits until a channel was published `more` times more; false after ten seconds.
  bool awaitPublished(const std::string& channel, int more);
  // Waits for a line that holds `part`; empty after ten seconds.
  std::string awaitLog(const std::string& part);
  std::vector<std::string> log();
  // Waits for a picture newer than those already taken; empty after twenty seconds.
  std::vector<std::uint8_t> nextFrame();
  int frames();

 private:
  static FakeHost& of(const rh_host* host) { return *static_cast<FakeHost*>(host->context); }
  rh_host table_{};
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::map<std::string, std::string> channels_;
  std::map<std::string, int> counts_;
  std::vector<std::string> log_lines_;
  std::vector<std::uint8_t> frame_;
  int frames_ = 0;
};

struct Outcome {
  rh_status status = RH_INTERNAL;
  std::string text;
};

// An opened robot on a bench that the test can reach into. Closed by the destructor.
class Robot {
 public:
  // `prepare` may damage the lab before the driver opens.
  explicit Robot(const std::string& config_json = R"({"hardware":"model"})",
                 const std::function<void(LabBench&)>& prepare = {});
  // On any bench, for hardware that is not there.
  Robot(const std::string& config_json, std::unique_ptr<Bench> bench);
  ~Robot();

  const Outcome& opened() const { return opened_; }
  LabBench& lab() { return *lab_; }
  FakeHost& host() { return host_; }
  rh::Json outputs() { return host_.latest("outputs"); }
  // Both motors as the pins have them: "CCW 500, CW 500" in thousandths, "off", or "both high" where nobody wants it.
  std::string motors();
  bool quiet() { return lab_->motor(0).off() && lab_->motor(1).off(); }

  Outcome command(const std::string& name, const std::string& params_json = "{}");
  Outcome drive(int left_percent, int right_percent);
  // A permit for this long, and what a host calls after the first one of a turn.
  void permit(std::uint64_t epoch, double seconds = 60);
  void end();
  Outcome halt();
  void watch(bool on, const char* stream = "main");

  static const rh_driver& driver();

 private:
  void open(const std::string& config_json, std::unique_ptr<Bench> bench);

  FakeHost host_;
  LabBench* lab_ = nullptr;
  rh_device* device_ = nullptr;
  Outcome opened_;
  std::atomic<std::uint64_t> next_request_{1};
  std::atomic<std::uint64_t> epoch_{1};  // of the turn that was permitted last, for commands
};

}  // namespace motor_robot::test
