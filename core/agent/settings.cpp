#include "agent/settings.hpp"

namespace robohub::agent {

void read(config::Section& file, Settings& settings) {
  file.section("hub", [&](config::Section& hub) {
    hub.url("url", &settings.hub_url, {"http"});
    hub.require({"url"});
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

config::Errors readSettings(const std::filesystem::path& file, Settings* settings) {
  auto errors = config::readFile(file, [&](config::Section& s) { read(s, *settings); });
  if (settings->state_dir.empty())
    settings->state_dir = std::filesystem::absolute(file).parent_path() / "data/agents" / settings->device;
  return errors;
}

}  // namespace robohub::agent
