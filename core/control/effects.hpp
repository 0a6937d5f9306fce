// What the rules of one device want done, and what they show. The shell carries effects out in order, at once, on the
// loop that owns the device; times are monotonic, and the shell turns them into milliseconds for people.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "link/messages.hpp"

namespace robohub::control {

struct Person {
  PersonId id;
  std::string name;
  bool is_program = false;                             // joined over HTTP: has no live socket whose loss could be seen
  std::optional<Duration> turn_length = std::nullopt;  // of the role; absent: as everybody's
  std::string guests_from = {};                        // key of a guest's address; "" when it does not count
};

struct PersonName {
  PersonId id;
  std::string name;
  std::string guests_from = {};  // as in Person; shown to nobody
  friend bool operator==(const PersonName&, const PersonName&) = default;
};

// ---- TURN of docs/PROTOCOL.md -------------------------------------------------------------------------------------
struct Hold {
  std::string by, reason;
  friend bool operator==(const Hold&, const Hold&) = default;
};

struct TurnView {
  std::optional<PersonName> holder;
  Epoch epoch = 0;                    // 0 without a holder
  std::optional<Duration> remaining;  // absent when nobody waits and the holder may go on
  std::optional<Duration> grace;      // counts while the holder's connection is lost
  std::vector<PersonName> waiting;
  std::vector<Duration> estimates;  // estimates[i] belongs to waiting[i]
  std::optional<Hold> held;         // a moderator holds the line: nobody gets a turn
};

enum class YouState { none, waiting, active };
const char* toString(YouState state);

enum class TurnEnd { none, time_up, gave_back, lost, stopped, taken, skipped, removed };
const char* toString(TurnEnd reason);  // none = ""

struct YouView {
  YouState state = YouState::none;
  std::size_t place = 0;              // from 1 while waiting, else 0
  Epoch epoch = 0;                    // while active
  std::optional<Duration> estimate;   // while waiting
  std::optional<Duration> remaining;  // while active, when the turn has an end
  bool warning = false;
  TurnEnd reason = TurnEnd::none;  // why a turn has just ended
};

// ---- STOP ---------------------------------------------------------------------------------------------------------
enum class StopState { none, sent, confirmed, unconfirmed };
const char* toString(StopState state);

// What must survive a restart of the hub.
struct StopRecord {
  bool latched = false;
  std::uint64_t number = 0;  // of the newest stop ever; ids are "s-<number>"
  std::string by, reason;
  std::int64_t at_ms = 0;  // wall clock, display only
};

struct StopView {
  StopState state = StopState::none;
  bool resetting = false;  // a reset was sent and not answered yet
  std::string id, by, reason;
  std::int64_t at_ms = 0;
  std::string message;  // of the device, or why it is unconfirmed
};

// ---- COMMAND ------------------------------------------------------------------------------------------------------
enum class CommandState { accepted, sent, acknowledged, succeeded, failed, expired, cancelled, refused, unknown };
const char* toString(CommandState state);
inline bool isFinal(CommandState state) {
  return state != CommandState::accepted && state != CommandState::sent && state != CommandState::acknowledged;
}

struct CommandRecord {
  std::string id;   // "c-<number>", unique on this device while this hub runs
  std::string key;  // as the person gave it; may be empty
  std::string name;
  PersonId person;
  Epoch epoch = 0;
  CommandState state = CommandState::accepted;
  MonoTime received;
  std::optional<MonoTime> accepted, sent, acknowledged, finished;
  std::optional<Error> error;  // why it is refused, failed, expired, cancelled or unknown
  std::string value_json;      // empty = null
};

// ---- effects ------------------------------------------------------------------------------------------------------
struct SendToAgent {  // on the control link that is up; a Stop overtakes everything queued
  link::HubMessage message;
};
struct DropAgent {  // close the control link; DeviceControl already counts it as lost
  link::Nonce nonce;
  std::string why;
};
struct ReserveEpochs {  // make durable that epochs up to `up_to` may be in use, then epochsReserved(up_to)
  Epoch up_to = 0;
};
struct PersistStop {  // make durable; nobody waits for it: a stop works without a disk
  StopRecord record;
};
struct TurnChanged {};  // read turn(now)
struct StopChanged {};  // read stop()
struct YouChanged {     // to every page of this person
  PersonId person;
  YouView you;
};
struct CommandChanged {  // to the person who sent it, and to whoever waits for this id
  CommandRecord record;
};
struct StampToHolder {  // to every page of the holder; the one that drives answers with beat()
  PersonId person;
  Epoch epoch = 0;
  link::Stamp stamp;
};
enum class EventKind { turn, stop, presence, command, plugin };
const char* toString(EventKind kind);
struct LogEvent {  // a line for the device's event log
  link::EventLevel level = link::EventLevel::info;
  EventKind kind = EventKind::turn;
  std::string text;
};

using Effect = std::variant<SendToAgent, DropAgent, ReserveEpochs, PersistStop, TurnChanged, StopChanged, YouChanged,
                            CommandChanged, StampToHolder, LogEvent>;
using Effects = std::vector<Effect>;

}  // namespace robohub::control
