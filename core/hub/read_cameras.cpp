#include "hub/read_cameras.hpp"

#include "net/certificate.hpp"

namespace robohub::hub {

namespace {

using namespace std::chrono_literals;

void readStream(config::Section& section, gateway::CameraSource& source, const gateway::CameraRules& allow) {
  section.require({"url"});
  if (section.url("url", &source.url, {"http", "https"})) {
    const auto url = net::parseHttpUrl(source.url);
    if (!url)
      section.refuse("url", url.error().message);
    else if (const Status allowed = allow.allows(*url); !allowed)
      section.refuse("url", allowed.error().message);
  }
  if (section.secretFile("credentials_file", &source.credentials) && source.credentials.find(':') == std::string::npos)
    section.refuse("credentials_file", "The file must hold one line, name:password.");
  section.path("ca_file", &source.ca_file);
  if (section.text("fingerprint", &source.fingerprint, {64, 128})) {
    const auto fingerprint = net::parseFingerprint(source.fingerprint);
    if (!fingerprint) section.refuse("fingerprint", fingerprint.error().message);
  }
  const bool secure = source.url.starts_with("https:");
  if (!secure && !source.url.empty() && (!source.ca_file.empty() || !source.fingerprint.empty()))
    section.refuse(source.ca_file.empty() ? "fingerprint" : "ca_file",
                   "This is for https, and the URL is plain http: nothing would be checked.");
}

}  // namespace

void readCameras(config::Section& section, gateway::CameraSettings& settings) {
  std::vector<std::string> entries = settings.allow.entries();
  if (section.list("allow", &entries, 256, {1, 512})) {
    if (auto rules = gateway::CameraRules::parse(entries))
      settings.allow = std::move(*rules);
    else
      section.refuse("allow", rules.error().message);
  }
  section.duration("stall", &settings.stall, {500ms, 60s});
  section.bytes("max_rate", &settings.max_bytes_per_s, {1 << 20, 1 << 30});
}

void readStreams(const std::string& device, config::Section& section, gateway::CameraSettings& settings) {
  section.map(
      "streams",
      [&](const std::string& stream, config::Section& each) {
        gateway::CameraSource source{device, stream, {}, {}, {}, {}};
        readStream(each, source, settings.allow);
        if (!source.url.empty()) settings.sources.push_back(std::move(source));
      },
      16);
}

}  // namespace robohub::hub
