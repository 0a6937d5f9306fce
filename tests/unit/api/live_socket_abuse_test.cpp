// What pages should never send, and pages that do not read: clear errors, bounded memory, everybody else undisturbed.
#include <catch2/catch.hpp>

#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {
std::string text(const json::Object::Ptr& object, const std::string& key) {
  return json::getString(*object, key).value_or("");
}
// Of a kilobyte.
std::string manyLabels() {
  std::string json = "{\"labels\":[";
  for (int i = 0; i < 16; ++i) json += (i ? ",\"" : "\"") + std::to_string(10 + i) + std::string(62, 'x') + "\"";
  return json + "]}";
}
}  // namespace

TEST_CASE("Every wrong message is answered by an error with its ref, and the socket goes on") {
  TestHub hub;
  hub.device("d1");
  auto page = hub.page(hub.guest("Ada"));
  struct Case {
    const char* message;
    const char* code;
    const char* pointer;
  };
  const Case cases[] = {
      {R"({"ref":"r"})", "invalid_argument", "/type"},
      {R"({"type":1,"ref":"r"})", "invalid_argument", "/type"},
      {R"({"type":"nothing","ref":"r"})", "unsupported", "/type"},
      {R"({"type":"watch","ref":"r"})", "invalid_argument", "/device"},
      {R"({"type":"watch","device":7,"ref":"r"})", "invalid_argument", "/device"},
      {R"({"type":"watch","device":"unknown","ref":"r"})", "not_found", "/device"},
      {R"({"type":"watch","device":"../../etc","ref":"r"})", "not_found", "/device"},
      {R"({"type":"unwatch","device":"unknown","ref":"r"})", "not_found", "/device"},
      {R"({"type":"join","device":"unknown","ref":"r"})", "not_found", "/device"},
      {R"({"type":"stop","device":"unknown","ref":"r"})", "not_found", "/device"},
      {R"({"type":"reset","device":"d1","ref":"r"})", "permission_denied", ""},
      {R"({"type":"beat","device":"d1","ref":"r"})", "invalid_argument", "/epoch"},
      {R"({"type":"beat","device":"d1","epoch":1,"ref":"r"})", "invalid_argument", "/stamp"},
      {R"({"type":"beat","device":"d1","epoch":1,"stamp":"x","ref":"r"})", "invalid_argument", "/stamp"},
      {R"({"type":"command","device":"d1","ref":"r"})", "invalid_argument", "/name"},
      {R"({"type":"command","device":"d1","name":"add","params":[],"ref":"r"})", "invalid_argument", "/params"},
      {R"({"type":"command","device":"d1","name":"add","epoch":-1,"ref":"r"})", "invalid_argument", "/epoch"},
      {R"({"type":"command","device":"d1","name":"add","epoch":"1","ref":"r"})", "invalid_argument", "/epoch"},
      {R"({"type":"command","device":"d1","name":"add","key":5,"ref":"r"})", "invalid_argument", "/key"},
  };
  for (const Case& each : cases) {
    INFO(each.message);
    page.send(each.message);
    const auto error = page.get("error");
    CHECK(text(error, "ref") == "r");
    CHECK(text(error, "code") == each.code);
    CHECK(text(error, "pointer") == each.pointer);
    CHECK_FALSE(text(error, "detail").empty());
  }
  page.send(R"({"type":"ping"})");
  CHECK(page.get("pong"));
}

TEST_CASE("Garbage is answered by an error that says where, without a pointer") {
  TestHub hub;
  auto page = hub.page(hub.guest("Ada"));
  const std::string deep = "{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}";
  for (const std::string& message :
       {std::string("garbage"), std::string(""), std::string("[]"), std::string("null"), std::string("{\"type\":"),
        std::string("{\"type\":\"ping\",\"type\":\"ping\"}"), deep, std::string("{\"type\":\"ping\"}x"),
        std::string("{\"type\":\"ping\",\"n\":1e999}")}) {
    INFO(message);
    page.send(message);
    const auto error = page.get("error");
    CHECK(text(error, "code") == "invalid_argument");
    CHECK_FALSE(error->has("pointer"));
    CHECK(text(error, "detail").find("offset") != std::string::npos);
  }
  CHECK(page.waiting("pong") == 0);
}

TEST_CASE("Long texts of a page are refused or answered without cutting a character") {
  TestHub hub;
  hub.enrol("d1");
  auto page = hub.page(hub.guest("Ada"));
  // What the peer reads back is checked as strict JSON, which is UTF-8.
  const std::string wide = std::string("x") + [] {
    std::string cats;
    for (int i = 0; i < 60; ++i) cats += "\xf0\x9f\x98\xb8";
    return cats;
  }();
  for (const std::string& message : {R"({"type":")" + wide + "\"}", R"({"type":"watch","device":")" + wide + "\"}",
                                     R"({"type":"ping","ref":")" + wide + "\"}",
                                     R"({"type":"command","device":"d1","name":"add","key":")" + wide + "\"}"}) {
    page.send(message);
    CHECK_FALSE(text(page.get("error"), "detail").empty());
  }
  page.send(R"({"type":"command","device":"d1","name":")" + wide + R"(","ref":"n"})");
  CHECK(page.get("command"));
}

TEST_CASE("A binary message closes the socket") {
  TestHub hub;
  auto page = hub.page(hub.guest("Ada"));
  page.sendBinary("x");
  CHECK(page.closeCode() == 1003);
}

TEST_CASE("A message of 64 KiB is read and a longer one closes the socket") {
  TestHub hub;
  auto page = hub.page(hub.guest("Ada"));
  const std::string frame = R"({"type":"ping","x":""})";
  const auto of = [&](std::size_t bytes) {
    return R"({"type":"ping","x":")" + std::string(bytes - frame.size(), 'x') + "\"}";
  };
  page.send(of(64 * 1024));
  CHECK(page.get("pong"));
  page.send(of(64 * 1024 + 1));
  CHECK(page.closeCode() == 1009);
}

TEST_CASE("Text that is no UTF-8 and frames without a mask close the socket") {
  TestHub hub;
  const std::string cookie = hub.guest("Ada");
  auto page = hub.page(cookie);
  page.send("\xff\xfe");
  CHECK(page.closeCode() == 1007);
  auto another = hub.page(cookie);
  another.raw(std::string("\x81\x02{}", 4));
  CHECK(another.closeCode() == 1002);
}

TEST_CASE("A flood of messages closes that socket and nobody else's") {
  TestHub hub;
  const std::string ada = hub.guest("Ada");
  auto flood = hub.page(ada), calm = hub.page(hub.guest("Bob"));
  std::string many;
  for (int i = 0; i < 6000; ++i) many += net::test::maskedFrame(0x81, R"({"type":"nothing"})");
  flood.raw(many);
  CHECK(flood.closeCode() == 1008);
  calm.send(R"({"type":"ping"})");
  CHECK(calm.get("pong"));
  CHECK(hub.page(ada).status() == 101);
}

TEST_CASE("A page that asks for the list again and again is refused some of them, and goes on") {
  TestHub hub;
  hub.device("d1");
  auto page = hub.page(hub.guest("Ada"));
  std::string many;
  for (int i = 0; i < 200; ++i) many += net::test::maskedFrame(0x81, R"({"type":"watch_list","ref":"r"})");
  page.raw(many);
  page.send(R"({"type":"ping"})");
  CHECK(page.get("pong"));
  CHECK(page.waiting("devices") >= 10);
  CHECK(page.waiting("devices") + page.waiting("error") == 200);
  const auto refused = page.get("error");
  CHECK(text(refused, "code") == "exhausted");
  CHECK(text(refused, "ref") == "r");
  // It is told of changes all the same.
  hub.asAdministrator("PATCH", "/api/v1/devices/d1", R"({"name":"Another name"})");
  CHECK(page.get("device", [](const json::Object& each) {
    return json::getString(*each.getObject("device"), "name").value_or("") == "Another name";
  }));
}

TEST_CASE("A page that watches a device anew again and again is refused some of it, and goes on") {
  TestHub hub;
  hub.device("d1");
  auto page = hub.page(hub.guest("Ada"));
  std::string many;
  for (int i = 0; i < 700; ++i)
    many += net::test::maskedFrame(0x81, R"({"type":"watch","device":"d1","ref":"w"})") +
            net::test::maskedFrame(0x81, R"({"type":"unwatch","device":"d1","ref":"u"})");
  page.raw(many);
  page.send(R"({"type":"ping"})");
  CHECK(page.get("pong"));
  CHECK(page.waiting("ok") >= 700 + 100);
  CHECK(page.waiting("ok") + page.waiting("error") == 1400);
  CHECK(page.waiting("error") > 200);
  const auto refused = page.get("error");
  CHECK(text(refused, "code") == "exhausted");
  CHECK(text(refused, "ref") == "w");
  // To watch what is watched already costs nothing, and is not counted.
  const auto again = [](const json::Object& each) { return json::getString(each, "ref").value_or("") == "again"; };
  REQUIRE(eventually([&] {
    page.send(R"({"type":"watch","device":"d1","ref":"again"})");
    return text(page.answerTo(again), "type") == "ok";
  }));
  page.forget();
  for (int i = 0; i < 300; ++i) page.send(R"({"type":"watch","device":"d1","ref":"kept"})");
  page.send(R"({"type":"ping"})");
  CHECK(page.get("pong"));
  CHECK(page.waiting("ok") == 300);
}

TEST_CASE("A message of very many values is refused before it is read, and the socket goes on") {
  TestHub hub;
  auto page = hub.page(hub.guest("Ada"));
  std::string many = R"({"type":"ping","a":[{})";
  for (int i = 0; i < 20'999; ++i) many += ",{}";
  page.send(many + "]}");
  const auto refused = page.get("error");
  CHECK(text(refused, "code") == "too_large");
  CHECK(text(refused, "detail").find("2000 values") != std::string::npos);
  CHECK(page.waiting("pong") == 0);
  page.send(R"({"type":"ping"})");
  CHECK(page.get("pong"));
}

TEST_CASE("A page that stops reading is closed while the others are told everything") {
  TestHub hub;
  hub.device("d1");
  for (int i = 0; i < 90; ++i) {
    hub.enrol("more-" + std::to_string(i));
    REQUIRE(hub.asAdministrator("PATCH", "/api/v1/devices/more-" + std::to_string(i), manyLabels()).status == 200);
  }
  ScriptedAgent agent(hub, "d1");
  agent.online();
  auto stuck = hub.page(hub.guest("Ada"), 4096), reads = hub.page(hub.guest("Bob"));
  for (WebSocketPeer* page : {&stuck, &reads}) {
    page->send(R"({"type":"watch","device":"d1"})");
    page->get("you");
  }
  // Answers are control messages, never dropped: whoever lets a mebibyte of them wait is too slow. A list has some
  // 140 KB, and ten of them are given at once.
  for (int round = 0; round < 15; ++round) {
    std::string some;
    for (int i = 0; i < 100; ++i) some += net::test::maskedFrame(0x81, R"({"type":"watch_list"})");
    stuck.raw(some);
    const std::string line = "round " + std::to_string(round);
    agent.say(link::AgentEvent{link::EventLevel::info, line});
    CHECK(reads.get("event",
                    [&](const json::Object& each) { return json::getString(each, "text").value_or("") == line; }));
  }
  CHECK(stuck.closeCode() == 1013);
  reads.send(R"({"type":"ping"})");
  CHECK(reads.get("pong"));
}

TEST_CASE("Who joins a thousand times, or joins and leaves, keeps nobody else busy") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  auto ada = hub.page(hub.guest("Ada")), bob = hub.page(hub.guest("Bob")), cleo = hub.page(hub.guest("Cleo"));
  auto slow = hub.page(hub.guest("Dan"), 4096);
  slow.send(R"({"type":"watch","device":"d1"})");
  slow.get("you");
  ada.send(R"({"type":"join","device":"d1"})");
  ada.get("you", [](const json::Object& you) { return json::getString(you, "state").value_or("") == "active"; });
  ada.forget();

  const std::string join = net::test::maskedFrame(0x81, R"({"type":"join","device":"d1"})");
  const std::string leave = net::test::maskedFrame(0x81, R"({"type":"leave","device":"d1"})");
  std::string many;
  for (int i = 0; i < 1500; ++i) many += join;
  bob.raw(many);
  many.clear();
  for (int i = 0; i < 700; ++i) many += join + leave;
  cleo.raw(many);
  for (WebSocketPeer* page : {&bob, &cleo}) {
    // Answered by the device's loop, behind all that.
    page->send(R"({"type":"join","device":"d1","ref":"last"})");
    page->answerTo([](const json::Object& each) { return json::getString(each, "ref").value_or("") == "last"; });
  }
  CHECK(cleo.waiting("error") > 500);
  ada.send(R"({"type":"ping"})");
  ada.get("pong");
  CHECK(ada.waiting("you") < 150);
  CHECK(ada.waiting("device") < 150);
  slow.send(R"({"type":"ping"})");
  CHECK(slow.get("pong"));
}

TEST_CASE("One connection watches at most sixty-four devices") {
  TestHub hub;
  for (int i = 0; i < 65; ++i) hub.enrol("d" + std::to_string(i));
  auto page = hub.page(hub.guest("Ada"));
  for (int i = 0; i < 65; ++i) page.send(R"({"type":"watch","device":"d)" + std::to_string(i) + R"(","ref":"r"})");
  int watched = 0;
  json::Object::Ptr error;
  for (int i = 0; i < 64; ++i) watched += page.get("ok") != nullptr;
  CHECK(watched == 64);
  CHECK(text(page.get("error"), "code") == "exhausted");
  page.send(R"({"type":"unwatch","device":"d0","ref":"u"})");
  page.get("ok");
  page.send(R"({"type":"watch","device":"d64","ref":"w"})");
  CHECK(text(page.get("ok"), "ref") == "w");
}

TEST_CASE("Pages that break off at any moment leave nothing behind") {
  TestHub hub([](hub::Settings& settings) { settings.turns.grace = std::chrono::milliseconds(200); });
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  const std::string cookie = hub.guest("Ada");
  for (int i = 0; i < 30; ++i) {
    auto page = hub.page(cookie);
    page.send(R"({"type":"watch","device":"d1"})");
    page.send(R"({"type":"join","device":"d1"})");
    page.send(R"({"type":"command","device":"d1","name":"forget"})");
    if (i % 3 == 0) page.peer().reset();
    if (i % 3 == 1) page.hangUp();
    agent.beat();
  }
  // One place at most is left, for the grace time; a connection that was not counted out would keep it for ever.
  CHECK(eventually([&] {
    agent.beat();
    const auto turn = hub.deviceState("d1")->getObject("turn");
    return turn->isNull("holder") && turn->getArray("waiting")->size() == 0;
  }));
}
