// What the operator says about one camera (the `driver` part of agent.yaml): where its pictures come from, when it
// records, which pins and which older programs belong to it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cloud_camera/motion.hpp"
#include "rh/json.hpp"

namespace cloud_camera {

enum class SourceKind { v4l2, lab, none };

struct VideoSettings {
  SourceKind source = SourceKind::v4l2;
  std::string device = "/dev/video0";
  int width_px = 640, height_px = 360;
  int fps = 15;
  std::uint64_t lab_seed = 1;
  double lab_every_s = 20;  // something moves through the lab's scene so often
};

struct RecordSettings {
  double segment_s = 4;
  double preroll_s = 1;    // of before the motion
  double request_s = 8;    // length of a capture that was asked for
  double longest_s = 120;  // of one capture, unless one request is longer; what goes on is a new capture
  int bitrate_kbit = 900;
};

struct PinSettings {
  std::string chip = "/dev/gpiochip0";
  std::optional<std::uint32_t> armed_line;  // output, high while armed
  std::optional<std::uint32_t> alarm_line;  // input, pulled down: a rising edge is an alarm
  int debounce_ms = 1000;
};

// "host:port" or, with a slash, the path of a Unix socket.
struct LocalAddress {
  std::string host, path;
  std::uint16_t port = 0;
  bool unixPath() const { return !path.empty(); }
};

// Programs beside the agent, as they talked to the older one.
struct LocalSettings {
  std::optional<LocalAddress> listen;    // stream: segments and alarms come in
  std::optional<LocalAddress> commands;  // datagrams: arm, disarm, capture go out
  std::string names;                     // file or pipe with names of segments, "-": standard input
  std::vector<std::string> folders;      // segments are taken from these alone
  std::int64_t max_segment_bytes = std::int64_t(64) << 20;
};

struct Settings {
  VideoSettings video;
  MotionSettings motion;
  RecordSettings record;
  PinSettings pins;
  LocalSettings local;

  // Throws rh::Fault with the JSON Pointer of an unknown key, a wrong type or a value out of range.
  static Settings fromJson(const rh::Json& config);
};

// Throws std::invalid_argument with a sentence. `listening`: the host may be left out, and is 127.0.0.1 then.
LocalAddress parseLocalAddress(const std::string& text, bool listening);

}  // namespace cloud_camera
