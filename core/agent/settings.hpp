// agent.yaml: which device this is, where its hub is, which plugin drives it. docs/CONFIGURATION.md has the keys.
#pragma once
#include <filesystem>
#include <string>

#include "config/file.hpp"
#include "config/section.hpp"
#include "net/tls_client_context.hpp"

namespace robohub::agent {

enum class LogLevel { error, warning, information, debug };

struct PluginSettings {
  enum class Host { child, in_agent };
  std::string type;
  std::filesystem::path path;  // holds <id>/<version>/plugin.json
  Host host = Host::child;
};

struct CameraSettings {
  enum class Source { driver, mjpeg, none };
  Source source = Source::driver;
  std::string url;  // with mjpeg
  std::string stream = "main";
};

struct MicrophoneSettings {
  enum class Source { driver, alsa, none };
  Source source = Source::driver;
  std::string device = "default";  // with alsa: the name of a PCM
  std::string stream = "sound";
};

struct Settings {
  std::string hub_url;
  net::TlsClientSettings hub_tls;  // with https
  std::string device;
  std::string claim_code;  // empty: none
  std::filesystem::path state_dir;
  PluginSettings plugin;
  std::string driver = "{}";  // a JSON object, the driver's own
  CameraSettings camera;
  MicrophoneSettings microphone;
  std::int64_t captures_max_bytes = std::int64_t(1) << 30;  // that wait for the hub
  LogLevel log_level = LogLevel::information;
};

// Every key of the file. `state_dir` stays empty when the file does not say it. [any-thread]
void read(config::Section& file, Settings& settings);

// Reads the file into *settings, which counts only when there are no errors. Blocks. [any-thread]
config::Errors readSettings(const std::filesystem::path& file, Settings* settings);

// A sentence about a camera's address that nothing reads, since the pictures are the driver's; "" mostly. Not refused:
// agents run with such settings.
std::string idleCameraUrl(const Settings& settings);

}  // namespace robohub::agent
