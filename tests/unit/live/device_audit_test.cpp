#include "live/device_audit.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace std::chrono_literals;

namespace {

struct Watched {
  std::vector<identity::AuditEntry> entries;
  DeviceAudit::Note note = [this](identity::AuditEntry entry) { entries.push_back(std::move(entry)); };
  DeviceAudit audit{*DeviceId::parse("d1"), note};
  identity::Person ada{*PersonId::parse("g-ada"), "Ada", {}, {}};
  identity::Person root{*PersonId::parse("u-1"), "root", {}, {}};
  control::TurnView turn;
  control::StopView stop;
  MonoTime now{1h};

  void tell() { audit.state(turn, stop, now); }
  void holds(const identity::Person& person, Epoch epoch) {
    turn.holder = control::PersonName{person.id, person.name};
    turn.epoch = epoch;
    tell();
  }
  void nobodyHolds(control::TurnEnd reason) {
    audit.ending(turn.holder->id, reason);
    turn = {};
    tell();
  }
  void command(const std::string& id, control::CommandState end, const std::string& params = "{\"x\":1}") {
    control::CommandRecord record;
    record.id = id;
    record.name = "fire";
    record.person = ada.id;
    record.epoch = turn.epoch;
    record.state = control::CommandState::sent;
    audit.taken(ada, record, params);
    audit.ended(record, now);
    record.state = end;
    audit.ended(record, now);
  }
  std::string detail(std::size_t index, const std::string& key) const {
    const auto object = json::parseObject(entries.at(index).detail_json);
    REQUIRE(object);
    return (*object)->has(key) ? (*object)->get(key).convert<std::string>() : "";
  }
};

}  // namespace

TEST_CASE("a turn is told when it begins and when it ends, with why, and once") {
  Watched device;
  device.tell();
  device.holds(device.ada, 7);
  device.tell();
  device.nobodyHolds(control::TurnEnd::skipped);
  device.tell();
  REQUIRE(device.entries.size() == 2);
  CHECK(device.entries[0].action == "turn.begin");
  CHECK(device.entries[0].actor.name == "Ada");
  CHECK(device.entries[0].object == "device:d1");
  CHECK(device.detail(0, "epoch") == "7");
  CHECK(device.entries[1].action == "turn.end");
  CHECK(device.detail(1, "reason") == "skipped");
}

TEST_CASE("one turn after the other in one step is an end and a beginning") {
  Watched device;
  device.holds(device.ada, 7);
  device.audit.ending(device.ada.id, control::TurnEnd::time_up);
  device.holds(device.root, 8);
  REQUIRE(device.entries.size() == 3);
  CHECK(device.entries[1].action == "turn.end");
  CHECK(device.entries[1].actor.id == "g-ada");
  CHECK(device.entries[2].action == "turn.begin");
  CHECK(device.entries[2].actor.id == "u-1");
}

TEST_CASE("commands that repeat within ten seconds are counted, and none is lost at the turn's end") {
  Watched device;
  device.holds(device.ada, 7);
  for (int i = 0; i < 20; ++i) device.command("c-" + std::to_string(i), control::CommandState::succeeded);
  REQUIRE(device.entries.size() == 2);
  CHECK(device.detail(1, "times").empty());
  device.now += 11s;
  device.command("c-20", control::CommandState::succeeded);
  REQUIRE(device.entries.size() == 3);
  CHECK(device.detail(2, "times") == "20");
  device.command("c-21", control::CommandState::succeeded);
  device.nobodyHolds(control::TurnEnd::gave_back);
  REQUIRE(device.entries.size() == 5);
  CHECK(device.entries[3].action == "command.hazard");
  CHECK(device.detail(3, "times").empty());
  CHECK(device.entries[4].action == "turn.end");
}

TEST_CASE("a switch that goes on and off within ten seconds is two entries, each with what it says") {
  Watched device;
  device.holds(device.ada, 7);
  for (int i = 0; i < 5; ++i) {
    device.command("on-" + std::to_string(i), control::CommandState::succeeded, "{\"on\":true}");
    device.command("off-" + std::to_string(i), control::CommandState::succeeded, "{\"on\":false}");
  }
  REQUIRE(device.entries.size() == 3);
  CHECK(device.entries[1].detail_json.find("{\"on\":true}") != std::string::npos);
  CHECK(device.entries[2].detail_json.find("{\"on\":false}") != std::string::npos);
  device.nobodyHolds(control::TurnEnd::gave_back);
  REQUIRE(device.entries.size() == 6);  // the other four of each, and the turn's end
}

TEST_CASE("however many switches a command has, the entries of one turn are bounded") {
  Watched device;
  device.holds(device.ada, 7);
  for (int i = 0; i < 1024; ++i) {
    std::string params;
    for (int bit = 0; bit < 10; ++bit)
      params += (bit > 0 ? ",\"s" : "{\"s") + std::to_string(bit) + ((i & (1 << bit)) != 0 ? "\":true" : "\":false");
    device.command("c-" + std::to_string(i), control::CommandState::succeeded, params + "}");
  }
  CHECK(device.entries.size() < 80);
}

TEST_CASE("commands of turns that follow each other fast are left out and counted, and none silently") {
  Watched device;
  const int turns = 400;
  for (int turn = 1; turn <= turns; ++turn) {
    device.holds(device.ada, static_cast<Epoch>(turn));
    device.command("c-" + std::to_string(turn), control::CommandState::succeeded);
    device.nobodyHolds(control::TurnEnd::gave_back);
  }
  const auto told = [&] {
    std::size_t count = 0;
    for (const auto& each : device.entries) count += each.action == "command.hazard";
    return count;
  };
  REQUIRE(told() == DeviceAudit::kCommandsAtOnce);
  device.now += 1h;
  device.holds(device.ada, turns + 1);
  device.command("last", control::CommandState::succeeded);
  CHECK(told() == DeviceAudit::kCommandsAtOnce + 1);
  CHECK(device.detail(device.entries.size() - 1, "left_out_before") ==
        std::to_string(turns - DeviceAudit::kCommandsAtOnce));
}

TEST_CASE("of a type with hazards each command that needs the turn is told, with its flag and without") {
  const auto manifest = plugin::Manifest::parse(R"({"abi":1,"id":"lamp","version":"1.0.0","permissions":[],
    "device_types":[{"type":"lamp","safety":{"hazards":["light"],"deadman_ms":250},"commands":[
      {"name":"aim","turn":"required","ttl_ms":500,"hazardous":true,
       "params":{"type":"object","additionalProperties":false,"properties":{}}},
      {"name":"light","turn":"required","ttl_ms":500,"hazardous":false,
       "params":{"type":"object","additionalProperties":false,"properties":{"on":{"type":"boolean"}}}},
      {"name":"ask","turn":"none","ttl_ms":500,"hazardous":false,
       "params":{"type":"object","additionalProperties":false,"properties":{}}}]}]})");
  REQUIRE(manifest);
  plugin::DeviceType type = (*manifest)->types.at(0);
  CHECK(DeviceAudit::concerns(type, *type.command("aim")));
  CHECK(DeviceAudit::concerns(type, *type.command("light")));
  CHECK_FALSE(DeviceAudit::concerns(type, *type.command("ask")));
  type.hazards.clear();
  CHECK_FALSE(DeviceAudit::concerns(type, *type.command("light")));
}

TEST_CASE("how a command ended is told apart, and what was not taken here is not told") {
  Watched device;
  device.holds(device.ada, 7);
  device.command("c-1", control::CommandState::succeeded);
  device.command("c-2", control::CommandState::failed);
  device.command("c-3", control::CommandState::refused);
  device.command("c-4", control::CommandState::unknown, std::string(600, ' '));
  control::CommandRecord other;
  other.id = "c-9";
  other.state = control::CommandState::succeeded;
  device.audit.ended(other, device.now);
  REQUIRE(device.entries.size() == 5);
  CHECK(device.entries[1].outcome == identity::Outcome::ok);
  CHECK(device.entries[2].outcome == identity::Outcome::failed);
  CHECK(device.entries[3].outcome == identity::Outcome::refused);
  CHECK(device.entries[4].outcome == identity::Outcome::failed);
  CHECK(device.detail(4, "params") == "(too long)");
}

TEST_CASE(
    "a stop names who pressed it; one that came with the agent names the hub; one from before the start is not told") {
  Watched device;
  device.stop.state = control::StopState::unconfirmed;
  device.stop.id = "s-1";
  device.tell();
  CHECK(device.entries.empty());

  device.stop.state = control::StopState::none;
  device.tell();
  REQUIRE(device.entries.size() == 1);
  CHECK(device.entries[0].action == "stop.reset");
  CHECK(device.entries[0].actor.id == "hub");

  device.stop = {control::StopState::sent, false, "s-2", "Ada", "smoke", 0, ""};
  device.audit.pressing(device.ada);
  device.tell();
  device.audit.pressing(std::nullopt);
  device.stop.state = control::StopState::confirmed;
  device.tell();
  REQUIRE(device.entries.size() == 2);
  CHECK(device.entries[1].action == "stop.press");
  CHECK(device.entries[1].actor.id == "g-ada");
  CHECK(device.detail(1, "reason") == "smoke");

  device.stop.id = "s-3";
  device.tell();
  REQUIRE(device.entries.size() == 3);
  CHECK(device.entries[2].actor.id == "hub");
}

TEST_CASE("a reset is told when the device has answered, and a refused one at once") {
  Watched device;
  device.tell();
  device.stop = {control::StopState::confirmed, false, "s-2", "Ada", "", 0, ""};
  device.tell();
  device.entries.clear();
  device.audit.resetting(device.ada, fail(ErrorCode::permission_denied, "No."), device.now);
  REQUIRE(device.entries.size() == 1);
  CHECK(device.entries[0].outcome == identity::Outcome::refused);

  device.audit.resetting(device.root, {}, device.now);
  device.stop.resetting = true;
  device.tell();
  CHECK(device.entries.size() == 1);
  device.stop.resetting = false;
  device.stop.message = "still hot";
  device.tell();
  REQUIRE(device.entries.size() == 2);
  CHECK(device.entries[1].outcome == identity::Outcome::failed);
  CHECK(device.entries[1].actor.id == "u-1");
  CHECK(device.detail(1, "why") == "still hot");
}

TEST_CASE("turns that are taken and given back all the time are left out and counted") {
  Watched device;
  Epoch epoch = 0;
  const auto take = [&] {
    device.holds(device.ada, ++epoch);
    device.nobodyHolds(control::TurnEnd::gave_back);
  };
  for (int i = 0; i < 500; ++i) take();
  const std::size_t told = device.entries.size();
  CHECK(told < 200);
  CHECK(told % 2 == 0);  // none without its end
  device.now += 1h;
  take();
  REQUIRE(device.entries.size() == told + 2);
  CHECK(device.detail(told, "turns_left_out_before") == std::to_string(500 - told / 2));
}

TEST_CASE("resets that are refused a thousand times a second are left out and counted, whoever they are by") {
  Watched device;
  device.tell();
  const auto refused = [&](const identity::Person& person) {
    device.audit.resetting(person, fail(ErrorCode::permission_denied, "No."), device.now);
  };
  for (int i = 0; i < 1500; ++i) refused(i % 2 == 0 ? device.ada : device.root);
  REQUIRE(device.entries.size() == 20);
  CHECK(device.detail(0, "left_out_before").empty());
  // What is no matter of rights is none of the audit's business, and takes nobody's place in it.
  device.audit.resetting(device.root, fail(ErrorCode::conflict, "Not stopped."), device.now);
  device.now += 1s;
  refused(device.ada);
  REQUIRE(device.entries.size() == 21);
  CHECK(device.entries[20].action == "stop.reset");
  CHECK(device.entries[20].outcome == identity::Outcome::refused);
  CHECK(device.detail(20, "left_out_before") == "1480");
}

TEST_CASE("without anybody to tell nothing happens") {
  DeviceAudit::Note nobody;
  DeviceAudit audit(*DeviceId::parse("d1"), nobody);
  control::TurnView turn;
  turn.holder = control::PersonName{*PersonId::parse("g-a"), "A"};
  turn.epoch = 1;
  audit.state(turn, {}, MonoTime{1h});
  audit.state({}, {}, MonoTime{1h});
}
