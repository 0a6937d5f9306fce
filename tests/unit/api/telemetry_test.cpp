// What devices measure, as pages and programs get it: charts, files, the newest, ticks on the live socket.
#include <catch2/catch.hpp>

#include "api/file_answer.hpp"
#include "telemetry/history.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

const std::string kPath = "/api/v1/devices/d1/telemetry";

struct Scene {
  explicit Scene(const std::function<void(hub::Settings&)>& change = {})
      : hub([&](hub::Settings& settings) {
          settings.telemetry.flush = std::chrono::milliseconds(10);
          if (change) change(settings);
        }),
        agent(hub, "d1") {
    hub.device("d1");
    agent.online();
    ada = hub.guest("Ada");
  }
  void says(int n, bool on = true) {
    agent.say(link::Telemetry{"output", t_ns += 200'000'000,
                              "{\"on\":" + std::string(on ? "true" : "false") + ",\"n\":" + std::to_string(n) + "}"});
  }
  // HISTORY once the last `n` that was said is in it.
  json::Object::Ptr history(const std::string& query = "") {
    json::Object::Ptr found;
    REQUIRE(eventually([&] {
      const Answer answer = hub.get(kPath + query, ada);
      if (answer.status != 200 || answer.json->getArray("series")->size() == 0) return false;
      found = answer.json;
      return found->getArray("series")->getObject(0)->getArray("points")->size() > 0;
    }));
    return found;
  }
  TestHub hub;
  ScriptedAgent agent;
  std::string ada;
  std::int64_t t_ns = 1'000'000'000;
};

json::Object::Ptr seriesOf(const json::Object& history, const std::string& field) {
  const auto series = history.getArray("series");
  for (unsigned i = 0; i < series->size(); ++i)
    if (series->getObject(i)->getValue<std::string>("field") == field) return series->getObject(i);
  return nullptr;
}

// What d1 says ten times a second for nearly an hour, kept while no hub runs: uneven, so that its means are long texts.
void fillHour(const hub::Settings& settings) {
  constexpr int kValues = 35'000;
  SystemClock clock;
  telemetry::History history(telemetry::History::Ground{settings.data, &clock, [](const std::string&) {}},
                             settings.telemetry);
  history.open();
  const auto found = plugin::scan(TEST_PLUGINS).value();
  for (const plugin::DeviceType& type : plugin::findType(found.plugins, "test_good")->manifest->types)
    if (type.type == "test_good") history.describe(*DeviceId::parse("d1"), &type);
  history.flush();  // it is open then
  const std::int64_t from_ms = toMs(clock.wall()) - kValues * 100;
  for (int i = 0; i < kValues; ++i)
    history.record(*DeviceId::parse("d1"), "output", from_ms + i * 100,
                   "{\"on\":" + std::string(i % 3 ? "true" : "false") +
                       ",\"n\":" + std::to_string(999'000'000 + i * 7919 % 1000) + "}");
  history.flush();
  REQUIRE(history.figures().recorded == 2u * kValues);
}

}  // namespace

TEST_CASE("What a device says is drawn as points of its channels, by the hub's wall clock") {
  Scene scene;
  scene.says(7);
  const auto history = scene.history("?channel=output");
  CHECK(history->getValue<std::string>("device") == "d1");
  CHECK(history->getValue<int>("step_ms") == 0);
  CHECK(history->getValue<int>("lossy_ms") == 10);
  const auto n = seriesOf(*history, "/n"), on = seriesOf(*history, "/on");
  REQUIRE(n);
  REQUIRE(on);
  CHECK(n->getValue<std::string>("channel") == "output");
  const auto point = n->getArray("points")->getArray(0);
  CHECK(std::abs(point->getElement<std::int64_t>(0) - toMs(SystemClock().wall())) < 60'000);
  CHECK(point->getElement<int>(1) == 1);
  CHECK(point->getElement<double>(4) == 7);
  CHECK(on->getArray("points")->getArray(0)->getElement<double>(4) == 1);

  CHECK(scene.hub.get(kPath + "?channel=none", scene.ada).json->getArray("series")->size() == 0);
  const Answer later = scene.hub.get(kPath + "?from=4000000000000&to=4000000000001", scene.ada);
  REQUIRE(later.status == 200);
  CHECK(later.json->getArray("series")->getObject(0)->getArray("points")->size() == 0);
}

TEST_CASE("A chart's question that makes no sense is refused with the place") {
  Scene scene;
  REQUIRE(eventually([&] { return scene.hub.get(kPath, scene.ada).status == 200; }));
  for (const auto& [query, pointer] : std::map<std::string, std::string>{{"?points=0", "/points"},
                                                                         {"?points=5001", "/points"},
                                                                         {"?points=x", "/points"},
                                                                         {"?from=-1", "/from"},
                                                                         {"?from=5&to=5", "/to"},
                                                                         {"?from=99999999999999999999", "/from"},
                                                                         {"?channel=a%20b", "/channel"}}) {
    INFO(query);
    const Answer answer = scene.hub.get(kPath + query, scene.ada);
    CHECK(answer.status == 400);
    CHECK(answer.text("pointer") == pointer);
  }
  CHECK(scene.hub.get(kPath + ".csv?step=2m", scene.ada).text("pointer") == "/step");
  CHECK(scene.hub.get("/api/v1/devices/nobody/telemetry", scene.ada).status == 404);
  CHECK(scene.hub.get(kPath).status == 401);
}

TEST_CASE("History goes out as a file that programs read, in the finest step there is or the one asked for") {
  Scene scene;
  scene.says(7);
  scene.history();
  const auto file = [&](const std::string& target) {
    net::test::RawPeer peer(scene.hub.port);
    peer.say(requestText({.target = target, .cookie = scene.ada}, scene.hub.port));
    Answer answer = headOf(peer.until("\r\n\r\n"));
    CHECK(answer.headers.get("Transfer-Encoding") == "chunked");
    answer.body = peer.chunks();
    CHECK(peer.all().empty());
    return answer;
  };
  const Answer csv = file(kPath + ".csv");
  REQUIRE(csv.status == 200);
  CHECK(csv.headers.get("Content-Type").find("text/csv") == 0);
  CHECK(csv.headers.get("Content-Disposition") == "attachment; filename=\"d1.csv\"");
  CHECK(csv.body.find("device,channel,field,unit,time,t_ms,value\r\n") == 0);
  CHECK(csv.body.find("d1,output,/n,,20") != std::string::npos);
  CHECK(csv.body.find(",7\r\n") != std::string::npos);

  const Answer lines = file(kPath + ".ndjson?step=1h&channel=output");
  REQUIRE(lines.status == 200);
  const auto first = json::parseObject(lines.body.substr(0, lines.body.find('\n')));
  REQUIRE(first);
  CHECK((*first)->getValue<int>("n") == 1);
  CHECK((*first)->getValue<std::int64_t>("t_ms") % 3'600'000 == 0);
}

TEST_CASE("A file whose session ends while it is read looks cut") {
  Scene scene;
  scene.hub.stop();
  fillHour(scene.hub.settings);  // 4 MB as a table
  scene.hub.start();
  for (const auto& [name, format] : {std::pair{"Ann", ".csv"}, std::pair{"Bob", ".ndjson"}}) {
    INFO(format);
    const std::string cookie = scene.hub.guest(name);
    REQUIRE(eventually([&] { return scene.hub.get(kPath, cookie).status == 200; }));
    net::test::RawPeer slow(scene.hub.port, 4096);
    slow.say(requestText({.target = kPath + format + "?step=raw", .cookie = cookie}, scene.hub.port));
    REQUIRE(headOf(slow.until("\r\n\r\n")).status == 200);
    CHECK(scene.hub.ask({.method = "DELETE", .target = "/api/v1/session", .cookie = cookie}).status == 204);
    CHECK_THROWS_WITH(slow.chunks(), Catch::Matchers::StartsWith("ended"));
  }
}

TEST_CASE("An answer keeps its place until it was read, so that whoever reads slowly holds only a few in memory") {
  Scene scene;
  scene.hub.stop();
  fillHour(scene.hub.settings);
  scene.hub.start();
  const Ask hour{.target = kPath + "?points=5000"};
  const auto ask = [&] { return scene.hub.asAdministrator(hour.method, hour.target).status; };
  REQUIRE(eventually([&] { return ask() == 200; }));
  // Of such a socket the kernel keeps 208 KiB, and no mebibytes as of one over TCP.
  std::vector<std::unique_ptr<net::test::RawPeer>> slow;
  for (int i = 0; i < api::FilePlaces::kOfPerson; ++i) {
    slow.push_back(std::make_unique<net::test::RawPeer>((scene.hub.settings.data / "admin.sock").string()));
    slow.back()->say(requestText(hour, scene.hub.port));
    const Answer head = headOf(slow.back()->until("\r\n\r\n"));
    REQUIRE(head.status == 200);
    REQUIRE(std::stoul(std::string(head.headers.get("Content-Length"))) > 380'000);
  }
  const Answer more = scene.hub.asAdministrator(hour.method, hour.target);
  CHECK(more.status == 429);
  CHECK(more.text("code") == "exhausted");
  CHECK(scene.hub.get(kPath, scene.hub.guest("Bob")).status == 200);
  slow.pop_back();
  CHECK(eventually([&] { return ask() == 200; }));
}

TEST_CASE("The newest value of each channel is told at once, with or without a history") {
  Scene scene([](hub::Settings& settings) { settings.telemetry.enabled = false; });
  scene.says(7, false);
  const std::string path = kPath + "/latest";
  REQUIRE(eventually([&] { return scene.hub.get(path, scene.ada).json->getArray("channels")->size() == 1; }));
  const auto channel = scene.hub.get(path, scene.ada).json->getArray("channels")->getObject(0);
  CHECK(channel->getValue<std::string>("channel") == "output");
  CHECK(channel->getObject("value")->getValue<int>("n") == 7);
  CHECK_FALSE(channel->getObject("value")->getValue<bool>("on"));
  CHECK(std::abs(channel->getValue<std::int64_t>("at_ms") - toMs(SystemClock().wall())) < 60'000);
  const Answer off = scene.hub.get(kPath, scene.ada);
  CHECK(off.status == 503);
  CHECK(off.text("detail").find("keeps no history") != std::string::npos);
  CHECK(scene.hub.get(kPath + ".csv", scene.ada).status == 503);
  CHECK_FALSE(std::filesystem::exists(scene.hub.settings.data / "history.db"));
}

TEST_CASE("History is there after a restart of the hub, stays when a device is enrolled anew, and can be erased") {
  Scene scene;
  scene.says(7);
  scene.history();
  scene.hub.stop();
  scene.hub.start();
  scene.ada = scene.hub.guest("Ada");
  CHECK(seriesOf(*scene.history(), "/n")->getArray("points")->size() == 1);

  // A new key for a device costs it no history; while it is revoked nobody sees it.
  REQUIRE(scene.hub.asAdministrator("DELETE", "/api/v1/devices/d1").status == 204);
  CHECK(scene.hub.get(kPath, scene.ada).status == 404);
  scene.hub.device("d1");
  CHECK(seriesOf(*scene.history(), "/n")->getArray("points")->size() == 1);

  CHECK(scene.hub.ask({.method = "DELETE", .target = kPath, .cookie = scene.ada}).status == 403);
  CHECK(scene.hub.asAdministrator("DELETE", kPath).status == 204);
  CHECK(scene.hub.get(kPath, scene.ada).json->getArray("series")->size() == 0);
  CHECK(eventually([&] {
    return scene.hub.asAdministrator("GET", "/api/v1/audit?action=telemetry.erase").body.find("device:d1") !=
           std::string::npos;
  }));
}

TEST_CASE("A page may have values joined: the newest of each channel, every so often") {
  Scene scene;
  auto page = scene.hub.page(scene.ada);
  page.get("welcome");
  page.send(R"({"type":"watch","device":"d1","tick_ms":50,"ref":"w"})");
  page.get("device");
  page.get("ok");
  for (int i = 1; i <= 20; ++i) scene.says(i);
  // The last one always comes; how many of the others depends on where the ticks fall.
  const auto last =
      page.get("telemetry", [](const json::Object& each) { return each.getObject("value")->getValue<int>("n") == 20; });
  CHECK(std::abs(last->getValue<std::int64_t>("t_ms") - toMs(SystemClock().wall())) < 60'000);
  for (const char* tick : {"9", "1001", "\"20\"", "20.5", "-5"}) {
    page.send(R"({"type":"watch","device":"d1","ref":"e","tick_ms":)" + std::string(tick) + "}");
    CHECK(json::getString(*page.get("error"), "pointer").value_or("") == "/tick_ms");
  }
  // A command or a place in the line changes nothing about it; another watch does.
  page.send(R"({"type":"join","device":"d1"})");
  page.send(R"({"type":"watch","device":"d1","ref":"again"})");
  page.get("ok");
  scene.says(21);
  CHECK(page.get("telemetry",
                 [](const json::Object& each) { return each.getObject("value")->getValue<int>("n") == 21; }));
}
