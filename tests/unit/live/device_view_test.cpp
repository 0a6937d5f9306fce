#include "live/device_view.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace std::chrono_literals;

namespace {

constexpr MonoTime kThen{100s};

json::Object::Ptr read(const std::string& text) {
  const auto object = json::parseObject(text);
  INFO(text);
  REQUIRE(object);
  return *object;
}

control::PersonName name(const char* id, const char* text) {
  return {*PersonId::parse(id), text};
}

control::TurnView turn() {
  control::TurnView turn;
  turn.holder = name("g-1", "Ada");
  turn.epoch = 42;
  turn.remaining = 41s;
  turn.grace = 8s;
  turn.waiting = {name("g-2", "Bob"), name("u-3", "Eve")};
  turn.estimates = {41s, 101s};
  return turn;
}

DeviceView view() {
  DeviceView view;
  view.id = *DeviceId::parse("lab-turret");
  view.name = "Turret";
  view.type = "laser_turret";
  view.presence = Presence::online;
  view.since_ms = 1'700'000'000'000;
  view.plugin_version = "1.0.0";
  view.plugin_installed = true;
  view.hazards = {"laser"};
  view.deadman_ms = 500;
  view.turn = turn();
  view.streams = {{"main", "mjpeg", 640, 480, true}};
  view.as_of = kThen;
  return view;
}

}  // namespace

TEST_CASE("A device is told as the protocol writes it") {
  CHECK(
      deviceJson(view(), kThen) ==
      "{\"id\":\"lab-turret\",\"name\":\"Turret\",\"type\":\"laser_turret\",\"presence\":\"online\","
      "\"since_ms\":1700000000000,\"plugin\":{\"version\":\"1.0.0\",\"installed\":true},\"link\":\"agent\",\"halt\":"
      "\"local\",\"fenced\":true,"
      "\"hazards\":[\"laser\"],\"deadman_ms\":500,\"stop\":{\"state\":\"none\",\"id\":\"\",\"by\":\"\",\"reason\":\"\","
      "\"at_ms\":0,\"resetting\":false,\"message\":\"\"},\"turn\":{\"holder\":{\"id\":\"g-1\",\"name\":\"Ada\"},"
      "\"epoch\":42,\"remaining_ms\":41000,\"grace_ms\":8000,\"waiting\":[{\"id\":\"g-2\",\"name\":\"Bob\"},"
      "{\"id\":\"u-3\",\"name\":\"Eve\"}],\"estimate_ms\":[41000,101000],\"held\":null},\"streams\":[{\"name\":"
      "\"main\","
      "\"kind\":\"mjpeg\",\"width\":640,\"height\":480,\"live\":true,\"age_ms\":null,\"fault\":\"\","
      "\"recording\":null}],\"labels\":[],"
      "\"room\":\"\"}");
}

TEST_CASE("A stream that is being recorded says which capture that becomes, and since when") {
  DeviceView recorded = view();
  recorded.streams[0].recording = media::StreamRecording{17, 1'700'000'000'000};
  const std::string json = deviceJson(recorded, kThen);
  CHECK(json.find("\"recording\":{\"id\":17,\"started_ms\":1700000000000}}") != std::string::npos);
}

TEST_CASE("A device that no agent has spoken for has no plugin, and an empty turn is told with nulls") {
  DeviceView fresh;
  fresh.id = *DeviceId::parse("d1");
  const auto object = read(deviceJson(fresh, kThen));
  CHECK(object->isNull("plugin"));
  CHECK(object->getValue<std::string>("presence") == "never");
  const auto empty = object->getObject("turn");
  CHECK(empty->isNull("holder"));
  CHECK(empty->isNull("remaining_ms"));
  CHECK(empty->isNull("grace_ms"));
  CHECK(empty->getArray("waiting")->size() == 0);
  CHECK(empty->getArray("estimate_ms")->size() == 0);
}

TEST_CASE("Times that count down are told as of now, and never below zero") {
  auto left = [](MonoTime now) { return read(turnJson(turn(), kThen, now)); };
  const auto later = left(kThen + 7500ms);
  CHECK(later->getValue<int>("remaining_ms") == 33500);
  CHECK(later->getValue<int>("grace_ms") == 500);
  CHECK(later->getArray("estimate_ms")->getElement<int>(0) == 33500);
  CHECK(later->getArray("estimate_ms")->getElement<int>(1) == 93500);
  const auto much_later = left(kThen + 1h);
  CHECK(much_later->getValue<int>("remaining_ms") == 0);
  CHECK(much_later->getValue<int>("grace_ms") == 0);
  CHECK(much_later->getArray("estimate_ms")->getElement<int>(1) == 0);
}

TEST_CASE("Names and texts of people and devices cannot break out of their strings") {
  const std::string evil = "\"},\"x\":\"\\\n\x01\x7f</script>\xf0\x9f\x98\xb8";
  DeviceView device = view();
  device.name = evil;
  device.plugin_version = evil;
  device.turn.holder->name = evil;
  device.turn.waiting[0].name = evil;
  device.stop = {control::StopState::confirmed, false, "s-1", evil, evil, 5, evil};
  const auto object = read(deviceJson(device, kThen));
  CHECK(object->getValue<std::string>("name") == evil);
  CHECK(object->getObject("plugin")->getValue<std::string>("version") == evil);
  CHECK(object->getObject("turn")->getObject("holder")->getValue<std::string>("name") == evil);
  CHECK(object->getObject("stop")->getValue<std::string>("by") == evil);
  CHECK(object->getObject("stop")->getValue<std::string>("reason") == evil);
  CHECK(object->getObject("stop")->getValue<std::string>("message") == evil);
  CHECK_FALSE(object->has("x"));
}

TEST_CASE("My place is told with its estimate, my turn with what is left of it") {
  control::YouView waiting;
  waiting.state = control::YouState::waiting;
  waiting.place = 3;
  waiting.estimate = 80s;
  CHECK("{" + youMembers(waiting) + "}" ==
        "{\"state\":\"waiting\",\"place\":3,\"epoch\":0,\"estimate_ms\":80000,\"remaining_ms\":null,"
        "\"warning\":false,\"reason\":\"\"}");
  control::YouView active;
  active.state = control::YouState::active;
  active.epoch = 42;
  active.remaining = 9s;
  active.warning = true;
  active.reason = control::TurnEnd::time_up;
  CHECK("{" + youMembers(active) + "}" ==
        "{\"state\":\"active\",\"place\":0,\"epoch\":42,\"estimate_ms\":null,\"remaining_ms\":9000,"
        "\"warning\":true,\"reason\":\"time_up\"}");
}

TEST_CASE("A command tells its times since it was received, its error and its value") {
  control::CommandRecord record;
  record.id = "c-12";
  record.key = "k\"1";
  record.name = "aim";
  record.epoch = 42;
  record.state = control::CommandState::succeeded;
  record.received = kThen;
  record.accepted = record.sent = kThen;
  record.acknowledged = kThen + 1500us;
  record.finished = kThen + 20ms;
  record.value_json = "{\"residual\":0.5}";
  const auto done = read("{" + commandMembers(record, *DeviceId::parse("d1"), 1000) + "}");
  CHECK(done->getValue<std::string>("key") == "k\"1");
  CHECK(done->getValue<std::string>("device") == "d1");
  CHECK(done->getValue<std::string>("state") == "succeeded");
  CHECK(done->getValue<int>("at_ms") == 1020);
  CHECK(done->isNull("error"));
  CHECK(done->getObject("value")->getValue<double>("residual") == 0.5);
  CHECK(done->getObject("times")->getValue<double>("accepted") == 0);
  CHECK(done->getObject("times")->getValue<double>("acknowledged") == 1.5);
  CHECK(done->getObject("times")->getValue<double>("succeeded") == 20);

  record.state = control::CommandState::refused;
  record.value_json.clear();
  record.acknowledged.reset();
  record.error = Error{ErrorCode::conflict, "It is not your turn.", "/x_px"};
  const auto refused = read("{" + commandMembers(record, *DeviceId::parse("d1"), 1000) + "}");
  CHECK(refused->isNull("value"));
  CHECK(refused->getObject("error")->getValue<std::string>("code") == "conflict");
  CHECK(refused->getObject("error")->getValue<std::string>("pointer") == "/x_px");
  CHECK_FALSE(refused->getObject("times")->has("acknowledged"));
}
