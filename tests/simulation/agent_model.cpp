#include "agent_model.hpp"

#include <algorithm>

namespace simulation {
namespace {

namespace link = robohub::link;
using robohub::Result;

}  // namespace

// "move" needs a turn, "look" does not; a third of neither kind is unknown here.
class AgentModel::Check : public link::CommandCheck {
 public:
  Result<bool> check(std::string_view name, std::string_view) const override {
    if (name == "move") return true;
    if (name == "look") return false;
    return robohub::fail(robohub::ErrorCode::not_found, "There is no such command.");
  }
};

AgentModel::AgentModel(World& world, LinkModel& link, DriverModel& driver, const Process& hub)
    : Process(world), link_(link), driver_(driver), hub_(hub), check_(std::make_shared<Check>()) {}

void AgentModel::start() {
  born();
  // The machine was started anew, or only the program.
  if (clock_.offset == 0 || world_.chance.percent(30))
    clock_ = {world_.chance.between(ms(1000), ms(1e9)), static_cast<int>(world_.chance.below(401)) - 200};
  link::FenceSettings settings;
  settings.identity.device = *robohub::DeviceId::parse("turret");
  settings.identity.agent = "0.1.0";
  settings.identity.boot = "00000000000000b" + std::to_string(life() % 10);
  settings.identity.plugin = {"turret", "1.0.0", "00"};
  settings.deadman = world_.settings.deadman;
  settings.max_lease = std::chrono::seconds(2);
  settings.max_running = 3;
  fence_.emplace(settings, *check_);
  connection_.reset();
  dialling_ = false;
  armed_ = 0;
  openDriver();
  dialAfter(world_.chance.between(ms(5), ms(100)));
  world_.trace("agent", [] { return "starts"; });
}

void AgentModel::crash() {
  if (!alive()) return;
  world_.trace("agent", [] { return "CRASHES"; });
  world_.disturb();
  fence_.reset();
  died();
  driver_.agentGone();
  if (connection_) link_.cut(connection_, -1, world_.chance.between(0, ms(300)));
  connection_.reset();
}

void AgentModel::openDriver() {
  driver_.open(
      clock_,
      {[this](std::uint64_t number, bool ok) {
         after(world_.chance.between(0, ms(1)), [=, this] {
           input([&](auto& out) { fence_->onHaltDone(number, ok, ok ? "" : "It did not answer.", now(), out); });
           if (!ok) respawnDriver("its halt failed");
         });
       },
       [this](std::uint64_t run, link::FinalState state) {
         after(world_.chance.between(0, ms(1)), [=, this] {
           input([&](auto& out) { fence_->onCommandDone(run, {state, std::nullopt, {}, {}, {}}, now(), out); });
         });
       }});
}

void AgentModel::driverCrashes() {
  if (driver_.alive()) respawnDriver("it crashed");
}

void AgentModel::respawnDriver(const char* why) {
  if (!alive() || !driver_.alive()) return;
  world_.trace("agent", [&] { return std::string("reopens the driver: ") + why; });
  world_.disturb();
  driver_.close();
  input([&](auto& out) { fence_->onDriverLost(why, now(), out); });
  after(world_.chance.between(ms(2), ms(60)), [this] {
    openDriver();
    input([&](auto& out) { fence_->onDriverOpened(now(), out); });
  });
}

void AgentModel::dialAfter(Time delay) {
  if (dialling_) return;
  dialling_ = true;
  after(delay, [this] {
    dialling_ = false;
    if (!hub_.alive()) return dialAfter(world_.chance.between(ms(20), ms(150)));
    connection_ = link_.dial({world_.chance.bits() | 1, world_.chance.bits()});
    world_.trace("agent", [] { return "dials"; });
    input([&](auto& out) { fence_->onConnected(connection_->nonce, now(), out); });
  });
}

void AgentModel::receive(const ConnectionPtr& connection, const link::HubMessage& message) {
  after(0, [this, connection, message] {
    link::HubMessage seen = message;
    link::Nonce nonce = connection->nonce;
    if (world_.defect == Defect::old_bytes_pass && connection_) nonce = connection_->nonce;
    if (auto grant = std::get_if<link::Grant>(&seen)) granted_ = std::max(granted_, grant->epoch);
    if (auto beat = std::get_if<link::HubBeat>(&seen)) newest_ = beat->stamp;
    if (auto command = std::get_if<link::Command>(&seen); command && world_.defect == Defect::stale_commands_pass) {
      if (command->epoch != 0) command->epoch = granted_;
      command->seq += 1'000'000;
      command->stamp = newest_;
      command->id += "'";
    }
    input([&](auto& out) { fence_->onHubMessage(nonce, seen, now(), out); });
  });
}

void AgentModel::lose(const ConnectionPtr& connection) {
  after(0, [this, connection] {
    input([&](auto& out) { fence_->onLinkLost(connection->nonce, now(), out); });
    if (connection != connection_) return;
    world_.trace("agent", [] { return "notices that the link is lost"; });
    connection_.reset();
    expectHalted();
    dialAfter(world_.chance.between(ms(2), ms(150)));
  });
}

// Nothing is energised without a link, not even as long as the permit would last.
void AgentModel::expectHalted() {
  constexpr Time kHaltBound = ms(45);
  if (!driverWell()) return;
  world_.time.at(world_.time.now() + kHaltBound, [this, before = world_.disturbances, in = life()] {
    if (before == world_.disturbances && in == life() && !connection_ && driver_.energised())
      world_.violated("losing the link halts: the output is still energised");
  });
}

template <class Input>
void AgentModel::input(Input input) {
  link::FenceEffects effects;
  input(effects);
  carryOut(effects);
  rearm();
}

void AgentModel::carryOut(link::FenceEffects& effects) {
  for (auto& effect : effects) {
    if (auto permit = std::get_if<link::GivePermit>(&effect)) {
      if (driver_.alive()) driver_.permit(*permit);
    } else if (auto halt = std::get_if<link::HaltDriver>(&effect)) {
      if (driver_.alive()) {
        driver_.halt(*halt);
      } else {
        after(0, [this, number = halt->number] {
          input([&](auto& out) { fence_->onHaltDone(number, false, "The driver is not running.", now(), out); });
        });
      }
    } else if (auto run = std::get_if<link::RunCommand>(&effect)) {
      driver_.run(*run);
    } else if (auto cancel = std::get_if<link::CancelRun>(&effect)) {
      if (driver_.alive()) driver_.cancel(cancel->run);
    } else if (auto send = std::get_if<link::SendToHub>(&effect)) {
      link_.toHub(connection_, send->message);
    }
  }
}

void AgentModel::rearm() {
  const robohub::MonoTime deadline = fence_->nextDeadline();
  if (deadline == robohub::MonoTime::max()) return;
  if (deadline <= now()) return world_.violated("a timer does not spin: the fence's deadline is not after now");
  // A little late for the rounding of the clock's rate, as timers are.
  const Time when = std::max(clock_.trueTime(robohub::toNs(deadline)) + ms(0.001), world_.time.now() + 1);
  if (armed_ != 0 && armed_ <= when) return;
  armed_ = when;
  at(when, [this, when] {
    if (armed_ != when) return;
    armed_ = 0;
    // With the planted defect only its beats keep going.
    input([&](auto& out) {
      fence_->tick(now(), out);
      if (world_.defect == Defect::deadline_ignored)
        std::erase_if(out, [](const auto& effect) { return std::holds_alternative<link::HaltDriver>(effect); });
    });
  });
}

}  // namespace simulation
