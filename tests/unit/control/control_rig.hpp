// The hub's rules of one device, with an agent, a store and people that the test plays itself, on a clock that it
// moves.
#pragma once
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "control/device_control.hpp"

namespace robohub::control {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline PersonId pid(const char* text) {
  return *PersonId::parse(text);
}

class ControlRig {
 public:
  explicit ControlRig(ControlSettings settings = {}, Restored restored = {}) : control(settings, restored) {}

  // ---- what the test does; `effects` are those of the last call
  template <class Call>
  ControlRig& call(Call what) {
    effects.clear();
    what();
    answerStore();
    return *this;
  }
  ControlRig& online(Epoch seen = 0, std::optional<link::StopFacts> stopped = {}) {
    nonce = link::Nonce{1, ++links};
    return call([&] { control.agentOnline({nonce, seen, stopped, true}, 5, now, effects); });
  }
  ControlRig& lose() {
    return call([&] { control.agentLost(nonce, now, effects); });
  }
  ControlRig& agent(const link::AgentMessage& message) {
    return call([&] { control.agentMessage(nonce, message, now, effects); });
  }
  ControlRig& agentBeat() { return agent(link::AgentBeat{toNs(now), false, 0}); }
  ControlRig& ready() { return online().agentBeat(); }
  ControlRig& open(const char* who) {
    return call([&] { control.connectionOpened(pid(who), now, effects); });
  }
  ControlRig& close(const char* who) {
    return call([&] { control.connectionClosed(pid(who), now, effects); });
  }
  ControlRig& join(const char* who) {
    return call([&] { joined = control.join({pid(who), who, false}, now, effects); });
  }
  ControlRig& enter(const char* who) { return open(who).join(who); }
  ControlRig& leave(const char* who) {
    return call([&] { control.leave(pid(who), now, effects); });
  }
  ControlRig& beat(const char* who, Epoch epoch) {
    const link::Stamp stamp{nonce, toNs(now)};
    return call([&] { control.beat(pid(who), epoch, stamp, now, effects); });
  }
  ControlRig& send(const char* who, CommandRequest request) {
    return call([&] { record = control.command(pid(who), request, now, effects); });
  }
  ControlRig& aim(const char* who, Epoch epoch, std::string key = {}, std::string params = "{}") {
    CommandRequest request;
    request.name = "aim";
    request.epoch = epoch;
    request.key = std::move(key);
    request.params_json = std::move(params);
    return send(who, request);
  }
  ControlRig& stop(const char* who) {
    return call([&] { control.pressStop(who, "", 5, now, effects); });
  }
  ControlRig& reset(const char* who, bool administrator) {
    return call([&] { reset_result = control.resetStop(pid(who), administrator, now, effects); });
  }
  // Moves the clock, ticking whenever something is due, as a shell would; the agent goes on beating when `alive`.
  ControlRig& advance(Duration by, bool alive = true) {
    effects.clear();
    const MonoTime end = now + by;
    while (now < end) {
      const MonoTime next_beat = alive && control.online() ? now + milliseconds(100) : end;
      now = std::min({end, next_beat, std::max(now, control.nextDeadline())});
      if (control.nextDeadline() <= now) control.tick(now, effects);
      if (now == next_beat) control.agentMessage(nonce, link::AgentBeat{toNs(now), false, 0}, now, effects);
      answerStore();
      REQUIRE(control.nextDeadline() > now);
    }
    return *this;
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
      if (auto send_effect = std::get_if<SendToAgent>(&e))
        if (auto found = std::get_if<M>(&send_effect->message)) return found;
    return nullptr;
  }
  const YouView* told(const char* who) const {
    const YouView* newest = nullptr;
    for (const auto& e : effects)
      if (auto you = std::get_if<YouChanged>(&e); you && you->person == pid(who)) newest = &you->you;
    return newest;
  }
  bool toldEnd(const char* who, TurnEnd reason) const {
    for (const auto& e : effects)
      if (auto you = std::get_if<YouChanged>(&e); you && you->person == pid(who) && you->you.reason == reason)
        return true;
    return false;
  }
  std::string holder() const {
    const auto turn = control.turn(now);
    return turn.holder ? turn.holder->id.str() : "";
  }
  Epoch epoch() const { return control.turn(now).epoch; }
  std::vector<std::string> waiting() const {
    std::vector<std::string> names;
    for (const auto& person : control.turn(now).waiting) names.push_back(person.id.str());
    return names;
  }

  DeviceControl control;
  Effects effects;
  MonoTime now{std::chrono::hours(3)};
  link::Nonce nonce;
  std::uint64_t links = 0;
  CommandRecord record;
  Status joined, reset_result;
  bool store_works = true;
  bool store_answers = true;

 private:
  void answerStore() {
    if (!store_answers) return;
    for (std::size_t i = 0; i < effects.size(); ++i) {
      const auto reserve = std::get_if<ReserveEpochs>(&effects[i]);
      if (!reserve) continue;
      const Epoch up_to = reserve->up_to;
      if (store_works)
        control.epochsReserved(up_to, now, effects);
      else
        control.epochsNotReserved(now, effects);
    }
  }
};

}  // namespace robohub::control
