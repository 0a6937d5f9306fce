// Cameras that run the cloudtalker, over real TLS: who may come in, what is talked about, and a capture from their
// files to one video.
#include <signal.h>

#include <fstream>

#include "integration/support/talker_stage.hpp"
#include "support/slowness.hpp"

using namespace robohub;
using namespace robohub::integration;

TEST_CASE("a cloudtalker with its certificate is online, hears what differs once, and obeys") {
  TalkerStage stage;
  const std::string line = stage.enrol("door");
  CHECK(line.find("-c cert.pem -k key.pem -e 127.0.0.1:") != std::string::npos);
  CHECK(line.ends_with("/ds/v3"));
  CHECK(line.find("certificate issue --device door") != std::string::npos);
  const std::string issued = stage.issue("door");
  INFO(issued);
  CHECK(issued.find("cloudtalker -c door.crt -k door.key -e ") != std::string::npos);
  CHECK(issued.find("agent") == std::string::npos);
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  REQUIRE(talker->says("heard "));
  CHECK(talker->says("heard {\"id\":1,\"heartbeat_period\":7}"));
  CHECK(eventually([&] { return stage.hub.presence("door") == "online"; }));
  const auto device = stage.hub.device("door");
  CHECK(json::getString(*device, "link").value_or("") == "cloudtalker");
  CHECK(json::getString(*device, "halt").value_or("") == "none");
  CHECK(stage.act("door", "arm") == 200);
  CHECK(talker->says("command arm"));
  CHECK(stage.act("door", "arm") == 200);
  CHECK(stage.act("door", "capture") == 200);
  CHECK(stage.act("door", "capture") == 200);
  CHECK(stage.act("door", "disarm") == 200);
  CHECK(eventually([&] { return talker->count("command capture") == 2 && talker->count("command disarm") == 1; }));
  talker->order("alarm 1529842538");
  CHECK(eventually([&] { return stage.latest("door").find("1529842538000") != std::string::npos; }));
  CHECK(stage.latest("door").find("2018-06-24T12:15:38.000Z") != std::string::npos);
  CHECK(stage.hub.process().output().find("no good") == std::string::npos);
  talker->order("say Hello");
  talker->order("say {\"type\":\"reboot\"}");
  // Id and period, arm, two captures, disarm: nobody talks on.
  std::this_thread::sleep_for(1s);
  CHECK(talker->count("heard ") == 5);
  CHECK(talker->count("died") == 0);
  CHECK(stage.hub.presence("door") == "online");
}

TEST_CASE("only a certificate of ours or a registered one opens the cloudtalker's port, and only while it counts") {
  TalkerStage stage;
  stage.enrol("door");
  stage.issue("door");
  {
    Talker nobody(stage.temp.path(), "nobody", stage.address, "", "");
    CHECK(nobody.says("refused: "));
  }
  stage.selfSign("stranger");
  CHECK(stage.talker("stranger")->says("refused: "));
  // Somebody else's certificate, registered for this device.
  const std::string line = stage.enrol("gate", ",\"fingerprint\":\"" + stage.fingerprint("stranger") + "\"");
  CHECK(line.starts_with("cloudtalker -c "));
  CHECK(line.find("certificate issue") == std::string::npos);
  const auto registered = stage.talker("stranger");
  CHECK(registered->connected());
  CHECK(eventually([&] { return stage.hub.presence("gate") == "online"; }));
  // Nothing else is answered there.
  std::string elsewhere;
  CHECK_FALSE(ran("/usr/bin/curl",
                  {"--silent", "--show-error", "--fail", "--insecure", "--cert", stage.file("stranger.crt"), "--key",
                   stage.file("stranger.key"), "https://" + stage.address + "/other"},
                  &elsewhere));
  INFO(elsewhere);
  CHECK(elsewhere.find("error: 404") != std::string::npos);
  // One of ours, but of a device that comes by another link.
  stage.hub.enrol("turret", "test_good");
  CHECK(stage.issue("turret").find("agent.yaml") != std::string::npos);
  CHECK(stage.talker("turret")->says("refused: HTTP/1.1 403"));
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  REQUIRE(talker->says("heard "));
  const auto revoked_at = std::chrono::steady_clock::now();
  REQUIRE(stage.command({"certificate", "revoke", stage.fingerprint("door")}));
  CHECK(talker->says("closed", 5s));
  CHECK(std::chrono::steady_clock::now() - revoked_at < 4s);
  CHECK(eventually([&] { return stage.hub.presence("door") == "offline"; }));
  CHECK(stage.talker("door")->says("refused: "));
  // A device that is taken off the list is cut as well.
  CHECK(stage.hub.request("DELETE", "/api/v1/devices/gate", "", stage.hub.administrator()).status == 204);
  CHECK(registered->says("closed", 5s));
  CHECK(stage.talker("stranger")->says("refused: "));
}

TEST_CASE("a fingerprint that is configured for a device of another link lets nobody in, and everybody hears why") {
  TalkerStage stage;
  stage.selfSign("camera");
  stage.hub.enrol("door", "test_good");
  const auto answers = [&](const std::string& path, const std::string& text) {
    return eventually([&] {
      return stage.hub.request("GET", "/api/v1/" + path, "", stage.hub.administrator()).body.find(text) !=
             std::string::npos;
    });
  };
  const std::string devices =
      "devices:\n  door: {cloudtalker: {fingerprint: \"" + stage.fingerprint("camera") + "\"}}\n";
  stage.reload(devices);
  CHECK(eventually(
      [&] { return stage.hub.process().output().find("door is enrolled for another link") != std::string::npos; }));
  CHECK(answers("health", "\"cloudtalker-devices\""));
  CHECK(stage.talker("camera")->says("refused: HTTP/1.1 403"));
  CHECK(answers("devices/door/connections", "which does not come by this link"));
  // Once it is revoked, the next reload enrols the camera.
  REQUIRE(stage.hub.request("DELETE", "/api/v1/devices/door", "", stage.hub.administrator()).status == 204);
  stage.reload(devices);
  CHECK(answers("devices/door", "\"cloudtalker\""));
  const auto camera = stage.talker("camera");
  CHECK(camera->connected());
  CHECK(eventually([&] { return stage.hub.presence("door") == "online"; }));
}

TEST_CASE("cameras whose fingerprints are exchanged in the configuration do not go on as each other") {
  TalkerStage stage;
  for (const char* name : {"one", "two", "three"}) stage.selfSign(name);
  const auto devices = [&](const char* door, const char* gate) {
    const auto line = [&](const char* id, const char* name) {
      return std::string("  ") + id + ": {cloudtalker: {fingerprint: \"" + stage.fingerprint(name) + "\"}}\n";
    };
    return "devices:\n" + line("door", door) + line("gate", gate) + line("yard", "three");
  };
  const auto online = [&](const char* id) { return eventually([&] { return stage.hub.presence(id) == "online"; }); };
  stage.reload(devices("one", "two"));
  for (const char* id : {"door", "gate", "yard"})
    REQUIRE(eventually([&] {
      return stage.hub.request("GET", std::string("/api/v1/devices/") + id, "", stage.hub.administrator()).status ==
             200;
    }));
  const auto one = stage.talker("one"), two = stage.talker("two"), three = stage.talker("three");
  for (const auto* talker : {&one, &two, &three}) REQUIRE((*talker)->connected());
  for (const char* id : {"door", "gate", "yard"}) CHECK(online(id));
  stage.reload(devices("two", "one"));
  CHECK(one->says("closed"));
  CHECK(two->says("closed"));
  CHECK(eventually([&] { return stage.hub.presence("door") == "offline"; }));
  CHECK(eventually([&] { return stage.hub.presence("gate") == "offline"; }));
  const auto again = stage.talker("one");
  CHECK(again->connected());
  CHECK(online("gate"));
  CHECK(stage.hub.presence("door") == "offline");
  CHECK(three->count("closed") == 0);
  CHECK(stage.hub.presence("yard") == "online");
}

TEST_CASE("a cloudtalker's segments become one video, with states in the midst of them") {
  TalkerStage stage;
  stage.enrol("door");
  stage.issue("door");
  for (const std::string format : {"mp4", "ts"}) {
    INFO(format);
    stage.film(format);
    const std::string at = format == "ts" ? "1529842600" : "1529842538";
    const auto talker = stage.talker("door");
    REQUIRE(talker->connected());
    talker->order("start " + at + " pir");
    for (const char* number : {"0", "1", "2"})
      talker->order("segment " + at + " pir " + number + " " + stage.file(std::string(number) + "." + format));
    talker->order("end " + at + " pir");
    const bool all = stage.ready(format == "ts" ? 2 : 1);
    INFO(stage.told());
    REQUIRE(all);
    const auto capture = stage.captures().at(0);
    CHECK(json::getString(*capture, "trigger").value_or("") == "pir");
    CHECK(json::getInt(*capture, "started_ms").value_or(0) == std::stoll(at) * 1000);
    CHECK(capture->getArray("gaps")->empty());
    CHECK(stage.duration(capture) == Approx(6).margin(0.3));
  }
}

TEST_CASE("a capture whose link was lost goes on, repeated, after the camera's program was started again") {
  TalkerStage stage;
  stage.film("mp4");
  stage.enrol("door");
  stage.issue("door");
  {
    const auto talker = stage.talker("door");
    REQUIRE(talker->connected());
    talker->order("start 100 request");
    talker->order("segment 100 request 0 " + stage.file("0.mp4"));
    talker->order("cut 100 request 1 " + stage.file("1.mp4"));
    CHECK(eventually([&] { return stage.hub.presence("door") == "offline"; }));
    CHECK(talker->process.running());  // it hangs about
  }
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  for (const char* number : {"0", "1", "2"})
    talker->order(std::string("segment 100 request ") + number + " " + stage.file(std::string(number) + ".mp4"));
  // The next capture begins without an end of this one.
  talker->order("segment 200 request 0 " + stage.file("0.mp4"));
  talker->order("end 200 request");
  const bool all = stage.ready(2);
  INFO(stage.told());
  REQUIRE(all);
  const auto capture = stage.captures().at(1);
  CHECK(capture->getArray("gaps")->empty());
  CHECK(stage.duration(capture) == Approx(6).margin(0.3));
}

TEST_CASE("two programs that send captures at once, and one that goes on behind its end, lose no segment") {
  TalkerStage stage;
  stage.film("mp4");
  stage.enrol("door");
  stage.issue("door");
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  for (const char* number : {"0", "1", "2"})
    for (const char* at : {"100", "200"})
      talker->order(std::string("segment ") + at + " pir " + number + " " + stage.file(std::string(number) + ".mp4"));
  for (const char* at : {"100", "200"}) talker->order(std::string("end ") + at + " pir");
  // The one that the other's beginning has ended is in two parts.
  bool all = stage.ready(3);
  talker->order("segment 200 pir 3 " + stage.file("0.mp4"));
  talker->order("end 200 pir");
  all = stage.ready(4) && all;
  INFO(stage.told());
  REQUIRE(all);
  double seconds = 0;
  for (const auto& capture : stage.captures()) seconds += stage.duration(capture);
  CHECK(seconds == Approx(14).margin(0.5));
}

TEST_CASE("a long segment is kept whole, and does not gather in the hub's memory") {
  constexpr std::size_t kBytes = 12 * 1024 * 1024;
  TalkerStage stage;
  stage.enrol("door");
  stage.issue("door");
  std::string noise(kBytes, 'G');  // as a transport stream begins
  for (std::size_t i = 1; i < noise.size(); ++i) noise[i] = static_cast<char>(i * 2654435761u >> 13);
  std::ofstream(stage.file("long.ts"), std::ios::binary) << noise;
  const auto residentKb = [&] {
    std::ifstream status("/proc/" + std::to_string(stage.hub.process().pid()) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    return 0L;
  };
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  const long before = residentKb();
  long most = before;
  talker->order("segment 100 pir 0 " + stage.file("long.ts"));
  talker->order("segment 100 pir 1 " + stage.file("long.ts"));
  talker->order("end 100 pir");
  const bool kept = eventually(
      [&] {
        most = std::max(most, residentKb());
        const auto all = stage.captures();
        return !all.empty() && json::getString(*all[0], "state").value_or("") != "open";
      },
      60s);
  INFO(stage.told());
  REQUIRE(kept);
  if (robohub::test::kSlowness == 1) CHECK(most - before < 12 * 1024);  // sanitizers keep what is freed
  const auto id = std::to_string(json::getInt(*stage.captures()[0], "id").value_or(0));
  const auto answer = stage.hub.request("GET", "/api/v1/captures/" + id, "", stage.hub.administrator());
  CHECK(answer.body.find("\"number\":0,\"bytes\":" + std::to_string(kBytes)) != std::string::npos);
  CHECK(answer.body.find("\"number\":1,\"bytes\":" + std::to_string(kBytes)) != std::string::npos);
}

TEST_CASE("a camera that was armed is armed again after a restart of hub and camera") {
  TalkerStage stage;
  stage.enrol("door");
  stage.issue("door");
  {
    const auto talker = stage.talker("door");
    REQUIRE(talker->connected());
    REQUIRE(talker->says("heard "));
    REQUIRE(stage.act("door", "arm") == 200);
    CHECK(talker->says("command arm"));
    stage.hub.process().kill();
    CHECK(talker->says("closed"));
  }
  stage.start();
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  CHECK(talker->says("command arm"));
  CHECK(eventually([&] { return stage.latest("door").find("\"armed\":true") != std::string::npos; }));
  CHECK(talker->count("heard ") == 1);
}

TEST_CASE("a camera that never dials again outlives a hub that stood still") {
  TalkerStage stage;
  stage.enrol("door");
  stage.issue("door");
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  REQUIRE(talker->says("heard "));
  REQUIRE(stage.act("door", "arm") == 200);
  CHECK(eventually([&] { return stage.latest("door").find("\"armed\":true") != std::string::npos; }));
  stage.hub.process().signal(SIGSTOP);
  std::this_thread::sleep_for(4s);  // longer than a device may be silent
  stage.hub.process().signal(SIGCONT);
  REQUIRE(eventually([&] { return stage.hub.timesOnline("door") >= 2; }));
  CHECK(eventually([&] { return stage.hub.presence("door") == "online"; }));
  CHECK(talker->count("closed") == 0);
  CHECK(eventually([&] { return stage.latest("door").find("\"armed\":true") != std::string::npos; }));
  // Nothing had to be said for it: id and period, and the command.
  CHECK(talker->count("heard ") == 2);
  CHECK(stage.act("door", "capture") == 200);
  CHECK(stage.act("door", "disarm") == 200);
  talker->order("alarm 1529842538");
  CHECK(eventually([&] { return stage.latest("door").find("1529842538000") != std::string::npos; }));
  // A revocation closes it as before.
  CHECK(stage.hub.request("DELETE", "/api/v1/devices/door", "", stage.hub.administrator()).status == 204);
  CHECK(talker->says("closed", 5s));
}
