#include "hub/read_cloudtalker.hpp"

#include <algorithm>

#include "hub/settings.hpp"
#include "net/certificate.hpp"

namespace robohub::hub {

using namespace std::chrono_literals;

void readCloudtalker(config::Section& section, gateway::CloudtalkerSettings& settings) {
  readListener(section, "listen", &settings.listen);
  section.text("address", &settings.address, {1, 256});
  if (settings.address.find_first_of("/ @") != std::string::npos)
    section.refuse("address", "This is host:port, as cameras reach this hub.");
  section.path("certificate", &settings.certificate);
  section.path("key", &settings.key);
  if (settings.certificate.empty() != settings.key.empty())
    section.refuse(settings.key.empty() ? "certificate" : "key",
                   "A certificate needs its key, and a key its certificate.");
  if (section.duration("heartbeat", &settings.heartbeat, {1s, 1h}) && settings.heartbeat % 1s != 0ns)
    section.refuse("heartbeat", "Cameras count whole seconds.");
}

void readCloudtalkerDevice(const std::string& device, config::Section& section,
                           gateway::CloudtalkerSettings& settings) {
  section.require({"fingerprint"});
  std::string text;
  if (!section.text("fingerprint", &text, {64, 128})) return;
  const auto fingerprint = net::parseFingerprint(text);
  if (!fingerprint) return section.refuse("fingerprint", fingerprint.error().message);
  const auto other = std::find_if(settings.fingerprints.begin(), settings.fingerprints.end(),
                                  [&](const auto& each) { return each.second == *fingerprint; });
  if (other != settings.fingerprints.end())
    return section.refuse("fingerprint", "This is the fingerprint of " + other->first + " already.");
  settings.fingerprints[device] = *fingerprint;
}

}  // namespace robohub::hub
