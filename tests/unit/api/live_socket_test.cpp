// The live socket as pages use it: watching, the line, stamps, commands, stops, and the end of a session.
#include <catch2/catch.hpp>

#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

std::string text(const json::Object& object, const std::string& key) {
  return json::getString(object, key).value_or("");
}
std::string text(const json::Object::Ptr& object, const std::string& key) {
  return text(*object, key);
}

WebSocketPeer::Fits state(const std::string& wanted) {
  return [wanted](const json::Object& each) { return text(each, "state") == wanted; };
}
WebSocketPeer::Fits ref(const std::string& wanted) {
  return [wanted](const json::Object& each) { return text(each, "ref") == wanted; };
}
// Of "device" messages: what holds for the turn.
WebSocketPeer::Fits turn(const std::function<bool(const json::Object&)>& fits) {
  return [fits](const json::Object& each) { return fits(*each.getObject("device")->getObject("turn")); };
}
std::string holder(const json::Object& line) {
  return line.isNull("holder") ? "" : text(line.getObject("holder"), "name");
}
// Nothing of this type has come by the time that the hub has answered twice.
bool quiet(WebSocketPeer& page, const std::string& type) {
  for (int i = 0; i < 2; ++i) {
    page.send(R"({"type":"ping"})");
    page.get("pong");
  }
  return page.waiting(type) == 0;
}

// A hub with the device d1, its agent, and people.
struct Scene {
  explicit Scene(const std::function<void(hub::Settings&)>& change = {}, const std::string& type = "test_good")
      : hub(change), agent(hub, "d1", type) {
    hub.device("d1", type);
    agent.online();
  }
  WebSocketPeer watching(const std::string& cookie) {
    auto page = hub.page(cookie);
    page.get("welcome");
    page.send(R"({"type":"watch","device":"d1","ref":"w"})");
    page.get("device");
    page.get("you");
    return page;
  }
  // Takes the turn; its epoch.
  Epoch drive(WebSocketPeer& page) {
    page.send(R"({"type":"join","device":"d1","ref":"j"})");
    page.get("ok", ref("j"));
    agent.beat();
    return page.get("you", state("active"))->getValue<Epoch>("epoch");
  }
  TestHub hub;
  ScriptedAgent agent;
};

}  // namespace

TEST_CASE("A page is welcomed with who it is and what it may") {
  TestHub hub;
  auto page = hub.page(hub.guest("Ada"));
  REQUIRE(page.status() == 101);
  const auto welcome = page.get("welcome");
  CHECK(text(welcome->getObject("person"), "name") == "Ada");
  CHECK(welcome->getObject("can")->getValue<bool>("play"));
  CHECK_FALSE(welcome->getObject("can")->getValue<bool>("administer"));
  CHECK(text(welcome, "version") == hub::kVersion);
  CHECK(welcome->getValue<std::int64_t>("at_ms") > 1'600'000'000'000);
  // The hub's time, which may have been set since the welcome.
  page.send(R"({"type":"ping"})");
  CHECK(page.get("pong")->getValue<std::int64_t>("at_ms") >= welcome->getValue<std::int64_t>("at_ms"));
}

TEST_CASE("The list comes at once, then each change of any device, until it is no longer watched") {
  Scene scene;
  auto page = scene.hub.page(scene.hub.guest("Ada"));
  page.send(R"({"type":"watch_list","ref":"1"})");
  const auto list = page.get("devices");
  REQUIRE(list->getArray("devices")->size() == 1);
  CHECK(text(list->getArray("devices")->getObject(0), "presence") == "online");
  CHECK(page.get("ok", ref("1")));

  scene.hub.enrol("d2");
  CHECK(page.get("device", [](const json::Object& each) { return text(each.getObject("device"), "id") == "d2"; }));
  scene.hub.asAdministrator("DELETE", "/api/v1/devices/d2");
  CHECK(text(page.get("device_gone"), "device") == "d2");

  page.send(R"({"type":"unwatch_list"})");
  CHECK(quiet(page, "none"));
  page.forget();
  scene.hub.enrol("d3");
  CHECK(quiet(page, "device"));
}

TEST_CASE("A page that watches a device is told of it and of what happens on it, until it unwatches") {
  Scene scene;
  auto page = scene.watching(scene.hub.guest("Ada"));
  scene.agent.say(link::AgentEvent{link::EventLevel::info, "Hello."});
  CHECK(page.get("event", [](const json::Object& each) { return text(each, "text") == "Hello."; }));
  scene.agent.say(link::Telemetry{"output", 5'000'000'000, "{\"on\":false,\"n\":1}"});
  CHECK(page.get("telemetry")->getObject("value")->getValue<int>("n") == 1);
  page.send(R"({"type":"unwatch","device":"d1","ref":"u"})");
  page.get("ok", ref("u"));
  page.forget();
  scene.agent.say(link::AgentEvent{link::EventLevel::info, "Unheard."});
  scene.hub.asAdministrator("GET", "/api/v1/devices/d1/turn");
  CHECK(quiet(page, "event"));
}

TEST_CASE("Two people drive one after the other, and each is told the truth at each moment") {
  Scene scene;
  auto ada = scene.watching(scene.hub.guest("Ada")), bob = scene.watching(scene.hub.guest("Bob"));
  const Epoch first = scene.drive(ada);
  CHECK(scene.agent.control->get("grant")->getValue<Epoch>("epoch") == first);

  bob.send(R"({"type":"join","device":"d1"})");
  const auto waiting = bob.get("you", state("waiting"));
  CHECK(waiting->getValue<int>("place") == 1);
  CHECK(waiting->getValue<int>("estimate_ms") > 0);
  CHECK(ada.get("device", turn([](const json::Object& line) { return line.getArray("waiting")->size() == 1; })));

  ada.send(R"({"type":"leave","device":"d1"})");
  const auto over = ada.get("you", state("none"));
  CHECK(text(over, "reason") == "gave_back");
  CHECK(scene.agent.control->get("end")->getValue<Epoch>("epoch") == first);
  const Epoch second = bob.get("you", state("active"))->getValue<Epoch>("epoch");
  CHECK(second > first);
  CHECK(ada.get("device", turn([](const json::Object& line) { return holder(line) == "Bob"; })));

  // The first one's clicks move nothing, with the old epoch or the new one.
  for (const Epoch epoch : {first, second}) {
    ada.send(R"({"type":"command","device":"d1","name":"on","params":{"on":true},"epoch":)" + std::to_string(epoch) +
             R"(,"key":"k)" + std::to_string(epoch) + "\"}");
    const auto refused = ada.get("command", state("refused"));
    CHECK(text(refused->getObject("error"), "code") == "conflict");
  }
  CHECK(scene.agent.control->waiting("command") == 0);
}

TEST_CASE("The time of a turn that somebody waits for runs out, with a warning before") {
  Scene scene([](hub::Settings& settings) {
    settings.turns.length = std::chrono::milliseconds(1200);
    settings.turns.when_alone = control::WhenAlone::end_turn;
    settings.turns.warning = std::chrono::milliseconds(700);
  });
  auto ada = scene.watching(scene.hub.guest("Ada")), bob = scene.watching(scene.hub.guest("Bob"));
  scene.drive(ada);
  bob.send(R"({"type":"join","device":"d1"})");
  CHECK(ada.get("you", [](const json::Object& you) { return you.getValue<bool>("warning"); }));
  CHECK(text(ada.get("you", state("none")), "reason") == "time_up");
  CHECK(bob.get("you", state("active")));
}

TEST_CASE("A person in two tabs has one place, and both tabs know of it") {
  Scene scene;
  const std::string cookie = scene.hub.guest("Ada");
  auto first = scene.watching(cookie), second = scene.watching(cookie);
  auto bob = scene.watching(scene.hub.guest("Bob"));
  const Epoch epoch = scene.drive(first);
  CHECK(second.get("you", state("active"))->getValue<Epoch>("epoch") == epoch);
  second.send(R"({"type":"join","device":"d1","ref":"again"})");
  CHECK(second.get("ok", ref("again")));
  const auto now = scene.hub.deviceState("d1")->getObject("turn");
  CHECK(now->getArray("waiting")->size() == 0);
  first.leave();
  CHECK(scene.hub.deviceState("d1")->getObject("turn")->isNull("grace_ms"));
  CHECK(quiet(bob, "stamp"));
}

TEST_CASE("Stamps, places and commands of a person are told to that person's tabs only") {
  Scene scene;
  const std::string cookie = scene.hub.guest("Ada");
  auto ada = scene.watching(cookie), other_tab = scene.watching(cookie), bob = scene.watching(scene.hub.guest("Bob"));
  const Epoch epoch = scene.drive(ada);
  scene.agent.beat();
  const auto stamp = ada.get("stamp");
  CHECK(stamp->getValue<Epoch>("epoch") == epoch);
  CHECK(other_tab.get("stamp"));
  ada.send(R"({"type":"beat","device":"d1","epoch":)" + std::to_string(epoch) + R"(,"stamp":")" + text(stamp, "stamp") +
           "\"}");
  CHECK(text(scene.agent.control->get("beat"), "stamp") == text(stamp, "stamp"));

  ada.send(R"({"type":"command","device":"d1","name":"on","params":{"on":true},"epoch":)" + std::to_string(epoch) +
           R"(,"key":"k1","ref":"c"})");
  CHECK(ada.get("ok", ref("c")));
  for (WebSocketPeer* tab : {&ada, &other_tab}) CHECK(tab->get("command", state("sent")));
  const auto command = scene.agent.carryOut();
  CHECK(text(command, "name") == "on");
  CHECK(command->getValue<Epoch>("epoch") == epoch);
  for (WebSocketPeer* tab : {&ada, &other_tab}) {
    const auto done = tab->get("command", state("succeeded"));
    CHECK(text(done, "key") == "k1");
    CHECK(done->getObject("times")->has("succeeded"));
  }
  CHECK(quiet(bob, "command"));
  CHECK(bob.waiting("stamp") == 0);
  CHECK(bob.waiting("you") == 0);
}

TEST_CASE("A page that does not watch is told how its command ended") {
  Scene scene;
  auto page = scene.hub.page(scene.hub.guest("Ada"));
  page.send(R"({"type":"command","device":"d1","name":"add","params":{"a":1,"b":2},"key":"k"})");
  CHECK(text(scene.agent.carryOut("{\"sum\":3}"), "name") == "add");
  const auto done = page.get("command", state("succeeded"));
  CHECK(done->getObject("value")->getValue<int>("sum") == 3);
}

TEST_CASE("Parameters beside their limits are refused with a pointer into the message") {
  Scene scene;
  auto page = scene.watching(scene.hub.guest("Ada"));
  page.send(R"({"type":"command","device":"d1","name":"add","params":{"a":1001,"b":2},"key":"k"})");
  const auto refused = page.get("command", state("refused"));
  CHECK(text(refused->getObject("error"), "pointer") == "/params/a");
  CHECK(text(refused->getObject("error"), "code") == "invalid_argument");
  CHECK_FALSE(text(refused->getObject("error"), "message").empty());
}

TEST_CASE("A reload keeps the turn for its grace, and coming back resumes it") {
  Scene scene;
  const std::string cookie = scene.hub.guest("Ada");
  auto bob = scene.watching(scene.hub.guest("Bob"));
  Epoch epoch = 0;
  {
    auto page = scene.watching(cookie);
    epoch = scene.drive(page);
    page.hangUp();
  }
  CHECK(bob.get("device", turn([](const json::Object& line) { return !line.isNull("grace_ms"); })));
  auto again = scene.hub.page(cookie);
  again.send(R"({"type":"watch","device":"d1"})");
  const auto mine = again.get("you", state("active"));
  CHECK(mine->getValue<Epoch>("epoch") == epoch);
  CHECK(bob.get("device", turn([](const json::Object& line) { return line.isNull("grace_ms"); })));
}

TEST_CASE("A connection that does not come back loses the turn when its grace is over") {
  Scene scene([](hub::Settings& settings) { settings.turns.grace = std::chrono::milliseconds(150); });
  auto bob = scene.watching(scene.hub.guest("Bob"));
  {
    auto page = scene.watching(scene.hub.guest("Ada"));
    scene.drive(page);
    page.hangUp();
  }
  CHECK(bob.get("device", turn([](const json::Object& line) { return holder(line) == "Ada"; })));
  CHECK(bob.get("device", turn([](const json::Object& line) { return holder(line).empty(); })));
  CHECK(scene.agent.control->get("end"));
}

TEST_CASE("Whoever may watch may stop, and everybody sees what the device says to it") {
  Scene scene([](hub::Settings& settings) { settings.identity.access = {true, false}; });
  auto ada = scene.watching(scene.hub.guest("Ada")), bob = scene.watching(scene.hub.guest("Bob"));
  ada.send(R"({"type":"join","device":"d1","ref":"j"})");
  CHECK(text(ada.get("error", ref("j")), "code") == "permission_denied");
  ada.send(R"({"type":"stop","device":"d1","reason":"the cat","ref":"s"})");
  CHECK(ada.get("ok", ref("s")));
  const auto told = scene.agent.control->get("stop");
  CHECK(text(told, "by") == "Ada");
  CHECK(text(told, "reason") == "the cat");
  const auto shown = [](const std::string& wanted) {
    return [wanted](const json::Object& each) {
      return text(each.getObject("device")->getObject("stop"), "state") == wanted;
    };
  };
  CHECK(bob.get("device", shown("sent")));
  scene.agent.say(link::Stopped{text(told, "id"), true, "Laser off."});
  CHECK(bob.get("device", shown("confirmed")));
  ada.send(R"({"type":"reset","device":"d1","ref":"r"})");
  CHECK(text(ada.get("error", ref("r")), "code") == "permission_denied");
  CHECK(scene.hub.asAdministrator("POST", "/api/v1/devices/d1/stop/reset").status == 202);
  scene.agent.say(link::ResetDone{text(scene.agent.control->get("reset"), "id"), true, ""});
  CHECK(bob.get("device", shown("none")));
}

TEST_CASE("Stop for all reaches every device") {
  Scene scene;
  scene.hub.device("d2");
  ScriptedAgent second(scene.hub, "d2");
  second.online();
  auto page = scene.hub.page(scene.hub.guest("Ada"));
  page.send(R"({"type":"stop_all","ref":"s"})");
  CHECK(page.get("ok", ref("s")));
  CHECK(text(scene.agent.control->get("stop"), "by") == "Ada");
  CHECK(text(second.control->get("stop"), "by") == "Ada");
}

TEST_CASE("Signing out closes the session's sockets and streams and frees its place at once") {
  Scene scene;
  const std::string cookie = scene.hub.guest("Ada");
  auto first = scene.watching(cookie), second = scene.watching(cookie), bob = scene.watching(scene.hub.guest("Bob"));
  scene.drive(first);
  bob.send(R"({"type":"join","device":"d1"})");
  bob.get("you", state("waiting"));
  net::test::RawPeer stream(scene.hub.port);
  stream.say(requestText({.target = "/api/v1/devices/d1/streams/main.mjpeg", .cookie = cookie}, scene.hub.port));
  stream.until("--robohub-picture\r\n");

  CHECK(scene.hub.ask({.method = "DELETE", .target = "/api/v1/session", .cookie = cookie}).status == 204);
  CHECK(bob.get("you", state("active")));
  CHECK(first.closeCode() == 1008);
  CHECK(second.closeCode() == 1008);
  CHECK(stream.closedWithin(3000));
  CHECK(scene.hub.page(cookie).status() == 401);
}

TEST_CASE("A session of another person is left alone when one ends") {
  Scene scene;
  const std::string cookie = scene.hub.guest("Ada");
  auto ada = scene.watching(cookie), bob = scene.watching(scene.hub.guest("Ada"));
  scene.hub.ask({.method = "DELETE", .target = "/api/v1/session", .cookie = cookie});
  CHECK(ada.closeCode() == 1008);
  bob.send(R"({"type":"ping"})");
  CHECK(bob.get("pong"));
}

TEST_CASE("A page that watches a device which is enrolled anew can watch the new one") {
  TestHub hub;
  hub.enrol("d1");
  const std::string cookie = hub.guest("Ada");
  auto page = hub.page(cookie);
  page.send(R"({"type":"watch","device":"d1"})");
  page.get("you");
  hub.enrol("d1", "test_noisy");
  page.get("device_gone");
  page.forget();
  page.send(R"({"type":"watch","device":"d1"})");
  const auto shown = page.get("device");
  CHECK(text(shown->getObject("device"), "type") == "test_noisy");
  CHECK(page.get("you"));
}

TEST_CASE("The end of the hub is told to pages as going away") {
  TestHub hub;
  auto page = hub.page(hub.guest("Ada"));
  page.get("welcome");
  std::thread ending([&] { hub.stop(); });
  CHECK(page.closeCode() == 1001);
  page.hangUp();
  ending.join();
}
