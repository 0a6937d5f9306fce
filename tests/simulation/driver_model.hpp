// A driver in a child process with one output, as the plugin host runs it: permits and commands come on one channel,
// halts on another (they may overtake each other), and it keeps its own deadline, so that it switches off when the
// agent is gone. Its faults: a command that never ends, a halt that fails (the output stays on), a crash.
#pragma once
#include <functional>
#include <map>
#include <string>

#include "link/fence_effects.hpp"
#include "world.hpp"

namespace simulation {

// One machine's monotonic clock: its own beginning, its own rate.
struct LocalClock {
  Time offset = 0;
  int drift_millionths = 0;
  Time read(Time now) const { return offset + now + now * drift_millionths / 1'000'000; }
  // Off by less than a microsecond.
  Time trueTime(Time local) const { return local - offset - (local - offset) * drift_millionths / 1'000'000; }
};

class DriverModel : public Process {
 public:
  struct Listener {  // the agent's shell; called on the agent's side, delays included
    std::function<void(std::uint64_t number, bool ok)> halt_done;
    std::function<void(std::uint64_t run, robohub::link::FinalState)> command_done;
  };
  DriverModel(World& world, const bool& stop_shown_confirmed) : Process(world), stop_shown_(stop_shown_confirmed) {}

  void open(const LocalClock& clock, Listener listener);  // the hardware is safe then
  void close();                                           // killed; the hardware keeps what it has

  void permit(const robohub::link::GivePermit& permit);
  void halt(const robohub::link::HaltDriver& halt);
  void run(const robohub::link::RunCommand& command);
  void cancel(std::uint64_t run);
  void agentGone();  // end of file on the halt channel

  bool energised() const;
  Epoch epoch() const { return epoch_; }
  void checkOutput();  // against the truth; after every event

  bool hangs = false;       // commands begin and never end
  bool halt_fails = false;  // and the output keeps what it has

 private:
  void safe() {
    until_ = 0;
    stuck_ = false;
  }
  void execute(std::uint64_t run, int command, Epoch epoch);

  const bool& stop_shown_;
  LocalClock clock_;
  Listener listener_;
  Time channel_until_ = 0;  // the command channel keeps its order
  std::uint64_t newest_halt_ = 0;
  Epoch epoch_ = 0;
  Time until_ = 0;  // true time; the permit that holds
  bool stuck_ = false;
  std::map<std::uint64_t, bool> runs_;  // begun and not ended
};

}  // namespace simulation
