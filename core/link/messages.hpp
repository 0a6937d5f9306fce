// What hub and agent say to each other, as types: docs/PROTOCOL.md, section 3.2, one struct for each message.
// Parameters and values travel as raw JSON text, so that a command is read once on its way and not re-encoded at each
// hop.
//
// Readers are strict (duplicate members, depth over 32, numbers that are not finite or beyond 64 bits, bad UTF-8, a
// missing or mistyped member are refused); unknown members are ignored; an unknown type is `unsupported`.
// Pure functions. [any-thread]
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "link/stamp.hpp"

namespace robohub::link {

inline constexpr const char* kSubprotocol = "robohub.agent.v1";
inline constexpr int kProtocolVersion = 1;
inline constexpr std::size_t kMaxTextBytes = 64 * 1024;
inline constexpr std::uint16_t kCloseReplaced = 4000;  // a second control link of the same device came
inline constexpr std::uint16_t kCloseRefused = 4001;   // do not come back before a minute

// ---- agent to hub -------------------------------------------------------------------------------------------------

struct StopFacts {
  std::string id, by, reason;
  friend bool operator==(const StopFacts&, const StopFacts&) = default;
};

struct PluginFacts {
  std::string type, version, manifest;  // manifest: SHA-256 in hex
  friend bool operator==(const PluginFacts&, const PluginFacts&) = default;
};

struct Hello {  // first message of a control link
  int protocol_min = kProtocolVersion, protocol_max = kProtocolVersion;
  DeviceId device;
  std::string agent;  // version of the program
  std::string boot;   // 16 hex digits, new for each start of the agent
  Nonce nonce;
  Epoch epoch = 0;  // the highest it saw
  PluginFacts plugin;
  std::optional<StopFacts> stopped;  // its latched stop
};

struct BulkHello {  // first message of a bulk link
  DeviceId device;
  std::string link;  // the `link` of the control welcome
};

struct AgentBeat {
  std::int64_t t_ns = 0;
  bool energised = false;  // a permit is valid
  Epoch epoch = 0;
};

struct Ack {
  std::string id;
};

enum class FinalState { succeeded, failed, cancelled, expired, refused };
const char* toString(FinalState state);

// How a command ended, apart from whose it was.
struct Outcome {
  FinalState state = FinalState::failed;
  std::optional<ErrorCode> code;  // absent when it succeeded
  std::string message;
  std::string pointer;     // JSON pointer into the parameters, where that helps
  std::string value_json;  // JSON text of the value; empty = null
};

struct CommandResult {
  std::string id;
  Outcome outcome;
};

struct Stopped {
  std::string id;
  bool confirmed = false;  // the driver said that its outputs are safe
  std::string message;
};

struct ResetDone {
  std::string id;
  bool ok = false;
  std::string message;
};

struct Telemetry {
  std::string channel;
  std::int64_t t_ns = 0;
  std::string value_json;
};

enum class EventLevel { info, warning, error };
const char* toString(EventLevel level);

struct AgentEvent {
  EventLevel level = EventLevel::info;
  std::string text;
};

// ---- captures, bulk link only (docs/PROTOCOL.md, section 3.3)

struct CaptureBegin {
  std::string key;      // 1 to 64 characters: its name on this device for ever
  std::string trigger;  // "pir", "request" or "alarm"
  std::int64_t started_ms = 0;
};

struct SegmentReady {
  std::string key;
  std::uint32_t number = 0;
  std::uint64_t bytes = 0;
  std::string sha256;  // 64 hex digits
  std::string format;  // "mp4" or "ts"
};

struct CaptureEnd {
  std::string key;
  std::uint32_t segments = 0;
};

using AgentMessage = std::variant<Hello, BulkHello, AgentBeat, Ack, CommandResult, Stopped, ResetDone, Telemetry,
                                  AgentEvent, CaptureBegin, SegmentReady, CaptureEnd>;

// ---- hub to agent -------------------------------------------------------------------------------------------------

struct Welcome {
  int protocol = kProtocolVersion;
  std::string hub;   // version of the program
  std::string link;  // 32 hex digits: what the bulk link must name
  std::int64_t beat_ms = 100;
  Epoch epoch_floor = 0;  // refuse anything up to it
  Epoch turn = 0;         // the turn that is on already, and goes on over this link; 0: none
};

struct BulkWelcome {};  // a welcome without `link`

struct Refused {
  std::string code, message;
};

struct Grant {
  Epoch epoch = 0;
  std::int64_t lease_ms = 0;  // the lease ends at stamp + lease_ms, on the agent's clock
  Stamp stamp;
};

struct HubBeat {
  Epoch epoch = 0;
  std::uint64_t seq = 0;  // rises within an epoch, shared with Command
  Stamp stamp;
};

struct End {
  Epoch epoch = 0;
};

struct Command {
  std::string id;
  Epoch epoch = 0;  // 0: needs no turn
  std::uint64_t seq = 0;
  Stamp stamp;
  std::int64_t ttl_ms = 0;
  std::string name;
  std::string params_json = "{}";  // JSON text of an object
  bool feeds = false;              // the holder is a program: its commands feed the dead-man
};

struct Cancel {
  std::string id;
};

struct Stop {
  std::string id, by, reason;
};

struct Reset {
  std::string id;  // ends exactly that stop and any before it
};

struct Watch {  // bulk link only
  std::string stream;
  bool on = false;
};

struct SegmentAt {  // bulk link only, as all below
  std::string key;
  std::uint32_t number = 0;
  std::uint64_t offset = 0;  // the hub has so much
};

struct SegmentDone {
  std::string key;
  std::uint32_t number = 0;
  bool ok = false;
  std::optional<ErrorCode> code;
  std::string message;
};

struct CaptureDone {
  std::string key;
  bool ok = false;
  std::optional<ErrorCode> code;
  std::string message;
};

using HubMessage = std::variant<Welcome, BulkWelcome, Refused, Grant, HubBeat, End, Command, Cancel, Stop, Reset, Watch,
                                SegmentAt, SegmentDone, CaptureDone>;

// ---- text ---------------------------------------------------------------------------------------------------------

Result<AgentMessage> parseFromAgent(std::string_view text);
Result<HubMessage> parseFromHub(std::string_view text);
std::string encode(const AgentMessage& message);
std::string encode(const HubMessage& message);

// Stops are numbered by the hub ("s-7"): the 7, or 0 for text that is no such id.
std::uint64_t stopNumber(std::string_view id);
std::string stopId(std::uint64_t number);

}  // namespace robohub::link
