// What everybody may see of a device, as one immutable picture of it: made by the device's loop at each change, read by
// any thread (the list of devices is answered without asking a single loop).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "control/effects.hpp"
#include "identity/person.hpp"
#include "live/link_facts.hpp"
#include "media/capture.hpp"

namespace robohub::media {
class PictureStream;
class SoundStream;
}  // namespace robohub::media

namespace robohub::live {

enum class Presence { online, offline, never };
const char* toString(Presence presence);

struct StreamView {
  std::string name, kind;
  int width = 0;
  int height = 0;
  bool live = false;       // pictures, or sound, come in now
  std::string fault = {};  // why none come from a camera that the hub reads by itself; "" when nothing is wrong
  bool by_url = false;     // the hub reads it by itself: its pictures come whether the device is there or not
  std::shared_ptr<const media::PictureStream> pictures = nullptr;  // knows the newest one's age
  std::shared_ptr<const media::SoundStream> sound = nullptr;       // of kind "sound"
  std::optional<media::StreamRecording> recording = {};            // by the hub, right now
};

// Immutable. [any-thread]
struct DeviceView {
  DeviceId id;
  std::string name, type;
  identity::Place place;
  Presence presence = Presence::never;
  std::int64_t since_ms = 0;   // wall clock of the last change of presence
  std::string plugin_version;  // "" until an agent has said it
  bool plugin_installed = false;
  std::vector<std::string> hazards;
  std::int64_t deadman_ms = 0;
  control::StopView stop;
  control::TurnView turn;
  device::Link link = device::Link::agent;
  bool fenced = true;
  HaltKind halt = HaltKind::local;
  std::vector<StreamView> streams;
  std::string type_info_json;  // the device type's part of the manifest; "" when it is not installed
  MonoTime as_of{};            // when remaining, grace and estimates were true
};
using DeviceViewPtr = std::shared_ptr<const DeviceView>;

// DEVICE, TURN and STOP of docs/PROTOCOL.md; times that count down are told as of `now`.
std::string deviceJson(const DeviceView& view, MonoTime now);
std::string turnJson(const control::TurnView& turn, MonoTime as_of, MonoTime now);
std::string stopJson(const control::StopView& stop);
// {"state","place","epoch","estimate_ms","remaining_ms","warning","reason"} without the braces.
std::string youMembers(const control::YouView& you);
// COMMAND without the braces. `received_ms` is the wall clock at record.received.
std::string commandMembers(const control::CommandRecord& record, const DeviceId& device, std::int64_t received_ms);
void appendCommandMembers(std::string& out, const control::CommandRecord& record, const DeviceId& device,
                          std::int64_t received_ms);

}  // namespace robohub::live
