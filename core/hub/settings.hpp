// robohub.yaml as types: every key of config/robohub.yaml, read strictly. Filled before anything starts; immutable
// after.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/file.hpp"
#include "control/settings.hpp"
#include "device/link.hpp"
#include "device/settings.hpp"
#include "gateway/camera_settings.hpp"
#include "gateway/cloudtalker/settings.hpp"
#include "gateway/mqtt/settings.hpp"
#include "gateway/robot_tcp/settings.hpp"
#include "gateway/settings.hpp"
#include "identity/oidc_settings.hpp"
#include "identity/settings.hpp"
#include "media/capture_settings.hpp"
#include "net/http_server.hpp"
#include "store/backup_settings.hpp"
#include "store/reserve.hpp"
#include "telemetry/settings.hpp"

namespace robohub::hub {

enum class TlsMode {
  automatic,  // on when a certificate is configured or the listener is not loopback
  on,
  off
};

struct TlsSettings {
  TlsMode mode = TlsMode::automatic;
  // PEM; both or neither. Neither: the certificate that this installation makes for itself.
  std::filesystem::path certificate, key;
};

struct MetricsSettings {
  bool enabled = false;
  std::string token;  // a bearer's, from metrics.token_file; "" = only administrators
};

// What the command line says instead of the file.
struct ServeOptions {
  std::filesystem::path data;         // --data, absolute; empty: as the file says
  std::optional<std::uint16_t> port;  // --port
};

struct Settings {
  config::Address listen{"127.0.0.1", 8080};
  bool insecure = false;  // another machine may reach the listener without TLS (counts with mode `off` only)
  TlsSettings tls;
  std::filesystem::path data = "data";
  std::filesystem::path web = "web/dist";
  std::size_t loops = 0;  // 0 = one a core but one, at least one
  std::vector<std::string> origins;
  std::vector<std::filesystem::path> plugin_folders;
  identity::Settings identity;
  identity::OidcSettings oidc;
  control::TurnSettings turns;
  std::map<std::string, control::TurnSettings> device_turns;  // by device id
  device::Settings enrolment;
  gateway::ClientCertificates client_certificates = gateway::ClientCertificates::off;
  gateway::MqttSettings mqtt;
  Duration audit_keep = std::chrono::hours(365 * 24);  // 0 = for ever
  net::HttpServerOptions http = defaultLimits();
  Duration agent_hello = std::chrono::seconds(5);  // no key: an agent link that says nothing is closed after this
  std::string log_level = "info";
  std::string log_format = "text";
  std::filesystem::path log_file;  // empty: standard error
  MetricsSettings metrics;
  store::ReserveSettings disk;
  store::BackupSettings backup;
  media::CaptureSettings captures;
  telemetry::Settings telemetry;
  gateway::RobotSettings robots;
  gateway::CloudtalkerSettings cloudtalker;
  gateway::CameraSettings cameras;
  std::set<std::string> accept_unfenced;  // device ids
  std::filesystem::path file;             // that they were read from; empty: none was

  ServeOptions command_line;

  // Whether the listener can be reached from this machine only.
  bool loopback() const;
  // Whether the listener speaks TLS: always where other machines reach it, unless the mode is `off`.
  bool tlsOn() const;

  // Those of the device, or the general ones.
  const control::TurnSettings& turnsOf(const std::string& device) const;
  // Whether turns are given on hazards that nothing at the device ends.
  bool acceptsUnfenced(const std::string& device, device::Link link) const;

  static net::HttpServerOptions defaultLimits();
};

// Whether `host`, as it stands in an address, is this machine's alone.
bool isLoopback(const std::string& host);
// A key that counts at the start, of where the hub itself listens. Names are no such places (net::Listener looks none
// up), so they are refused. True as Section::address().
bool readListener(config::Section& section, const char* key, config::Address* address);
// Whether `text` is an origin as a browser writes it: scheme, host and port.
bool isOrigin(const std::string& text);

// Asks for every key. Errors are the section's.
void readSettings(config::Section& section, Settings& settings);
// Reads a whole file. No errors: `settings` is good. `keys`, when given, gets what the file says (config/listing.hpp).
config::Errors readSettingsFile(const std::filesystem::path& file, Settings& settings,
                                std::vector<config::KeyInfo>* keys = nullptr);

}  // namespace robohub::hub
