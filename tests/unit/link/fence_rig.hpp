// A fence with a driver and a hub that the test plays itself, on a clock that it moves.
#pragma once
#include <catch2/catch.hpp>
#include <vector>

#include "link/agent_fence.hpp"

namespace robohub::link {

using std::chrono::milliseconds;

class TurretCommands : public CommandCheck {
 public:
  Result<bool> check(std::string_view name, std::string_view params_json) const override {
    if (params_json == "{\"bad\":1}") return fail(ErrorCode::invalid_argument, "No.", "/bad");
    if (name == "aim") return true;
    if (name == "look") return false;
    return fail(ErrorCode::not_found, "There is no such command.");
  }
};

class FenceRig {
 public:
  explicit FenceRig(const FenceSettings& settings = FenceRig::settings()) : fence(settings, commands) {}

  static FenceSettings settings() {
    FenceSettings s;
    s.identity.device = *DeviceId::parse("turret");
    s.deadman = milliseconds(500);
    s.max_running = 2;
    return s;
  }

  // ---- what the test does. Effects of the last call stand in `effects`.
  FenceRig& connect(Epoch floor = 0) {
    nonce = Nonce{1, ++connections};
    effects.clear();
    fence.onConnected(nonce, now, effects);
    return hub(Welcome{1, "0.1.0", "ab", 100, floor}, true);
  }
  FenceRig& lose() {
    return call([&] { fence.onLinkLost(nonce, now, effects); });
  }
  FenceRig& hub(const HubMessage& message, bool keep = false) {
    if (!keep) effects.clear();
    fence.onHubMessage(nonce, message, now, effects);
    return *this;
  }
  FenceRig& advance(int ms) {
    now += milliseconds(ms);
    return call([&] { fence.tick(now, effects); });
  }
  FenceRig& halted(bool ok = true) { return haltedBy(newest_halt(), ok); }
  FenceRig& haltedBy(std::uint64_t number, bool ok = true) {
    return call([&] { fence.onHaltDone(number, ok, ok ? "" : "stuck", now, effects); });
  }
  FenceRig& done(std::uint64_t run, FinalState state = FinalState::succeeded) {
    return call([&] { fence.onCommandDone(run, Outcome{state, {}, {}, {}, {}}, now, effects); });
  }
  template <class Call>
  FenceRig& call(Call what) {
    effects.clear();
    what();
    return *this;
  }

  Stamp stamp(int age_ms = 0) const { return {nonce, toNs(now - milliseconds(age_ms))}; }
  FenceRig& grant(Epoch epoch, int lease_ms = 5000) { return hub(Grant{epoch, lease_ms, stamp()}); }
  FenceRig& beat(Epoch epoch, int age_ms = 0) { return hub(HubBeat{epoch, ++seq, stamp(age_ms)}); }
  FenceRig& drive(Epoch epoch) { return grant(epoch).beat(epoch); }
  Command aim(Epoch epoch) {
    Command command;
    command.id = "c-" + std::to_string(++ids);
    command.epoch = epoch;
    command.seq = ++seq;
    command.stamp = stamp();
    command.ttl_ms = 2000;
    command.name = epoch == 0 ? "look" : "aim";
    return command;
  }

  // ---- what came of it
  template <class E>
  const E* effect() const {
    for (const auto& e : effects)
      if (auto found = std::get_if<E>(&e)) return found;
    return nullptr;
  }
  template <class M>
  const M* sent() const {
    for (const auto& e : effects)
      if (auto send = std::get_if<SendToHub>(&e))
        if (auto found = std::get_if<M>(&send->message)) return found;
    return nullptr;
  }
  std::uint64_t newest_halt() {
    for (const auto& e : effects)
      if (auto halt = std::get_if<HaltDriver>(&e)) halt_ = halt->number;
    return halt_;
  }
  // The code of the refusal that the last command met.
  ErrorCode refusal() const {
    REQUIRE(sent<CommandResult>());
    REQUIRE(sent<CommandResult>()->outcome.state == FinalState::refused);
    REQUIRE_FALSE(effect<RunCommand>());
    return *sent<CommandResult>()->outcome.code;
  }

  TurretCommands commands;
  AgentFence fence;
  FenceEffects effects;
  MonoTime now{std::chrono::hours(5)};
  Nonce nonce;
  std::uint64_t connections = 0, seq = 0, ids = 0;

 private:
  std::uint64_t halt_ = 0;
};

}  // namespace robohub::link
