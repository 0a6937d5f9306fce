#include "live/device_audit.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::live;

TEST_CASE("Whoever joins and leaves in a circle fills no audit, and what was left out is counted") {
  std::vector<identity::AuditEntry> entries;
  const DeviceAudit::Note note = [&](identity::AuditEntry entry) { entries.push_back(std::move(entry)); };
  DeviceAudit audit(*DeviceId::parse("d1"), note);
  MonoTime now{std::chrono::hours(1)};
  control::TurnView turn, nobody;
  turn.holder = control::PersonName{*PersonId::parse("g-1"), "Ada"};
  auto circle = [&](int times) {
    for (int i = 0; i < times; ++i) {
      ++turn.epoch;
      audit.state(turn, {}, now);
      audit.ending(turn.holder->id, control::TurnEnd::gave_back);
      audit.state(nobody, {}, now);
    }
  };
  circle(1000);
  CHECK(entries.size() == 120);
  CHECK(entries[0].action == "turn.begin");
  CHECK(entries[1].action == "turn.end");
  CHECK(entries[1].detail_json.find("gave_back") != std::string::npos);
  now += std::chrono::seconds(1);
  circle(1);
  REQUIRE(entries.size() == 122);
  CHECK(entries[120].detail_json.find("\"turns_left_out_before\":940") != std::string::npos);
}
