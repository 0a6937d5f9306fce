// How agents come in: who is let in, what a first message must be, and what a second link does to the first.
#include <catch2/catch.hpp>

#include "control/epoch_source.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

std::string text(const json::Object::Ptr& object, const std::string& key) {
  return json::getString(*object, key).value_or("");
}

WebSocketPeer dial(const TestHub& hub, const std::vector<std::string>& headers) {
  return WebSocketPeer(hub.port, "/api/v1/agent", headers);
}

std::string presence(const TestHub& hub) {
  return text(hub.deviceState("d1"), "presence");
}

}  // namespace

TEST_CASE("Only the key of an enrolled device opens the agent link") {
  TestHub hub;
  hub.device("d1");
  const std::string protocol = "Sec-WebSocket-Protocol: robohub.agent.v1";
  const std::string good = kKey;
  for (const std::string& authorization :
       {std::string(), "Authorization: Robohub-Device d1:" + good.substr(1),
        "Authorization: Robohub-Device d1:B" + good.substr(1), std::string("Authorization: Robohub-Device d1:"),
        std::string("Authorization: Robohub-Device d1"), "Authorization: Robohub-Device unknown:" + good,
        "Authorization: Robohub-Device :" + good, "Authorization: Robohub-Device D1:" + good,
        "Authorization: Bearer d1:" + good, "Authorization: Robohub-Device " + good + ":d1"}) {
    INFO(authorization);
    const auto refused =
        dial(hub, authorization.empty() ? std::vector{protocol} : std::vector{authorization, protocol});
    CHECK(refused.status() == 401);
    CHECK(refused.refusal().text("code") == "unauthenticated");
    CHECK_FALSE(refused.refusal().text("detail").empty());
  }
  // A person's session is no key.
  CHECK(dial(hub, {"Cookie: " + hub.guest("Ada"), protocol}).status() == 401);
  CHECK(presence(hub) == "never");
  const auto accepted = dial(hub, ScriptedAgent::headers("d1"));
  CHECK(accepted.status() == 101);
}

TEST_CASE("An enrolled device that was never claimed has no key that fits") {
  TestHub hub;
  hub.enrol("d1");
  CHECK(dial(hub, ScriptedAgent::headers("d1")).status() == 401);
}

TEST_CASE("An agent link is a WebSocket of the agents' subprotocol") {
  TestHub hub;
  hub.device("d1");
  const std::string key = ScriptedAgent::headers("d1")[0];
  CHECK(dial(hub, {key}).status() == 400);
  CHECK(dial(hub, {key, "Sec-WebSocket-Protocol: chat"}).status() == 400);
  CHECK(dial(hub, {key, "Sec-WebSocket-Protocol: chat, robohub.agent.v1"}).status() == 101);
  CHECK(hub.ask({.target = "/api/v1/agent", .more = ScriptedAgent::headers("d1")}).status == 400);
}

TEST_CASE("A hello for another device is refused for good") {
  TestHub hub;
  hub.device("d1");
  hub.device("d2");
  ScriptedAgent agent(hub, "d2");
  auto link = dial(hub, ScriptedAgent::headers("d1"));
  link.send(link::encode(link::AgentMessage(agent.hello())));
  CHECK(text(link.get("refused"), "code") == "permission_denied");
  CHECK(link.closeCode() == 4001);
  auto bulk = dial(hub, ScriptedAgent::headers("d1"));
  bulk.send(link::encode(link::AgentMessage(link::BulkHello{*DeviceId::parse("d2"), std::string(32, '0')})));
  CHECK(bulk.closeCode() == 1008);
  CHECK(presence(hub) == "never");
}

TEST_CASE("A first message that is no hello is refused with a sentence") {
  TestHub hub;
  hub.device("d1");
  const std::string hello = link::encode(link::AgentMessage(ScriptedAgent(hub, "d1").hello()));
  for (const std::string& first :
       {std::string("garbage"), std::string("{}"), std::string(R"({"type":"hello"})"),
        std::string(R"({"type":"beat","t_ns":1,"energised":false,"epoch":0})"),
        std::string(R"({"type":"\u00fc\u00fc\u00fc\u00fc\u00fc"})"), hello.substr(0, hello.size() / 2)}) {
    INFO(first);
    auto link = dial(hub, ScriptedAgent::headers("d1"));
    link.send(first);
    CHECK_FALSE(text(link.get("refused"), "message").empty());
    CHECK(link.closeCode() == 4001);
  }
  auto binary = dial(hub, ScriptedAgent::headers("d1"));
  binary.sendBinary("x");
  CHECK(binary.closeCode() == 1003);
  auto large = dial(hub, ScriptedAgent::headers("d1"));
  large.send(std::string(64 * 1024 + 1, 'x'));
  CHECK(large.closeCode() == 1009);
  CHECK(presence(hub) == "never");
}

TEST_CASE("An agent of another protocol version is told which one the hub speaks") {
  TestHub hub;
  hub.device("d1");
  auto hello = ScriptedAgent(hub, "d1").hello();
  hello.protocol_min = 2;
  hello.protocol_max = 3;
  auto link = dial(hub, ScriptedAgent::headers("d1"));
  link.send(link::encode(link::AgentMessage(hello)));
  const auto refused = link.get("refused");
  CHECK(text(refused, "code") == "unsupported");
  CHECK(text(refused, "message").find("version 1") != std::string::npos);
  CHECK(link.closeCode() == 4001);
}

TEST_CASE("A second control link of the same device replaces the first") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent first(hub, "d1"), second(hub, "d1", "test_good", 2);
  first.online();
  CHECK(presence(hub) == "online");
  second.online();
  CHECK(first.control->closeCode() == 4000);
  CHECK(presence(hub) == "online");
  first.control->hangUp();
  second.say(link::AgentEvent{link::EventLevel::info, "Still here."});
  CHECK(presence(hub) == "online");
}

TEST_CASE("A link that is lost makes the device offline, and it comes back") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  agent.control->peer().reset();
  CHECK(eventually([&] { return presence(hub) == "offline"; }));
  agent.online();
  CHECK(eventually([&] { return presence(hub) == "online"; }));
}

TEST_CASE("The bulk link must name the control link that is up") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  CHECK_FALSE(agent.bulk(std::string(32, '0')));
  CHECK(agent.bulk_link->closeCode() == 1008);
  const auto welcome = agent.online();
  CHECK_FALSE(agent.bulk(std::string(32, '0')));
  REQUIRE(agent.bulk(text(welcome, "link")));
  agent.control->hangUp();
  CHECK(agent.bulk_link->closeCode() == 1000);
}

TEST_CASE("Pictures larger than text messages pass on the bulk link, and none on the control link") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  const auto welcome = agent.online();
  REQUIRE(agent.bulk(text(welcome, "link")));
  const std::string jpeg = "\xff\xd8\xff" + std::string(3'000'000, 'j') + "\xff\xd9";
  std::string message = "\x01\x04main";
  message += std::string(8, '\0') + jpeg;
  agent.bulk_link->sendBinary(message);
  const std::string cookie = hub.guest("Ada");
  CHECK(hub.get("/api/v1/devices/d1/streams/main.jpg", cookie).body == jpeg);
  agent.control->sendBinary(message.substr(0, 1000));
  CHECK(agent.control->closeCode() == 1003);
}

TEST_CASE("Garbage on a link that is up is answered by an error and changes nothing") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  for (const char* message : {"garbage", "{}", R"({"type":"nothing"})", R"({"type":"ack"})",
                              R"({"type":"result","id":"c-1","state":"wonderful"})",
                              R"({"type":"beat","t_ns":-1,"energised":false,"epoch":0})",
                              R"({"type":"telemetry","channel":"output","t_ns":1,"value":{"a":1,"a":2}})"}) {
    INFO(message);
    agent.control->send(message);
    const auto error = agent.control->get("error");
    CHECK_FALSE(text(error, "code").empty());
    CHECK_FALSE(text(error, "message").empty());
  }
  // Answers to what was never asked.
  agent.say(link::Ack{"c-999"});
  agent.say(link::Stopped{"s-999", true, ""});
  agent.say(link::ResetDone{"s-999", true, ""});
  agent.beat();
  CHECK(presence(hub) == "online");
  CHECK(hub.deviceState("d1")->getObject("stop")->getValue<std::string>("state") == "none");
}

TEST_CASE("Many agents that dial, break off and dial again leave one link") {
  TestHub hub;
  hub.device("d1");
  for (std::uint64_t i = 1; i < 30; ++i) {
    ScriptedAgent agent(hub, "d1", "test_good", i);
    if (i % 3 == 0) {
      auto silent = dial(hub, ScriptedAgent::headers("d1"));
      silent.peer().reset();
      continue;
    }
    agent.online();
    if (i % 3 == 1) agent.control->peer().reset();
  }
  ScriptedAgent last(hub, "d1", "test_good", 100);
  last.online();
  CHECK(presence(hub) == "online");
}

TEST_CASE("An agent link that says nothing is closed when its time is up") {
  TestHub hub([](hub::Settings& settings) { settings.agent_hello = std::chrono::milliseconds(300); });
  hub.device("d1");
  auto silent = dial(hub, ScriptedAgent::headers("d1"));
  CHECK(silent.status() == 101);
  CHECK(silent.closeCode() == 1008);
  // Who has said hello may be silent for as long as the rules allow.
  ScriptedAgent agent(hub, "d1");
  agent.online();
  CHECK(presence(hub) == "online");
}

TEST_CASE("A hello with versions that no page could show is refused, and stands in the history") {
  TestHub hub;
  hub.device("d1");
  const std::string odd[] = {"", std::string(65, '1'), "1.0\n0", "1.0.0 <b>", "\xc3\xa4", "../1.0.0"};
  for (const std::string& version : odd) {
    INFO(version);
    ScriptedAgent agent(hub, "d1");
    auto hello = agent.hello();
    hello.plugin.version = version;
    auto link = dial(hub, ScriptedAgent::headers("d1"));
    link.send(link::encode(link::AgentMessage(hello)));
    CHECK(text(link.get("refused"), "code") == "invalid_argument");
    CHECK(link.closeCode() == 4001);
  }
  CHECK(presence(hub) == "never");
  // One row for all of them: a minute has not passed.
  REQUIRE(eventually([&] {
    return hub.asAdministrator("GET", "/api/v1/devices/d1/connections").json->getArray("connections")->size() > 0;
  }));
  const auto rows = hub.asAdministrator("GET", "/api/v1/devices/d1/connections").json->getArray("connections");
  CHECK(rows->size() == 1);
  CHECK(text(rows->getObject(0), "kind") == "refused");
}

TEST_CASE("A hello of a turn that no hub gives is refused, and leaves the device's own numbers as they were") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  auto hello = agent.hello();
  hello.epoch = (Epoch(1) << 62) - 1000;
  auto link = dial(hub, ScriptedAgent::headers("d1"));
  link.send(link::encode(link::AgentMessage(hello)));
  const auto refused = link.get("refused");
  CHECK(text(refused, "code") == "invalid_argument");
  CHECK(text(refused, "message").find("4611686018427386904") != std::string::npos);
  CHECK(link.closeCode() == 4001);
  CHECK(eventually([&] {
    const auto rows = hub.asAdministrator("GET", "/api/v1/devices/d1/connections").json->getArray("connections");
    return rows->size() == 1 && text(rows->getObject(0), "kind") == "refused";
  }));
  agent.online();
  const std::string ada = hub.guest("Ada");
  REQUIRE(hub.post("/api/v1/devices/d1/turn", "", ada).status == 200);
  CHECK(eventually([&] {
    const auto epoch = json::getInt(*hub.get("/api/v1/devices/d1/turn", ada).json, "epoch").value_or(0);
    return epoch > 0 && epoch < 1000;
  }));
}

TEST_CASE("An agent comes back with the turn that it was given, however high an earlier hello had made it") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent liar(hub, "d1");
  auto hello = liar.hello();
  hello.epoch = control::EpochSource::kBelieved;
  {
    auto link = dial(hub, ScriptedAgent::headers("d1"));
    link.send(link::encode(link::AgentMessage(hello)));
    link.get("welcome");
  }
  hello.epoch += 1;  // its first turn
  auto link = dial(hub, ScriptedAgent::headers("d1"));
  link.send(link::encode(link::AgentMessage(hello)));
  link.get("welcome");
}

TEST_CASE("When a device came and went is remembered, the newest first") {
  TestHub hub;
  hub.device("d1");
  auto agent = std::make_unique<ScriptedAgent>(hub, "d1");
  agent->online();
  agent->control->hangUp();
  REQUIRE(eventually([&] { return presence(hub) == "offline"; }));
  json::Array::Ptr rows;
  REQUIRE(eventually([&] {
    rows = hub.asAdministrator("GET", "/api/v1/devices/d1/connections").json->getArray("connections");
    return rows->size() == 2;
  }));
  CHECK(text(rows->getObject(0), "kind") == "lost");
  CHECK_FALSE(text(rows->getObject(0), "reason").empty());
  CHECK(text(rows->getObject(1), "kind") == "connected");
  CHECK(text(rows->getObject(1), "address") == "127.0.0.1");
  CHECK(text(rows->getObject(1), "agent") == "0.1.0");
  CHECK(text(rows->getObject(1), "plugin") == "1.0.0");
}
