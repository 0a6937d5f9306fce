// What there is to say of cameras without our agent: those that the hub reads by URL, and those that come by the
// cloudtalker's protocol. Plain values. [any-thread]
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace robohub::gateway {

struct PullFigures {
  std::size_t cameras = 0;     // configured
  std::size_t connected = 0;   // read now, because somebody watches
  std::uint64_t pictures = 0;  // since the start
  std::uint64_t bytes = 0;     // of those pictures
  std::uint64_t faults = 0;    // connections that failed or broke
};

// A camera that somebody wants to see and that does not come.
struct PullFault {
  std::string device, stream;
  std::string sentence;
};

struct CloudtalkerFigures {
  std::size_t connected = 0;
  std::uint64_t taken = 0, refused = 0;  // connections; those that failed in the handshake are among the refused
  std::uint64_t heard = 0, said = 0;     // texts
  std::uint64_t alarms = 0, segments = 0, segment_bytes = 0;
};

struct CameraFigures {
  PullFigures pull;
  std::vector<PullFault> pull_faults;
  bool has_door = false;  // a port for cloudtalkers is configured
  CloudtalkerFigures cloudtalker;
  std::string door_fault;              // why that port is not open; "" when it is
  std::vector<std::string> elsewhere;  // a camera's fingerprint is configured for them, and they have another link
  // Of the certificate that the port shows, in ms since 1970; nothing while it is closed.
  std::optional<std::int64_t> certificate_expires_ms;
  bool own_certificate = false;  // it is the one that the hub made for itself
};

}  // namespace robohub::gateway
