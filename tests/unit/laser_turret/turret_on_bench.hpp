// A turret behind the plugin's own C tables, on the lab's models, with a host that remembers what it was told. Tests
// call what a host calls, so they see the whole way: dispatch, gate, driver, registers, pin.
#pragma once
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "laser_turret/driver.hpp"
#include "laser_turret/lab/lab_bench.hpp"

namespace laser_turret::test {

// [any-thread]
class FakeHost {
 public:
  FakeHost();
  const rh_host* table() const { return &table_; }
  rh_host_device* device() { return reinterpret_cast<rh_host_device*>(this); }

  rh::Json latest(const std::string& channel);
  // Waits for a picture newer than those already taken; empty after five seconds.
  std::vector<std::uint8_t> nextFrame();
  int frames();

  std::optional<std::string> state;  // what rh.state/1 keeps
  rh_status save_status = RH_OK;
  std::uint64_t begun_before = 0;  // the turn that rh.turns/1 says goes on
  std::vector<std::string> log_lines;

 private:
  static FakeHost& of(const rh_host* host) { return *static_cast<FakeHost*>(host->context); }
  rh_host table_{};
  std::mutex mutex_;
  std::condition_variable framed_;
  std::map<std::string, std::string> channels_;
  std::vector<std::uint8_t> frame_;
  int frames_ = 0;
};

struct Outcome {
  rh_status status = RH_INTERNAL;
  std::string text;
};

// An opened turret on a bench that the test can reach into. Closed by the destructor.
class Turret {
 public:
  explicit Turret(const std::string& config_json = R"({"hardware":"model"})", FakeHost* host = nullptr);
  // On any bench, for hardware that fails.
  Turret(const std::string& config_json, FakeHost* host, std::unique_ptr<Bench> bench);
  ~Turret();

  const Outcome& opened() const { return opened_; }
  bool laser() { return lab_->laserLine().level(); }
  Counts servos();
  LabBench& lab() { return *lab_; }
  FakeHost& host() { return *host_; }
  rh::Json pointing() { return host_->latest("pointing"); }

  Outcome command(const std::string& name, const std::string& params_json);
  // A permit for this long, and what a host calls after the first one of a turn.
  void permit(std::uint64_t epoch, double seconds = 60, bool begins = true);
  void end();
  Outcome halt();
  // A halt within a turn and the turn going on, in the calls of a real host: halt, turn(0), permit, turn(epoch).
  void lapse(std::uint64_t epoch);
  void watch(bool on);

  static const rh_driver& driver();

 private:
  void open(const std::string& config_json, std::unique_ptr<Bench> bench);

  FakeHost own_host_;
  FakeHost* host_;
  LabBench* lab_ = nullptr;
  rh_device* device_ = nullptr;
  Outcome opened_;
  std::uint64_t next_request_ = 1;
  std::atomic<std::uint64_t> epoch_{1};  // of the turn that was permitted last, for commands
};

}  // namespace laser_turret::test
