// What of one device's life the audit wants to know: who had the turn and how it ended, who pressed stop and who reset
// it, which commands a device with hazards was sent and what became of them. A joystick sends such commands many times
// a second, so repetitions of one within a short time are counted instead of written one by one.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "base/ids.hpp"
#include "base/rate_limit.hpp"
#include "base/time.hpp"
#include "control/effects.hpp"
#include "identity/audit.hpp"
#include "identity/person.hpp"
#include "plugin/manifest.hpp"

namespace robohub::live {

// Owned by the device's loop.
class DeviceAudit {
 public:
  using Note = std::function<void(identity::AuditEntry)>;
  static constexpr Duration kTogether = std::chrono::seconds(10);
  static constexpr double kTurnsAtOnce = 60, kTurnsPerSecond = 2;
  static constexpr int kCommandsAtOnce = 100, kCommandsPerSecond = 2;

  // `note` may be empty, and may be called as long as this lives.
  DeviceAudit(const DeviceId& device, const Note& note) : object_("device:" + device.str()), note_(note) {}

  // A person's turn has just ended for this reason; told before the state below.
  void ending(const PersonId& person, control::TurnEnd reason);
  // As the line and the stop are now; differences to the last time become entries. Whoever joins and leaves in a circle
  // fills no disk with it: of turns 60 at once and two a second over time are told, and the next one says how many were
  // left out.
  void state(const control::TurnView& turn, const control::StopView& stop, MonoTime now);

  // Who is at it while the state below is told; nobody again after that.
  void pressing(std::optional<identity::Person> person) { presser_ = std::move(person); }
  // Refused ones are told 20 at once and one a second over time, whoever they are by, since anybody may be many guests;
  // the next one says how many were left out.
  void resetting(const identity::Person& person, const Status& answer, MonoTime now);

  // What a moderator did.
  void moderated(identity::Actor by, const char* action, std::string detail_json) {
    note(std::move(by), action, identity::Outcome::ok, std::move(detail_json));
  }

  // Whether commands like this one are told: those that energise something, and of a type with hazards all that need
  // the turn. A laser's switch is no hazardous command, since its "off" must always work.
  static bool concerns(const plugin::DeviceType& type, const plugin::Command& command);
  // Such a command was taken; its end is told by ended().
  void taken(const identity::Person& person, const control::CommandRecord& record, const std::string& params_json);
  // Of any command; those that were not taken here are none of the audit's business. What ended alike within kTogether
  // becomes one entry with its number, but "on" and "off" of one switch are two. 100 entries at once and two a second
  // over time; later ones wait to be counted with the next of their kind, and what a turn's end leaves of them is
  // counted in the next entry.
  void ended(const control::CommandRecord& record, MonoTime now);

 private:
  struct Pending {
    identity::Actor actor;
    std::string params_json;
  };
  struct Repeated {  // the newest, which few entries are made of
    identity::Actor actor;
    std::string params_json;
    Epoch epoch = 0;
    std::optional<std::string> why;
    MonoTime noted_at;
    int more = 0;  // since then
  };
  struct Ending {
    std::string command;
    std::string switches;  // how its parameters put them; see switchesOf()
    control::CommandState state;
    bool operator<(const Ending& other) const {
      return std::tie(command, switches, state) < std::tie(other.command, other.switches, other.state);
    }
  };
  void note(identity::Actor actor, const char* action, identity::Outcome outcome, std::string detail_json);
  void noteRepeated(const Ending& ending, Repeated& repeated);
  void leaveOut(Repeated& repeated);
  void endTurn(MonoTime now);
  bool mayTellTurn(MonoTime now);

  const std::string object_;
  const Note& note_;
  std::optional<control::PersonName> holder_;
  Epoch epoch_ = 0;
  std::optional<control::TurnEnd> reason_;
  bool told_turn_ = false;  // that of holder_ has begun
  double turns_left_ = kTurnsAtOnce;
  MonoTime turns_counted_{};
  std::uint64_t turns_left_out_ = 0;
  bool seen_ = false;
  control::StopView stop_;
  std::optional<identity::Person> presser_, resetter_;
  RateLimit refusals_told_{1, 20};
  std::uint64_t refusals_left_out_ = 0;
  std::map<std::string, Pending> pending_;  // by command id
  std::map<Ending, Repeated> repeated_;     // of this turn
  RateLimit commands_told_{kCommandsPerSecond, kCommandsAtOnce};
  std::uint64_t commands_left_out_ = 0;
};

}  // namespace robohub::live
