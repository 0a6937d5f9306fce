#include "agent/settings.hpp"

#include "net/certificate.hpp"

namespace robohub::agent {
namespace {

// How the agent knows its hub, and the hub its agent.
void readTrust(config::Section& hub, Settings& settings) {
  auto& tls = settings.hub_tls;
  hub.path("ca", &tls.ca_file);
  if (hub.text("fingerprint", &tls.fingerprint_sha256, {1, 128}))
    if (auto parsed = net::parseFingerprint(tls.fingerprint_sha256); !parsed)
      hub.refuse("fingerprint", parsed.error().message);
  hub.path("certificate", &tls.certificate_file);
  hub.path("key", &tls.key_file);
  if (tls.certificate_file.empty() != tls.key_file.empty())
    hub.refuse(tls.key_file.empty() ? "certificate" : "key",
               "`hub.certificate` and `hub.key` go together: write both or neither.");
  if (!tls.ca_file.empty() && !tls.fingerprint_sha256.empty())
    hub.refuse("ca", "With `hub.fingerprint` nothing else decides whether this is the hub: leave out `hub.ca`.");
  if (settings.hub_url.rfind("http:", 0) == 0)
    for (const char* key : {"ca", "fingerprint", "certificate", "key"})
      if (hub.has(key)) hub.refuse(key, "This is of use over TLS only: write https:// in `hub.url`.");
}

}  // namespace

void read(config::Section& file, Settings& settings) {
  file.section("hub", [&](config::Section& hub) {
    hub.url("url", &settings.hub_url, {"http", "https"});
    hub.require({"url"});
    readTrust(hub, settings);
  });
  file.name("device", &settings.device);
  file.text("claim_code", &settings.claim_code, {1, 64});
  file.path("state_dir", &settings.state_dir);
  file.section("plugin", [&](config::Section& plugin) {
    plugin.dottedName("type", &settings.plugin.type);
    plugin.path("path", &settings.plugin.path);
    plugin.choice<PluginSettings::Host>(
        "host", &settings.plugin.host,
        {{"child", PluginSettings::Host::child}, {"inline", PluginSettings::Host::in_agent}});
    plugin.require({"type", "path"});
  });
  if (file.json("driver", &settings.driver) && settings.driver.front() != '{') {
    if (settings.driver == "null")
      settings.driver = "{}";  // an empty section
    else
      file.refuse("driver", "`driver` must be a mapping: it is handed to the driver as it stands.");
  }
  file.section("camera", [&](config::Section& camera) {
    using Source = CameraSettings::Source;
    auto& s = settings.camera;
    camera.choice<Source>("source", &s.source,
                          {{"driver", Source::driver}, {"mjpeg", Source::mjpeg}, {"none", Source::none}});
    camera.url("url", &s.url, {"http"});
    camera.name("stream", &s.stream);
    if (s.source == Source::mjpeg && !camera.has("url"))
      camera.refuse("source", "With `camera.source: mjpeg`, say as `camera.url` where the pictures come from.");
  });
  file.section("microphone", [&](config::Section& microphone) {
    using Source = MicrophoneSettings::Source;
    auto& s = settings.microphone;
    microphone.choice<Source>("source", &s.source,
                              {{"driver", Source::driver}, {"alsa", Source::alsa}, {"none", Source::none}});
    microphone.text("device", &s.device, {1, 128});
    microphone.name("stream", &s.stream);
    if (microphone.has("device") && s.source != Source::alsa)
      microphone.refuse("device", "This is of use with `microphone.source: alsa` only.");
  });
  file.section("captures", [&](config::Section& captures) {
    captures.bytes("max_bytes", &settings.captures_max_bytes, {1 << 20, std::int64_t(1) << 40});
  });
  file.section("log", [&](config::Section& log) {
    // The words of the hub's own settings, and Poco's for the same level.
    log.choice<LogLevel>("level", &settings.log_level,
                         {{"error", LogLevel::error},
                          {"warning", LogLevel::warning},
                          {"info", LogLevel::information},
                          {"debug", LogLevel::debug},
                          {"information", LogLevel::information}});
  });
  file.require({"hub", "device", "plugin"});
}

std::string idleCameraUrl(const Settings& settings) {
  const CameraSettings& camera = settings.camera;
  if (camera.source != CameraSettings::Source::driver || camera.url.empty()) return {};
  return "`camera.url` does nothing without `camera.source: mjpeg`.";
}

config::Errors readSettings(const std::filesystem::path& file, Settings* settings) {
  auto errors = config::readFile(file, [&](config::Section& s) { read(s, *settings); });
  if (settings->state_dir.empty())
    settings->state_dir = std::filesystem::absolute(file).parent_path() / "data/agents" / settings->device;
  return errors;
}

}  // namespace robohub::agent
