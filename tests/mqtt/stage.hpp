// A folder, the broker and the hub of one test.
#pragma once
#include <signal.h>

#include <fstream>

#include "integration/support/page.hpp"
#include "mqtt/broker.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::integration {

struct Stage {
  // `devices`: what stands below `devices:` in robohub.yaml; `more`: further lines.
  explicit Stage(const std::string& devices, const std::string& more = "")
      : broker(folder.path()),
        hub(folder.path(), broker.settings() + "metrics: {enabled: true}\ndevices:\n" + devices + more) {}

  // The device is as the hub tells it.
  bool is(const std::string& device, const std::string& presence, std::chrono::milliseconds patience = 10s) {
    return eventually([&] { return hub.presence(device) == presence; }, patience);
  }
  bool finds(const std::string& finding) {
    return hub.request("GET", "/api/v1/health", "", hub.administrator()).body.find("\"" + finding + "\"") !=
           std::string::npos;
  }
  // Of the metrics; -1 when it is not there.
  double figure(const std::string& name) {
    const std::string text = hub.request("GET", "/metrics", "", hub.administrator()).body;
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  test::TempFolder folder;
  Broker broker;
  HubProcess hub;
};

// The calibration of the older program's own example, numbers also as texts, in a file of its form.
inline std::string writeCalibration(const std::filesystem::path& folder) {
  const std::string file = (folder / "calibration.json").string();
  std::ofstream(file)
      << R"({"targetCalibration":[{"x":190,"y":"190"},{"x":555,"y":190},{"x":480,"y":525},{"x":240,"y":525}],)"
      << R"("servoCalibration":[{"x":"440","y":298},{"x":340,"y":298},{"x":340,"y":220},{"x":440,"y":220}]})";
  return file;
}

// The same points for the older driver's stand-in.
inline std::vector<std::string> driverArguments(std::uint16_t port) {
  return {std::to_string(port),
          "190",
          "190",
          "440",
          "298",
          "555",
          "190",
          "340",
          "298",
          "480",
          "525",
          "340",
          "220",
          "240",
          "525",
          "440",
          "220"};
}

inline std::string catLaser(const std::string& calibration) {
  return "  cat-laser:\n    type: laser_turret\n    name: Cat laser\n    accept_unfenced: true\n    mqtt:\n"
         "      translator: true\n      calibration: \"" +
         calibration + "\"\n";
}

}  // namespace robohub::integration
