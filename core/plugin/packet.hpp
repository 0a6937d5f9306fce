// The words between an agent and robohub-plugin-host, one packet each on SOCK_SEQPACKET sockets. Both ends are of one
// build on one machine, so numbers travel as they lie in memory; the first packet's version says so. The child is not
// trusted: whatever comes from it is length-checked here.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace robohub::plugin {

inline constexpr std::uint64_t kPacketVersion = 6;
inline constexpr std::size_t kMaxPacketBytes = 192 * 1024;
inline constexpr std::size_t kMaxPublishBytes = 64 * 1024;
inline constexpr std::size_t kMaxReplyBytes = 128 * 1024;
inline constexpr std::size_t kMaxLogBytes = 4096;
inline constexpr std::size_t kMaxFrameBytes = 4 * 1024 * 1024;

// What a, b, c, texts and halts hold stands beside each word.
enum class Word : std::uint8_t {
  // agent to child, commands
  open = 1,       // a: kPacketVersion, b: 1 in the first process of a host, c: RunnerSetup::last_turn; texts: plugin
                  // folder, device type, device id, config, state file, capture folder, private folder
  permit = 2,     // a: epoch, b: until_ns, c: halts that the agent had sent
  handle = 3,     // a: id, b: deadline_ns, c: epoch; texts: command, params; halts: that the agent had sent
  cancel = 4,     // a: id
  configure = 5,  // texts: config
  watch = 6,      // a: 1 on, 0 off; texts: stream
  close = 7,
  captures_waiting = 8,  // a: segments, c: bytes
  turn_goes_on = 9,      // a: epoch
  // agent to child, halts
  halt = 10,  // a: id, b: which of the agent's halts this is (1, 2, ...); texts: reason
  // child to agent, commands
  opened = 20,
  open_failed = 21,  // a: ErrorCode; texts: message, where
  reply = 22,        // a: id, b: rh_status; texts: text
  publish = 23,      // b: t_ns; texts: channel, json
  log = 24,          // a: level; texts: line
  own_halt = 25,     // a: 1 confirmed; texts: message; on the halt socket unless that is full
  segment = 26,      // a: number, b: started_ms; texts: key, trigger, file
  capture_end = 27,  // a: segments; texts: key
  returned = 28,     // a: id of a command that is answered later
  // child to agent, halts
  halted = 30,  // a: id, b: 1 confirmed; texts: message
};

struct Packet {
  Word word{};
  std::uint64_t a = 0;
  std::int64_t b = 0;
  std::uint64_t c = 0;
  std::vector<std::string> texts;
  std::uint64_t halts = 0;

  // A text that was not sent is empty.
  const std::string& text(std::size_t i) const;
};

std::string encode(const Packet& packet);
// Nothing for bytes that are no packet.
std::optional<Packet> decode(const char* data, std::size_t size);

enum class Sent { yes, full, gone };
// `wait`: blocks while the socket is full. [any-thread]
Sent send(int socket, const Packet& packet, bool wait);

enum class Received { packet, nothing, end };
// Blocks when the socket does. A packet that does not decode counts as the end: nothing after it can be trusted.
Received receive(int socket, Packet& packet);

}  // namespace robohub::plugin
