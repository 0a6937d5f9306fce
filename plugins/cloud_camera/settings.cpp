#include "cloud_camera/settings.hpp"

#include <sys/un.h>

#include <charconv>
#include <stdexcept>

#include "rh/fields.hpp"

namespace cloud_camera {
namespace {

VideoSettings readVideo(const rh::Json& json) {
  VideoSettings video;
  rh::Fields fields(json, "/video");
  std::string source = "v4l2";
  fields.text("source", source);
  if (source == "lab")
    video.source = SourceKind::lab;
  else if (source == "none")
    video.source = SourceKind::none;
  else if (source != "v4l2")
    fields.refuse("source", "must be v4l2, lab or none");
  fields.text("device", video.device);
  fields.integer("width_px", video.width_px, 64, 1920);
  fields.integer("height_px", video.height_px, 64, 1088);
  if (video.width_px % 2 != 0) fields.refuse("width_px", "must be even");
  if (video.height_px % 2 != 0) fields.refuse("height_px", "must be even");
  fields.integer("fps", video.fps, 1, 30);
  if (const rh::Json* lab = fields.take("lab")) {
    rh::Fields inner(*lab, "/video/lab");
    inner.integer("seed", video.lab_seed, 0, INT64_MAX);
    inner.number("every_s", video.lab_every_s, 1, 3600);
    inner.finish();
  }
  fields.finish();
  return video;
}

MotionSettings readMotion(const rh::Json& json) {
  MotionSettings motion;
  rh::Fields fields(json, "/motion");
  fields.number("threshold", motion.threshold, 1, 200);
  fields.number("area_percent", motion.area_percent, 0.1, 60);
  fields.integer("min_frames", motion.min_frames, 1, 100);
  fields.integer("quiet_frames", motion.quiet_frames, 1, 1000);
  fields.finish();
  return motion;
}

RecordSettings readRecord(const rh::Json& json) {
  RecordSettings record;
  rh::Fields fields(json, "/record");
  fields.number("segment_s", record.segment_s, 1, 60);
  fields.number("preroll_s", record.preroll_s, 0, 5);
  fields.number("request_s", record.request_s, 1, 600);
  fields.number("longest_s", record.longest_s, 5, 3600);
  fields.integer("bitrate_kbit", record.bitrate_kbit, 50, 8000);
  fields.finish();
  return record;
}

PinSettings readPins(const rh::Json& json) {
  PinSettings pins;
  rh::Fields fields(json, "/gpio");
  fields.text("chip", pins.chip);
  const auto line = [&](const char* key, std::optional<std::uint32_t>& value) {
    std::uint32_t number = 0;
    if (!json.has(key)) {
      (void)fields.take(key);
      return;
    }
    fields.integer(key, number, 0, 1023);
    value = number;
  };
  line("armed_line", pins.armed_line);
  line("alarm_line", pins.alarm_line);
  fields.integer("debounce_ms", pins.debounce_ms, 0, 60'000);
  if (pins.armed_line && pins.armed_line == pins.alarm_line)
    fields.refuse("alarm_line", "must be another one than armed_line");
  fields.finish();
  return pins;
}

LocalSettings readLocal(const rh::Json& json) {
  LocalSettings local;
  rh::Fields fields(json, "/local");
  const auto address = [&](const char* key, bool listening, std::optional<LocalAddress>& value) {
    std::string text;
    fields.text(key, text);
    if (text.empty()) return;
    try {
      value = parseLocalAddress(text, listening);
    } catch (const std::invalid_argument& wrong) {
      fields.refuse(key, wrong.what());
    }
  };
  address("listen", true, local.listen);
  address("commands", false, local.commands);
  fields.text("names", local.names);
  // Others are not among the paths that a driver's process is let to.
  if (!local.names.empty() && local.names != "-" && local.names[0] != '/')
    fields.refuse("names", "must be an absolute path, or - for standard input");
  if (const rh::Json* folders = fields.take("folders")) {
    if (!folders->isArray() || folders->items().size() > 16)
      fields.refuse("folders", "must be a list of up to 16 paths");
    for (const rh::Json& folder : folders->items()) {
      if (!folder.isText() || folder.asText().empty() || folder.asText()[0] != '/')
        fields.refuse("folders", "must be a list of absolute paths");
      local.folders.push_back(folder.asText());
    }
  }
  fields.integer("max_segment_bytes", local.max_segment_bytes, 1024, std::int64_t(4) << 30);
  fields.finish();
  if ((local.listen || !local.names.empty()) && local.folders.empty())
    fields.refuse("folders", "must say from which folders segments may be taken, where programs name them");
  return local;
}

}  // namespace

LocalAddress parseLocalAddress(const std::string& text, bool listening) {
  LocalAddress address;
  if (text.find('/') != std::string::npos) {
    if (text[0] != '/') throw std::invalid_argument("must be an absolute path, or host:port");
    if (text.size() >= sizeof(sockaddr_un{}.sun_path))
      throw std::invalid_argument("is too long for a Unix socket: " +
                                  std::to_string(sizeof(sockaddr_un{}.sun_path) - 1) + " characters at most");
    address.path = text;
    return address;
  }
  const auto colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? text : text.substr(colon + 1);
  if (colon != std::string::npos) address.host = text.substr(0, colon);
  if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']')
    address.host = address.host.substr(1, address.host.size() - 2);
  const auto read = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || read.ec != std::errc() || read.ptr != port.data() + port.size())
    throw std::invalid_argument("must be a port, host:port, or the path of a Unix socket");
  if (address.host.empty() && listening) address.host = "127.0.0.1";
  if (address.host.empty()) throw std::invalid_argument("must say the host as well: host:port");
  if (address.port == 0 && !listening) throw std::invalid_argument("must say a port above 0");
  return address;
}

Settings Settings::fromJson(const rh::Json& config) {
  Settings settings;
  rh::Fields fields(config);
  if (const rh::Json* part = fields.take("video")) settings.video = readVideo(*part);
  if (const rh::Json* part = fields.take("motion")) settings.motion = readMotion(*part);
  if (const rh::Json* part = fields.take("record")) settings.record = readRecord(*part);
  if (const rh::Json* part = fields.take("gpio")) settings.pins = readPins(*part);
  if (const rh::Json* part = fields.take("local")) settings.local = readLocal(*part);
  fields.finish();
  if (settings.video.source == SourceKind::none && !settings.local.listen && settings.local.names.empty())
    fields.refuse("video",
                  "has the source none, and no program is let in under /local: there would be no pictures at all");
  return settings;
}

}  // namespace cloud_camera
