// Programs at the door: enrolment and claims, commands, turns and stops over HTTP, pictures.
#include <catch2/catch.hpp>

#include "link/picture.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

const std::string kJpeg = "\xff\xd8\xffpicture\xff\xd9";

// A request whose answer is read later.
struct Pending {
  Pending(const TestHub& hub, Ask what) : ask(std::move(what)), port(hub.port), peer(hub.port) {
    peer.say(requestText(ask, port));
  }
  Answer answer() {
    Answer answer = headOf(peer.until("\r\n\r\n"));
    answer.body = peer.exactly(std::stoul("0" + std::string(answer.headers.get("Content-Length"))));
    if (auto object = json::parseObject(answer.body)) answer.json = *object;
    return answer;
  }
  Ask ask;
  std::uint16_t port;
  net::test::RawPeer peer;
};

struct Scene {
  Scene() : agent(hub, "d1"), cookie(hub.guest("Robot")) {
    hub.device("d1");
    welcome = agent.online();
  }
  Ask command(const std::string& name, const std::string& params, const std::string& query = "",
              const std::string& key = "") const {
    Ask ask{
        .method = "POST", .target = "/api/v1/devices/d1/commands/" + name + query, .body = params, .cookie = cookie};
    if (!key.empty()) ask.more = {"Idempotency-Key: " + key};
    return ask;
  }
  TestHub hub;
  ScriptedAgent agent;
  std::string cookie;
  json::Object::Ptr welcome;
};

}  // namespace

TEST_CASE("The administrator at the machine enrols over the hub's own socket, strangers over the network do not") {
  TestHub hub;
  const std::string body = R"({"id":"d1","type":"test_good","name":"The \"one\""})";
  CHECK(hub.post("/api/v1/devices", body).status == 401);
  CHECK(hub.post("/api/v1/devices", body, hub.guest("Ada")).status == 403);
  CHECK(hub.get("/api/v1/devices", hub.guest("Ada")).json->getArray("devices")->size() == 0);

  const Answer enrolled = hub.asAdministrator("POST", "/api/v1/devices", body);
  CHECK(enrolled.status == 201);
  CHECK(enrolled.text("id") == "d1");
  CHECK(enrolled.text("claim_code").size() == 14);
  CHECK(enrolled.json->getValue<std::int64_t>("expires_at_ms") > 1'600'000'000'000);
  const std::string yaml = enrolled.text("agent_yaml");
  CHECK(yaml.find("http://127.0.0.1:" + std::to_string(hub.port)) != std::string::npos);
  CHECK(yaml.find(enrolled.text("claim_code")) != std::string::npos);
  CHECK(yaml.find(TEST_PLUGINS) != std::string::npos);
  CHECK(hub.deviceState("d1")->getValue<std::string>("name") == "The \"one\"");
  CHECK(hub.deviceState("d1")->getObject("type_info")->getValue<std::string>("type") == "test_good");

  CHECK(hub.post("/api/v1/devices", R"({"id":"d2","type":"test_good"})", hub.administrator()).status == 201);
}

TEST_CASE("Enrolment refuses what is wrong with its place") {
  TestHub hub;
  const auto pointer = [&](const std::string& body) {
    const Answer answer = hub.asAdministrator("POST", "/api/v1/devices", body);
    CHECK(answer.status == 400);
    return answer.text("pointer");
  };
  CHECK(pointer(R"({"type":"test_good"})") == "/id");
  CHECK(pointer(R"({"id":"No Name","type":"test_good"})") == "/id");
  CHECK(pointer(R"({"id":"d1"})") == "/type");
  CHECK(pointer(R"({"id":"d1","type":"warp_drive"})") == "/type");
  CHECK(pointer(R"({"id":"d1","type":"test_good","name":7})") == "/name");
  CHECK(pointer(R"({"id":"d1","type":"test_good","name":"\u202e"})") == "/name");
  CHECK(hub.asAdministrator("POST", "/api/v1/devices", R"({"id":"d1","type":"warp_drive"})")
            .text("detail")
            .find("test_good") != std::string::npos);
}

TEST_CASE("A camera without our agent is told where to dial, and only where the hub listens for it") {
  const auto enrol = [](const TestHub& hub, const std::string& id, const std::string& more = "") {
    const Answer answer =
        hub.asAdministrator("POST", "/api/v1/devices",
                            "{\"id\":\"" + id + "\",\"type\":\"test_good\",\"link\":\"cloudtalker\"" + more + "}");
    INFO(answer.body);
    CHECK(answer.status == 201);
    return answer;
  };
  const TestHub silent;
  const Answer nowhere = enrol(silent, "door");
  CHECK(nowhere.body.find("\"instructions\":\"\"") != std::string::npos);
  CHECK(nowhere.body.find("\"start\":\"\"") != std::string::npos);

  const TestHub listening([](hub::Settings& settings) {
    settings.cloudtalker.listen = {"127.0.0.1", 0};
    settings.cloudtalker.address = "hub.example:8443";
  });
  const std::string start = "cloudtalker -c cert.pem -k key.pem -e hub.example:8443/ds/v3";
  const Answer ours = enrol(listening, "door");
  CHECK(ours.text("start") == start);
  CHECK(ours.text("instructions").find("robohub certificate issue --device door") == 0);
  CHECK(ours.text("instructions").ends_with("\n" + start));
  // Who has a certificate of others needs none of ours: with two the one that is revoked keeps nobody out.
  const Answer theirs = enrol(listening, "gate", ",\"fingerprint\":\"" + std::string(64, 'a') + "\"");
  CHECK(theirs.text("start") == start);
  CHECK(theirs.text("instructions") == start);
}

TEST_CASE("A claim is answered alike again, and another key is refused") {
  TestHub hub;
  const std::string code = hub.enrol("d1");
  const auto claim = [&](const std::string& typed, const std::string& device, const std::string& key) {
    return hub.post("/api/v1/agent/claim",
                    R"({"code":")" + typed + R"(","device":")" + device + R"(","key":")" + key + "\"}");
  };
  CHECK(claim("AAAA-AAAA-AAAA", "d1", kKey).status == 403);
  CHECK(claim(code, "d2", kKey).status == 403);
  CHECK(claim(code, "d1", "short").text("pointer") == "/key");
  CHECK(claim(code, "No Name", kKey).text("pointer") == "/device");
  const Answer first = claim(code, "d1", kKey);
  CHECK(first.status == 200);
  CHECK(first.text("device") == "d1");
  CHECK(first.text("type") == "test_good");
  const Answer again = claim(code, "d1", kKey);
  CHECK(again.status == 200);
  CHECK(again.body == first.body);
  CHECK(claim(code, "d1", "B" + std::string(kKey).substr(1)).status == 409);
  CHECK(hub.asAdministrator("POST", "/api/v1/devices", R"({"id":"d1","type":"test_good"})").status == 409);
}

TEST_CASE("A command over HTTP waits for its end") {
  Scene scene;
  Pending request(scene.hub, scene.command("add", R"({"a":1,"b":2})"));
  scene.agent.carryOut("{\"sum\":3}");
  const Answer answer = request.answer();
  CHECK(answer.status == 200);
  CHECK(answer.text("state") == "succeeded");
  CHECK(answer.text("device") == "d1");
  CHECK(answer.json->getObject("value")->getValue<int>("sum") == 3);
}

TEST_CASE("A command over HTTP that is not done when its wait is over is answered 202") {
  Scene scene;
  const Answer answer = scene.hub.ask(scene.command("forget", "{}", "?wait_ms=30"));
  CHECK(answer.status == 202);
  CHECK(answer.text("state") == "sent");
  CHECK(scene.hub.ask(scene.command("forget", "{}", "?wait_ms=0")).status == 202);
  for (const char* wait : {"-1", "30001", "x", "", "1.5", "99999999999999999999"}) {
    INFO(wait);
    CHECK(scene.hub.ask(scene.command("forget", "{}", std::string("?wait_ms=") + wait)).status == 400);
  }
}

TEST_CASE("A command whose link is lost is answered unknown") {
  Scene scene;
  Pending request(scene.hub, scene.command("forget", "{}"));
  scene.agent.control->get("command");
  scene.agent.control->hangUp();
  const Answer answer = request.answer();
  CHECK(answer.status == 200);
  CHECK(answer.text("state") == "unknown");
  CHECK(scene.hub.ask(scene.command("forget", "{}")).status == 503);
}

TEST_CASE("Refused commands are problems with pointers into the body") {
  Scene scene;
  const auto refused = [&](const std::string& name, const std::string& params) {
    return scene.hub.ask(scene.command(name, params));
  };
  const Answer beyond = refused("add", R"({"a":1001,"b":2})");
  CHECK(beyond.status == 400);
  CHECK(beyond.text("code") == "invalid_argument");
  CHECK(beyond.text("pointer") == "/a");
  CHECK(refused("add", R"({"a":1,"b":"2"})").text("pointer") == "/b");
  CHECK(refused("add", "").status == 400);
  CHECK(refused("nothing", "{}").status == 404);
  CHECK(refused("on", R"({"on":true})").status == 409);
  CHECK(scene.hub.ask({.method = "POST", .target = "/api/v1/devices/unknown/commands/add", .cookie = scene.cookie})
            .status == 404);
  CHECK(scene.agent.control->waiting("command") == 0);
}

TEST_CASE("An idempotency key executes once however often it is sent") {
  Scene scene;
  Pending first(scene.hub, scene.command("add", R"({"a":1,"b":2})", "", "key-1"));
  const auto command = scene.agent.control->get("command");
  Pending second(scene.hub, scene.command("add", R"({"a":1,"b":2})", "", "key-1"));
  // The second one is on its way for sure when a later request is answered.
  CHECK(scene.hub.ask(scene.command("add", R"({"a":1,"b":3})", "", "key-1")).status == 409);
  scene.agent.say(link::CommandResult{json::getString(*command, "id").value(),
                                      {link::FinalState::succeeded, std::nullopt, "", "", "{\"sum\":3}"}});
  const Answer one = first.answer(), two = second.answer();
  CHECK(one.text("state") == "succeeded");
  CHECK(two.text("state") == "succeeded");
  CHECK(one.text("id") == two.text("id"));
  CHECK(one.text("key") == "key-1");
  CHECK(scene.hub.ask(scene.command("add", R"({"a":1,"b":2})", "", "key-1")).text("id") == one.text("id"));
  CHECK(scene.agent.control->waiting("command") == 0);

  CHECK(scene.hub.ask(scene.command("add", "{}", "", std::string(65, 'k'))).status == 400);
  CHECK(scene.hub.ask(scene.command("add", "{}", "", "\xff\xfe")).status == 400);
}

TEST_CASE("A program joins, drives and gives back over HTTP") {
  Scene scene;
  const auto turn = [&](const char* method) {
    return scene.hub.ask({.method = method, .target = "/api/v1/devices/d1/turn", .cookie = scene.cookie});
  };
  CHECK(turn("GET").json->getObject("you")->getValue<std::string>("state") == "none");
  CHECK(turn("POST").status == 200);
  Answer mine;
  REQUIRE(eventually([&] {
    scene.agent.beat();
    mine = turn("GET");
    return mine.json->getObject("you")->getValue<std::string>("state") == "active";
  }));
  CHECK(mine.json->getObject("holder")->getValue<std::string>("name") == "Robot");
  Pending request(scene.hub, scene.command("on", R"({"on":true})"));
  CHECK(scene.agent.carryOut()->getValue<bool>("feeds"));
  CHECK(request.answer().text("state") == "succeeded");
  CHECK(turn("DELETE").json->getObject("you")->getValue<std::string>("state") == "none");
  CHECK(scene.agent.control->get("end"));
}

TEST_CASE("Stops over HTTP are latched, told, and reset by an administrator only") {
  Scene scene;
  const auto post = [&](const std::string& target, const std::string& body = "") {
    return scene.hub.post(target, body, scene.cookie);
  };
  const Answer stopped = post("/api/v1/devices/d1/stop", R"({"reason":"smoke"})");
  CHECK(stopped.status == 202);
  CHECK(stopped.text("state") == "sent");
  CHECK(stopped.text("by") == "Robot");
  scene.agent.say(link::Stopped{stopped.text("id"), true, "Light off."});
  scene.agent.beat();
  Answer again;
  CHECK(eventually([&] { return (again = post("/api/v1/devices/d1/stop")).status == 200; }));
  CHECK(again.text("state") == "confirmed");
  CHECK(again.text("id") == stopped.text("id"));

  const Answer command = scene.hub.ask(scene.command("add", R"({"a":1,"b":2})"));
  CHECK(command.status == 409);
  CHECK(command.text("code") == "stopped");
  CHECK(post("/api/v1/devices/d1/stop/reset").status == 403);
  const Answer all = post("/api/v1/stop", R"({"reason":"all"})");
  CHECK(all.status == 202);
  CHECK(all.json->getArray("devices")->size() == 1);

  CHECK(scene.hub.asAdministrator("POST", "/api/v1/devices/d1/stop/reset").status == 202);
  scene.agent.say(link::ResetDone{stopped.text("id"), true, ""});
  scene.agent.beat();
  CHECK(eventually(
      [&] { return scene.hub.deviceState("d1")->getObject("stop")->getValue<std::string>("state") == "none"; }));
  CHECK(scene.hub.asAdministrator("POST", "/api/v1/devices/d1/stop/reset").status == 409);
}

TEST_CASE("A stop counts whatever its body looks like") {
  struct Case {
    std::string body, type, reason;
  };
  const std::string json = "application/json";
  for (const auto& [body, type, reason] : {
           Case{R"({"reason":")" + std::string(199, 'x') + "\xc3\xbc\"}", json, std::string(199, 'x')},
           Case{R"({"reason":"fire"})", "application/x-www-form-urlencoded", "fire"},
           Case{R"({"reason":)", json, ""},
           Case{R"({"reason":["fire"]})", json, ""},
           Case{"reason=fire", "text/plain", ""},
       }) {
    INFO(body);
    for (const std::string target : {"/api/v1/devices/d1/stop", "/api/v1/stop"}) {
      Scene scene;
      const Answer stopped = scene.hub.ask(
          {.method = "POST", .target = target, .body = body, .cookie = scene.cookie, .content_type = type});
      CHECK(stopped.status == 202);
      const auto stop = scene.hub.deviceState("d1")->getObject("stop");
      CHECK(stop->getValue<std::string>("state") == "sent");
      CHECK(stop->getValue<std::string>("reason") == reason);
    }
  }
}

TEST_CASE("Pictures reach viewers as MJPEG and as stills while the agent pushes them") {
  Scene scene;
  REQUIRE(scene.agent.bulk(json::getString(*scene.welcome, "link").value()));
  const auto target = [&](const char* file) {
    return Ask{.target = std::string("/api/v1/devices/d1/streams/") + file, .cookie = scene.cookie};
  };
  CHECK(scene.hub.ask(target("nothing.mjpeg")).status == 404);
  CHECK(scene.hub.ask(target("main.png")).status == 404);
  CHECK(scene.hub.ask(target("main")).status == 404);

  Pending still(scene.hub, target("main.jpg")), stream(scene.hub, target("main.mjpeg"));
  const auto watch = scene.agent.bulk_link->get("watch");
  CHECK(watch->getValue<bool>("on"));
  CHECK(json::getString(*watch, "stream").value() == "main");
  CHECK(stream.peer.until("\r\n\r\n").find("multipart/x-mixed-replace") != std::string::npos);
  stream.peer.until("--robohub-picture\r\n");
  scene.agent.bulk_link->sendBinary(link::encodePictureHead("main", 5).value() + kJpeg);
  const Answer picture = still.answer();
  CHECK(picture.status == 200);
  CHECK(picture.headers.get("Content-Type") == "image/jpeg");
  CHECK(picture.body == kJpeg);
  const std::string part = stream.peer.until("\r\n--robohub-picture\r\n");
  CHECK(part.find("Content-Length: " + std::to_string(kJpeg.size())) != std::string::npos);
  CHECK(part.find(kJpeg) != std::string::npos);
  CHECK(scene.hub.ask(target("main.jpg")).body == kJpeg);
  CHECK(scene.hub.ask({.method = "HEAD", .target = target("main.mjpeg").target, .cookie = scene.cookie}).status == 200);
}

TEST_CASE("Without a picture a still is 503 after a while") {
  TestHub hub;
  hub.enrol("d1");
  const Answer answer = hub.get("/api/v1/devices/d1/streams/main.jpg", hub.guest("Ada"));
  CHECK(answer.status == 503);
  CHECK(answer.text("code") == "unavailable");
}

TEST_CASE("Revoking a device voids its key and closes its links") {
  Scene scene;
  CHECK(scene.hub.asAdministrator("DELETE", "/api/v1/devices/d1").status == 204);
  CHECK(scene.agent.control->get("refused"));
  CHECK(scene.agent.control->closeCode() == 4001);
  CHECK(WebSocketPeer(scene.hub.port, "/api/v1/agent", ScriptedAgent::headers("d1")).status() == 401);
  CHECK(scene.hub.asAdministrator("DELETE", "/api/v1/devices/d1").status == 404);
}
