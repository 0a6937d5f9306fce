// What an administrator should know before it hurts, each with what to do about it. Facts are gathered elsewhere; here
// is the judgement, which needs nothing but them. Pure. [any-thread]
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "gateway/camera_figures.hpp"
#include "gateway/mqtt/figures.hpp"
#include "media/captures.hpp"
#include "store/reserve.hpp"
#include "telemetry/history.hpp"

namespace robohub::hub {

enum class HealthLevel { ok, warning, critical };
const char* toString(HealthLevel level);

struct Finding {
  std::string id;  // "disk", "loop-0-stalled"; the same as long as it is the same trouble
  HealthLevel level = HealthLevel::warning;
  std::string title;       // a few words
  std::string detail;      // with figures
  std::string what_to_do;  // a sentence
  friend bool operator==(const Finding&, const Finding&) = default;
};

struct StoppedDevice {
  std::string id;
  std::int64_t for_ms = 0;
};

struct CertificateEnd {
  std::string device;
  std::int64_t expires_ms = 0;  // since 1970
};

// How things stand at one moment.
struct Facts {
  std::int64_t now_ms = 0;  // since 1970
  store::ReserveFigures disk;
  store::ReserveSettings disk_limits;
  std::int64_t wal_bytes = 0;
  std::uint64_t audit_lost = 0;
  telemetry::Figures history;

  bool tls = false;
  bool loopback = true;
  bool insecure = false;
  bool own_certificate = false;  // the self-signed one of this installation
  std::string certificate_file;
  std::optional<std::int64_t> certificate_expires_ms;
  std::vector<std::string> unlisted_origins;  // of the certificate that was given, where none of its names is listed
  // The end of the longest one of each device that proves itself by one.
  std::vector<CertificateEnd> device_certificates;

  std::vector<std::string> needs_restart;  // paths of settings
  std::vector<std::string> reload_errors;  // of the newest reload; empty: it was good
  std::vector<std::string> plugins_left_out;
  std::vector<std::string> unknown_versions;  // "lab-turret: laser_turret 1.2.0"
  std::vector<StoppedDevice> stopped;
  std::optional<gateway::MqttFigures> mqtt;  // nothing without a broker
  gateway::CameraFigures cameras;
  media::CaptureFigures captures;
  bool setup_needed = false;
  bool guests_play = false;
  Duration clock_step{0};  // by how much the wall clock was set, lately
  std::vector<Duration> loop_lags;

  bool backups = false;  // a folder for scheduled ones is configured
  std::int64_t backup_every_ms = 0;
  std::int64_t newest_backup_ms = 0;  // since 1970; 0: none yet
  std::string backup_failure;         // of the newest attempt by schedule; "": it was good
  std::int64_t started_ms = 0;        // since 1970
};

// The worst first.
std::vector<Finding> findingsOf(const Facts& facts);
// Of the worst finding.
HealthLevel levelOf(const std::vector<Finding>& findings);

}  // namespace robohub::hub
