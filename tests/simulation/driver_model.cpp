#include "driver_model.hpp"

#include <algorithm>
#include <cstdlib>

namespace simulation {

using robohub::link::FinalState;

void DriverModel::open(const LocalClock& clock, Listener listener) {
  born();
  safe();
  clock_ = clock;
  listener_ = std::move(listener);
  channel_until_ = 0;
  newest_halt_ = 0;
  epoch_ = 0;
  hangs = halt_fails = false;
  runs_.clear();
}

void DriverModel::close() {
  if (!alive()) return;
  // A process that is killed cannot switch off; what it left energised stays so until the next open.
  stuck_ = energised();
  died();
}

bool DriverModel::energised() const {
  if (stuck_) return true;
  if (until_ == 0 || !alive()) return false;
  return world_.time.now() < until_ || world_.defect == Defect::deadline_ignored;
}

void DriverModel::checkOutput() {
  // A driver that broke is outside the rules' power; that it is never shown as stopped is not.
  if (stuck_ && stop_shown_) world_.violated("a stop is never shown confirmed while a broken driver is energised");
  if (!stuck_ && energised()) world_.truth.energised(epoch_, world_.time.now(), stop_shown_);
}

void DriverModel::permit(const robohub::link::GivePermit& permit) {
  channel_until_ = std::max(channel_until_, world_.time.now() + world_.chance.between(0, ms(2)));
  at(channel_until_, [this, permit] {
    if (permit.after_halt < newest_halt_ && world_.defect != Defect::halt_order_ignored) return;
    const Time until = clock_.trueTime(robohub::toNs(permit.until));
    world_.truth.permitted(permit.epoch, until, world_.time.now());
    if (until <= world_.time.now()) return;
    epoch_ = permit.epoch;
    until_ = until;
    stuck_ = false;
    world_.trace("driver", [&] { return "permit for " + std::to_string(epoch_); });
  });
}

void DriverModel::halt(const robohub::link::HaltDriver& halt) {
  after(world_.chance.between(0, ms(2)), [this, halt] {
    newest_halt_ = std::max(newest_halt_, halt.number);
    const bool ok = !halt_fails;
    if (!ok) stuck_ = energised();
    const Time takes = world_.chance.between(0, world_.chance.percent(10) ? ms(40) : ms(1));
    after(takes, [this, halt, ok] {
      world_.trace("driver", [&] { return std::string(ok ? "halted, " : "could NOT halt, ") + toString(halt.reason); });
      if (ok) safe();
      if (world_.defect != Defect::early_confirmation) listener_.halt_done(halt.number, ok);
    });
    if (world_.defect == Defect::early_confirmation) listener_.halt_done(halt.number, true);
  });
}

void DriverModel::run(const robohub::link::RunCommand& command) {
  channel_until_ = std::max(channel_until_, world_.time.now() + world_.chance.between(0, ms(2)));
  // The parameters are {"n":12}: which intention of the truth this is.
  const int intention = std::atoi(command.params_json.c_str() + 5);
  at(channel_until_, [this, intention, run = command.run, epoch = command.epoch] {
    runs_[run] = true;
    if (hangs) return;
    after(world_.chance.between(0, ms(60)), [=, this] { execute(run, intention, epoch); });
  });
}

void DriverModel::execute(std::uint64_t run, int intention, Epoch epoch) {
  if (runs_.erase(run) == 0) return;  // cancelled
  // The gate that the plugin's skin puts before every output.
  const bool gated = epoch != 0 && (!energised() || epoch_ != epoch);
  if (gated && world_.defect != Defect::stale_commands_pass) {
    listener_.command_done(run, FinalState::failed);
    return;
  }
  world_.trace("driver", [&] { return "executes command " + std::to_string(intention); });
  world_.truth.executed(intention, epoch, world_.time.now());
  listener_.command_done(run, FinalState::succeeded);
}

void DriverModel::cancel(std::uint64_t run) {
  channel_until_ = std::max(channel_until_, world_.time.now() + world_.chance.between(0, ms(2)));
  at(channel_until_, [this, run] { runs_.erase(run); });
}

void DriverModel::agentGone() {
  after(world_.chance.between(0, ms(2)), [this] {
    const bool ok = !halt_fails;
    runs_.clear();
    if (ok) safe();
    close();
  });
}

}  // namespace simulation
