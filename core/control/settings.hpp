// How turns on one device work. Filled from the configuration and the device type by the shell.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "identity/person.hpp"

namespace robohub::control {

enum class WhenAlone {
  keep_turn,  // while nobody waits, the turn goes on; whoever joins starts the clock (see `handover`)
  end_turn    // a turn ends after its length, whether or not somebody waits
};

struct TurnSettings {
  Duration length = std::chrono::seconds(60);
  std::array<std::optional<Duration>, 5> length_by_role = {};  // by identity::Role; absent: `length`
  Duration warning = std::chrono::seconds(10);                 // the holder is warned this long before the end
  Duration grace = std::chrono::seconds(10);         // place or turn of a person whose last connection was lost
  Duration program_idle = std::chrono::seconds(30);  // a program has no connection: it is lost when silent this long
  Duration handover = std::chrono::seconds(10);      // what a holder who was alone has at least, once somebody joins
  std::size_t max_waiting = 100;
  WhenAlone when_alone = WhenAlone::keep_turn;

  bool operator==(const TurnSettings&) const = default;
  std::optional<Duration> lengthOf(identity::Role role) const {
    const auto index = static_cast<std::size_t>(role);
    return index < length_by_role.size() ? length_by_role[index] : std::nullopt;
  }
};

struct ControlSettings {
  TurnSettings turns;
  // The type has no hazards: its holder may end a stop, so turns go on while one is latched. With hazards only an
  // administrator may, and nobody is given a turn on a device that would not move.
  bool holder_may_reset = false;
  // Besides, none of its commands needs a turn, so that nobody would ever hold one: whoever may play may end a stop.
  bool players_may_reset = false;
  Duration deadman = std::chrono::milliseconds(500);  // of the type: older stamps of a page are not passed on
  Duration beat_interval = std::chrono::milliseconds(100);
  Duration agent_silence = std::chrono::seconds(3);         // an agent that sends nothing this long is offline
  Duration max_lease = std::chrono::seconds(5);             // leases are short and renewed while the turn lasts
  Duration stop_answer = std::chrono::seconds(1);           // then a stop that was sent counts as unconfirmed
  Duration expiry_margin = std::chrono::milliseconds(500);  // behind ttl, before an unanswered command has expired
  Duration reserve_retry = std::chrono::seconds(1);         // after the store could not reserve epochs
  std::size_t max_pending = 64;                             // commands at the agent at once; more are refused
  std::size_t max_keys = 2048;                              // finished commands whose idempotency keys are remembered
};

}  // namespace robohub::control
