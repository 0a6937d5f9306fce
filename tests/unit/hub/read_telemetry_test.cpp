#include <catch2/catch.hpp>

#include "hub/settings_keys.hpp"

using namespace robohub;
using namespace robohub::hub;

namespace {
std::string faults(const std::string& text) {
  const ReadSettings read = readSettingsText("telemetry: " + text, {}, {});
  std::string all;
  for (const Error& error : read.errors) all += error.message + "\n";
  return all;
}
}  // namespace

TEST_CASE("Values are kept for hours, roll-ups at least as long as what they are made of") {
  CHECK(faults("{flush: 500ms, values: 24h, minutes: 30d, rollups: 3650d, max_series: 5}").empty());
  CHECK(faults("{}").empty());
  CHECK(faults("{values: 60d}").find("at least as long as the single values") != std::string::npos);
  CHECK(faults("{minutes: 500d}").find("at least as long as those of a minute") != std::string::npos);
  CHECK_FALSE(faults("{values: 1h}").empty());
  CHECK_FALSE(faults("{flush: 1ms}").empty());
  CHECK_FALSE(faults("{flush: 2min}").empty());
  CHECK_FALSE(faults("{max_series: 0}").empty());
  CHECK_FALSE(faults("{enabled: yes}").empty());
  CHECK_FALSE(faults("{keep: 5d}").empty());
}

TEST_CASE("Whether there is a history waits for a restart, how long it is kept does not") {
  const ReadSettings running = readSettingsText("telemetry: {enabled: true, values: 48h}", {}, {});
  const ReadSettings next = readSettingsText("telemetry: {enabled: false, values: 24h}", {}, {});
  const Settings now = reloaded(running.settings, next.settings);
  CHECK(now.telemetry.enabled);
  CHECK(now.telemetry.raw_keep == std::chrono::hours(24));
  for (const config::KeyChange& change : reloadedKeys(running, next).changes) {
    INFO(change.path);
    CHECK(change.restart == (change.path == "telemetry.enabled"));
  }
}
