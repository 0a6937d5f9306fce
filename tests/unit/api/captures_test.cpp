// Captures of a whole hub: sent by an agent, watched, sought in, downloaded, deleted.
#include <catch2/catch.hpp>

#include "api/request_pace.hpp"
#include "unit/hub/test_hub.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::api;
using namespace robohub::test;

namespace {

std::string bigEndian(std::uint64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

// A hub with d1 online and one capture of it, in two segments.
struct Scene {
  Scene() {
    hub.device("d1");
    root = hub.administrator();
    agent = std::make_unique<ScriptedAgent>(hub, "d1");
    const auto welcome = agent->online();
    REQUIRE(agent->bulk(json::getString(*welcome, "link").value()));
    // An agent that says nothing for three seconds is offline, however long a disk takes.
    beats = std::jthread([this](const std::stop_token& stop) {
      for (; !stop.stop_requested(); std::this_thread::sleep_for(std::chrono::milliseconds(100))) agent->beat();
    });
  }
  // Says a capture as docs/PROTOCOL.md 3.3 does and waits until it is ready. Its id.
  std::string capture(const std::string& key) {
    WebSocketPeer& bulk = *agent->bulk_link;
    const auto segments = media::test::mp4Silent();
    bulk.send(R"({"type":"capture","key":")" + key + R"(","trigger":"pir","started_ms":1600000000000})");
    for (std::size_t i = 0; i < 2; ++i) {
      bulk.send(R"({"type":"segment","key":")" + key + R"(","number":)" + std::to_string(i) + R"(,"bytes":)" +
                std::to_string(segments[i].size()) + R"(,"sha256":")" + media::test::sha256(segments[i]) +
                R"(","format":"mp4"})");
      const auto asked = bulk.answerTo([&](const json::Object& each) {  // and not how far the one before has come
        return json::getString(each, "type").value_or("") == "segment_at" &&
               json::getInt(each, "number").value_or(-1) == static_cast<std::int64_t>(i);
      });
      REQUIRE(json::getInt(*asked, "offset").value() == 0);
      for (std::size_t at = 0; at < segments[i].size(); at += 65536)
        bulk.sendBinary("\x02" + bigEndian(at) + segments[i].substr(at, 65536));
      REQUIRE(json::getBool(*bulk.get("segment_done"), "ok").value());
    }
    bulk.send(R"({"type":"capture_end","key":")" + key + R"(","segments":2})");
    REQUIRE(json::getBool(*bulk.get("capture_done"), "ok").value());
    std::string id;
    REQUIRE(eventually([&] {
      const Answer list = hub.get("/api/v1/captures?device=d1", root);
      const auto newest = list.json->getArray("captures")->getObject(0);
      id = std::to_string(json::getInt(*newest, "id").value());
      return json::getString(*newest, "state").value() == "ready";
    }));
    return "/api/v1/captures/" + id;
  }
  Answer ask(const std::string& target, std::vector<std::string> more = {}, const std::string& method = "GET") const {
    return hub.ask({.method = method, .target = target, .cookie = root, .more = std::move(more)});
  }

  TestHub hub;
  std::string root;
  std::unique_ptr<ScriptedAgent> agent;
  std::jthread beats;
};

}  // namespace

TEST_CASE("A video is answered whole, in pieces, by its state, and to HEAD") {
  Scene scene;
  const std::string capture = scene.capture("k1"), target = capture + "/video.mp4";
  const Answer whole = scene.ask(target);
  REQUIRE(whole.status == 200);
  CHECK(whole.headers.get("Content-Type") == "video/mp4");
  CHECK(whole.headers.get("Accept-Ranges") == "bytes");
  CHECK(whole.headers.get("Content-Length") == std::to_string(whole.body.size()));
  CHECK(whole.headers.get("X-Content-Type-Options") == "nosniff");
  CHECK(whole.headers.get("Content-Security-Policy").find("default-src 'none'") == 0);
  CHECK(whole.headers.get("Content-Disposition") == "inline; filename=\"d1-2020-09-13T12-26-40.mp4\"");
  CHECK(whole.body.substr(4, 4) == "ftyp");
  const std::string etag(whole.headers.get("ETag"));
  const std::size_t size = whole.body.size();

  const Answer piece = scene.ask(target, {"Range: bytes=100-299"});
  CHECK(piece.status == 206);
  CHECK(piece.headers.get("Content-Range") == "bytes 100-299/" + std::to_string(size));
  CHECK(piece.body == whole.body.substr(100, 200));
  const Answer end = scene.ask(target, {"Range: bytes=-1000"});
  CHECK(end.status == 206);
  CHECK(end.body == whole.body.substr(size - 1000));
  const Answer open = scene.ask(target, {"Range: bytes=1000-"});
  CHECK(open.body == whole.body.substr(1000));
  const Answer behind = scene.ask(target, {"Range: bytes=" + std::to_string(size) + "-"});
  CHECK(behind.status == 416);
  CHECK(behind.headers.get("Content-Range") == "bytes */" + std::to_string(size));
  CHECK(scene.ask(target, {"Range: bytes=0-1", "If-Range: " + etag}).status == 206);
  CHECK(scene.ask(target, {"Range: bytes=0-1", "If-Range: \"other\""}).status == 200);
  CHECK(scene.ask(target, {"Range: bytes=0-1,5-6"}).status == 200);
  CHECK(scene.ask(target, {"If-None-Match: " + etag}).status == 304);
  const Answer head = scene.ask(target, {"Range: bytes=0-1"}, "HEAD");
  CHECK(head.status == 200);
  CHECK(head.headers.get("Content-Length") == std::to_string(size));
  CHECK(head.body.empty());
  const Answer file = scene.ask(target + "?download=1");
  CHECK(file.headers.get("Content-Disposition").find("attachment;") == 0);
  const Answer still = scene.ask(capture + "/still.jpg");
  CHECK(still.headers.get("Content-Type") == "image/jpeg");
  CHECK(still.body.substr(0, 3) == "\xff\xd8\xff");
  // As an ordinary client asks.
  const std::string curled = media::test::run("curl -sf -r 100-299 -H 'Cookie: " + scene.root +
                                              "' http://127.0.0.1:" + std::to_string(scene.hub.port) + target);
  CHECK(curled == whole.body.substr(100, 200));
}

TEST_CASE("A capture is listed with its segments, told to watchers, and deleted with a line in the audit") {
  Scene scene;
  WebSocketPeer page = scene.hub.page(scene.root);
  page.get("welcome");
  page.send(R"({"type":"watch","device":"d1","ref":"w"})");
  const std::string target = scene.capture("k1");
  const auto is = [](const std::string& state) {
    return [state](const json::Object& each) {
      return json::getString(each, "type").value_or("") == "capture" &&
             json::getString(*each.getObject("capture"), "state").value_or("") == state;
    };
  };
  for (const char* state : {"open", "joining", "ready"}) CHECK(page.answerTo(is(state)));
  const Answer shown = scene.ask(target);
  REQUIRE(shown.json);
  CHECK(shown.json->getArray("segments")->size() == 2);
  CHECK(json::getString(*shown.json->getArray("segments")->getObject(0), "state").value() == "joined");
  CHECK(std::abs(json::getInt(*shown.json, "duration_ms").value() - 4000) <= 20);
  CHECK(scene.ask("/api/v1/captures?trigger=alarm").json->getArray("captures")->size() == 0);
  CHECK(scene.ask("/api/v1/captures?limit=x").status == 400);

  CHECK(scene.ask(target, {}, "DELETE").status == 204);
  CHECK(page.answerTo(
      [](const json::Object& each) { return json::getString(each, "type").value_or("") == "capture_gone"; }));
  CHECK(scene.ask(target).status == 404);
  CHECK(scene.ask(target + "/video.mp4").status == 404);
  const Answer audit = scene.ask("/api/v1/audit?action=capture.delete");
  CHECK(audit.json->getArray("entries")->size() == 1);
}

TEST_CASE("Whoever may not watch a device sees nothing of its captures, and its videos end with the right to them") {
  Scene scene;
  const std::string target = scene.capture("k1");
  const auto post = [&](const std::string& to, const std::string& body) {
    const Answer answer = scene.hub.asAdministrator("POST", to, body);
    if (answer.status >= 300) throw std::runtime_error(answer.body);
    return answer;
  };
  post("/api/v1/users", R"({"username":"mia","role":"member","password":"correct horse"})");
  const std::string mia =
      TestHub::cookieOf(scene.hub.post("/api/v1/session", R"({"username":"mia","password":"correct horse"})"));
  for (const char* file : {"", "/video.mp4", "/still.jpg"}) CHECK(scene.hub.get(target + file, mia).status == 404);
  CHECK(scene.hub.get("/api/v1/captures", mia).json->getArray("captures")->size() == 0);
  post("/api/v1/users/mia/grants", R"({"permission":"watch","scope":{"kind":"device","value":"d1"}})");
  CHECK(scene.hub.get(target + "/video.mp4", mia).status == 200);
  CHECK(scene.hub.ask({.method = "DELETE", .target = target, .cookie = mia}).status == 403);
}

TEST_CASE("What is not ready is answered 409 with the reason, and numbers that are none 404") {
  Scene scene;
  scene.agent->bulk_link->send(R"({"type":"capture","key":"open","trigger":"alarm","started_ms":1})");
  std::string id;
  REQUIRE(eventually([&] {
    const auto list = scene.ask("/api/v1/captures").json->getArray("captures");
    if (list->size() == 0) return false;
    id = std::to_string(json::getInt(*list->getObject(0), "id").value());
    return true;
  }));
  const Answer video = scene.ask("/api/v1/captures/" + id + "/video.mp4");
  CHECK(video.status == 409);
  CHECK(video.text("detail") == "The capture is not ready. It is still open: segments may come.");
  const Answer end = scene.ask("/api/v1/captures/" + id + "/end", {}, "POST");
  CHECK(end.status == 409);
  CHECK(end.text("detail") == "This is no recording of the hub: its device ends it.");
  for (const char* odd : {"0", "-1", "999", "1x", "..", "99999999999999999999", "%2e%2e%2f1"}) {
    INFO(odd);
    const int status = scene.ask(std::string("/api/v1/captures/") + odd + "/video.mp4").status;
    CHECK((status == 404 || status == 400));
  }
}

TEST_CASE("Which recording is made of a stream is told with its device, to every window, and any of them ends it") {
  Scene scene;
  WebSocketPeer page = scene.hub.page(scene.root);
  page.get("welcome");
  page.send(R"({"type":"watch","device":"d1","ref":"w"})");
  page.get("you");
  const auto recorded = [](const json::Object& device) -> std::int64_t {
    const auto recording = device.getArray("streams")->getObject(0)->getObject("recording");
    return recording ? json::getInt(*recording, "id").value() : 0;
  };
  CHECK(recorded(*scene.hub.deviceState("d1")) == 0);
  const Answer begun = scene.hub.post("/api/v1/devices/d1/captures", R"({"stream":"main","for_ms":60000})", scene.root);
  REQUIRE(begun.status == 201);
  const std::int64_t id = json::getInt(*begun.json, "id").value();
  CHECK(page.get("device", [&](const json::Object& each) { return recorded(*each.getObject("device")) == id; }));
  const auto device = scene.hub.deviceState("d1");
  REQUIRE(recorded(*device) == id);
  const auto shown = device->getArray("streams")->getObject(0)->getObject("recording");
  CHECK(json::getInt(*shown, "started_ms").value() == json::getInt(*begun.json, "started_ms").value());
  page.forget();
  CHECK(scene.ask("/api/v1/captures/" + std::to_string(id) + "/end", {}, "POST").status == 200);
  CHECK(page.get("device", [&](const json::Object& each) { return recorded(*each.getObject("device")) == 0; }));
  CHECK(recorded(*scene.hub.deviceState("d1")) == 0);
}

TEST_CASE("A recording that waits for the hub's disk is not said to be its device's, and keeps nobody from recording") {
  TestHub hub;
  hub.device("d1");
  const std::string root = hub.administrator();
  hub.stop();
  {
    // Cut by the end of the hub, and the folder of its capture is not there.
    const auto folder = store::DataFolder::open(hub.settings.data, "test").value();
    const auto database = store::Database::open(*folder).value();
    REQUIRE(database->writeNow([](store::Session& session) -> Status {
      const auto row = session.run(
          "INSERT INTO captures (device, source_key, trigger, started_ms, created_ms, state, bytes) "
          "VALUES ('d1', 'record-0', 'record', 1, 1, 'open', 0)");
      return row ? Status{} : fail(row.error());
    }));
    database->close();
  }
  hub.start();
  const auto waiting = hub.get("/api/v1/captures?trigger=record", root).json->getArray("captures")->getObject(0);
  REQUIRE(json::getString(*waiting, "state").value() == "open");
  const std::string id = std::to_string(json::getInt(*waiting, "id").value());
  const Answer end = hub.post("/api/v1/captures/" + id + "/end", "", root);
  CHECK(end.status == 409);
  CHECK(end.text("detail") == "This recording has ended; it is kept once the hub's disk takes it.");
  CHECK(hub.deviceState("d1")->getArray("streams")->getObject(0)->isNull("recording"));
  CHECK(hub.post("/api/v1/devices/d1/captures", R"({"stream":"main","for_ms":1000})", root).status == 201);
}

TEST_CASE("A person has only so many files at once, and a reader that stalls holds nobody else up") {
  Scene scene;
  const std::string target = scene.capture("k1");
  std::vector<std::unique_ptr<net::test::RawPeer>> slow;
  // Small pictures fit into a socket's buffers whole; so the places are taken by asking faster than they are given
  // back.
  for (int i = 0; i < 40; ++i) {
    slow.push_back(std::make_unique<net::test::RawPeer>(scene.hub.port));
    slow.back()->say(requestText({.target = target + "/video.mp4", .cookie = scene.root}, scene.hub.port));
  }
  int whole = 0;
  for (auto& peer : slow) {
    const std::string answer = peer->all();
    const int status = std::stoi(answer.substr(9, 3));
    CHECK((status == 200 || status == 429 || status == 503));
    whole += status == 200;
  }
  CHECK(whole >= 8);
  CHECK(scene.ask(target + "/video.mp4").status == 200);
}

TEST_CASE("The pictures of a page of the gallery are all there when they are asked for at once") {
  Scene scene;
  const std::string target = scene.capture("k1") + "/still.jpg";
  std::vector<std::unique_ptr<net::test::RawPeer>> peers;
  for (int i = 0; i < 24; ++i) {
    peers.push_back(std::make_unique<net::test::RawPeer>(scene.hub.port));
    peers.back()->say(requestText({.target = target, .cookie = scene.root}, scene.hub.port));
  }
  for (auto& peer : peers) CHECK(peer->all().substr(9, 3) == "200");
}

TEST_CASE("Pictures are kept at a pace, and who keeps too many is told so") {
  Scene scene;
  std::vector<std::unique_ptr<net::test::RawPeer>> peers;
  for (int i = 0; i < RequestPace::kSnapshots.at_once + 15; ++i) {
    peers.push_back(std::make_unique<net::test::RawPeer>(scene.hub.port));
    peers.back()->say(requestText(
        {.method = "POST", .target = "/api/v1/devices/d1/snapshot?stream=main", .cookie = scene.root}, scene.hub.port));
  }
  int taken = 0, refused = 0;
  for (auto& peer : peers) {
    const int status = std::stoi(peer->all().substr(9, 3));
    CHECK((status == 503 || status == 429));  // no picture comes
    ++(status == 429 ? refused : taken);
  }
  CHECK(taken >= RequestPace::kSnapshots.at_once);
  CHECK(refused > 5);
}
