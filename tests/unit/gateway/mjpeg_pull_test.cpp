// Cameras that a whole hub reads by itself: when, how often, and what hostile ones come to.
#include <catch2/catch.hpp>
#include <list>
#include <mutex>

#include "link/picture.hpp"
#include "unit/gateway/camera_source.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;
using namespace std::chrono_literals;

namespace {

// Pictures of 50 a second, as long as somebody reads.
void film(CameraViewer& viewer) {
  viewer.request();
  if (!viewer.send(mjpegHead())) return;
  while (viewer.send(mjpegPart(jpeg()))) viewer.pause(20ms);
}

gateway::CameraSource pulled(const std::string& url, const std::string& stream = "main") {
  return {"d1", stream, url, {}, {}, {}};
}

// A hub with the device d1, which nobody drives, and this camera as its stream main.
struct PulledHub {
  explicit PulledHub(const std::string& url, const std::function<void(gateway::CameraSettings&)>& change = {})
      : hub([&](hub::Settings& settings) {
          settings.cameras.allow = gateway::CameraRules::parse({"127.0.0.1"}).value();
          settings.cameras.stall = 400ms;
          settings.cameras.sources = {pulled(url)};
          if (change) change(settings.cameras);
        }) {
    hub.enrol("d1");
    cookie = hub.guest("Ada");
  }

  std::unique_ptr<net::test::RawPeer> viewer(const std::string& stream = "main") const {
    auto peer = std::make_unique<net::test::RawPeer>(hub.port);
    peer->say(requestText({.target = "/api/v1/devices/d1/streams/" + stream + ".mjpeg", .cookie = cookie}, hub.port));
    peer->until("\r\n\r\n");
    return peer;
  }
  json::Object::Ptr stream(const std::string& name = "main") const {
    const auto streams = hub.deviceState("d1")->getArray("streams");
    for (std::size_t i = 0; i < streams->size(); ++i) {
      const auto each = streams->getObject(static_cast<unsigned>(i));
      if (each->getValue<std::string>("name") == name) return each;
    }
    return nullptr;
  }
  std::string fault() const { return stream()->getValue<std::string>("fault"); }
  bool faultHas(const std::string& text) const {
    return eventually([&] { return fault().find(text) != std::string::npos; });
  }

  TestHub hub;
  std::string cookie;
};

// Whether whole pictures come on this answer.
bool shows(net::test::RawPeer& viewer) {
  return viewer.until("\xff\xd9").find("\xff\xd8\xff") != std::string::npos;
}

}  // namespace

TEST_CASE("a camera is read over one connection however many watch, and only while somebody does") {
  CameraSource camera(film);
  PulledHub hub(camera.url());
  CHECK(hub.hub.get("/api/v1/devices/d1", hub.cookie).status == 200);
  CHECK(camera.connections() == 0);
  {
    std::list<std::unique_ptr<net::test::RawPeer>> viewers;
    for (int i = 0; i < 12; ++i) viewers.push_back(hub.viewer());
    for (auto& viewer : viewers) CHECK(shows(*viewer));
    CHECK(hub.stream()->getValue<bool>("live"));
    CHECK(hub.stream()->getValue<std::int64_t>("age_ms") < 3000);
    CHECK(hub.fault().empty());
    CHECK(camera.connections() == 1);
  }
  CHECK(eventually([&] { return camera.open() == 0; }));
  // A still is interest too.
  CHECK(hub.hub.get("/api/v1/devices/d1/streams/main.jpg", hub.cookie).status == 200);
  CHECK(eventually([&] { return camera.connections() == 2; }));
}

TEST_CASE("a stream that the device's type does not have comes with its camera") {
  CameraSource camera(film);
  PulledHub hub(camera.url(),
                [&](gateway::CameraSettings& settings) { settings.sources = {pulled(camera.url(), "rear")}; });
  CHECK(eventually([&] { return hub.stream("rear") != nullptr; }));
  const auto viewer = hub.viewer("rear");
  CHECK(shows(*viewer));
  CHECK(hub.hub.get("/api/v1/devices/d1/streams/other.jpg", hub.cookie).status == 404);
}

TEST_CASE("pictures of a device's own link do not mix with those of its camera") {
  CameraSource camera(film);
  TestHub hub([&](hub::Settings& settings) {
    settings.cameras.allow = gateway::CameraRules::parse({"127.0.0.1"}).value();
    settings.cameras.sources = {pulled(camera.url())};
  });
  hub.device("d1");
  const std::string cookie = hub.guest("Ada");
  ScriptedAgent agent(hub, "d1");
  REQUIRE(agent.bulk(json::getString(*agent.online(), "link").value()));
  const std::string foreign = "\xff\xd8\xff\xe0 from the agent \xff\xd9";
  agent.bulk_link->sendBinary(link::encodePictureHead("main", 1).value() + foreign);
  const Answer still = hub.get("/api/v1/devices/d1/streams/main.jpg", cookie);
  CHECK(still.status == 200);
  CHECK(still.body == jpeg());
  CHECK(agent.bulk_link->waiting("watch") == 0);
}

TEST_CASE("what is wrong with a camera is told in a sentence, and others are undisturbed") {
  struct Wrong {
    const char* what;
    CameraSource::Script script;
    const char* says;
  };
  const auto raw = [](std::string bytes, bool stay = true) {
    return [bytes = std::move(bytes), stay](CameraViewer& viewer) {
      viewer.request();
      if (viewer.send(bytes) && stay) viewer.wait();
    };
  };
  const std::vector<Wrong> all = {
      {"silent", [](CameraViewer& viewer) { viewer.wait(); }, "no pictures"},
      {"an error", raw("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), "answered 503"},
      {"a password", raw("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"), "wants a name and a password"},
      {"a redirection", raw("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
       "not followed"},
      {"another type", raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"), "\"text/html\""},
      {"no HTTP", raw("RTSP/1.0 200 OK\r\n\r\n"), "not HTTP"},
      {"endless headers",
       [](CameraViewer& viewer) {
         viewer.request();
         viewer.send("HTTP/1.1 200 OK\r\n");
         for (int i = 0; viewer.send("X-Endless-" + std::to_string(i) + ": " + std::string(200, 'x') + "\r\n"); ++i) {
         }
       },
       "not HTTP"},
      {"endless headers of a part",
       [](CameraViewer& viewer) {
         viewer.request();
         viewer.send(mjpegHead() + "--frame\r\n");
         while (viewer.send("X-More: " + std::string(200, 'x') + "\r\n")) {
         }
       },
       "head of a part"},
      {"no boundary",
       [](CameraViewer& viewer) {
         viewer.request();
         viewer.send(mjpegHead());
         while (viewer.send(std::string(4000, 'x'))) {
         }
       },
       "no boundary"},
      {"a picture of 100 MB by its length",
       raw(mjpegHead() + "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 104857600\r\n\r\n"), "too large"},
      {"a picture without end",
       [](CameraViewer& viewer) {
         viewer.request();
         viewer.send(mjpegHead() + "--frame\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff");
         while (viewer.send(std::string(64 * 1024, 'x'))) {
         }
       },
       "too large"},
      {"pictures that are cut short",
       [](CameraViewer& viewer) {
         viewer.request();
         viewer.send(mjpegHead());
         while (viewer.send(mjpegPart(jpeg().substr(0, 500)))) viewer.pause(20ms);
       },
       "cut short"},
      {"no pictures at all",
       [](CameraViewer& viewer) {
         viewer.request();
         viewer.send(mjpegHead());
         while (viewer.send(mjpegPart("<html>not a picture</html>"))) viewer.pause(20ms);
       },
       "no JPEG"},
      {"a stream that stalls",
       [](CameraViewer& viewer) {
         viewer.request();
         viewer.send(mjpegHead() + mjpegPart(jpeg()));
         viewer.wait();
       },
       "no pictures"},
      {"one that hangs up at once", [](CameraViewer&) {}, "delivers no pictures"},
  };
  CameraSource calm(film);
  std::list<CameraSource> cameras;
  PulledHub hub(calm.url(), [&](gateway::CameraSettings& settings) {
    for (const Wrong& wrong : all) {
      const std::string stream = "s" + std::to_string(settings.sources.size());
      settings.sources.push_back(pulled(cameras.emplace_back(wrong.script).url(), stream));
    }
  });
  const auto viewer = hub.viewer();
  CHECK(shows(*viewer));
  std::list<std::unique_ptr<net::test::RawPeer>> viewers;
  for (std::size_t i = 1; i <= all.size(); ++i) viewers.push_back(hub.viewer("s" + std::to_string(i)));
  for (std::size_t i = 1; i <= all.size(); ++i) {
    const std::string stream = "s" + std::to_string(i);
    const auto fault = [&] { return hub.stream(stream)->getValue<std::string>("fault"); };
    const bool told = eventually([&] { return fault().find(all[i - 1].says) != std::string::npos; });
    INFO(all[i - 1].what << ": " << fault());
    CHECK(told);
    CHECK(shows(*viewer));
  }
  CHECK(hub.fault().empty());
  CHECK(calm.connections() == 1);
}

TEST_CASE("a camera that went is dialled again, ever more seldom") {
  CameraSource camera([](CameraViewer& viewer) { viewer.request(); });
  PulledHub hub(camera.url());
  const auto viewer = hub.viewer();
  CHECK(hub.faultHas("delivers no pictures"));
  CHECK_FALSE(hub.stream()->getValue<bool>("live"));
  CHECK(eventually([&] { return camera.connections() >= 3; }));
  CHECK(camera.connections() < 10);
  camera.doing(film);
  CHECK(shows(*viewer));
  CHECK(eventually([&] { return hub.fault().empty(); }));
}

TEST_CASE("name and password go to the camera, and to no other") {
  std::mutex mutex;
  std::string head;
  CameraSource camera([&](CameraViewer& viewer) {
    {
      const std::string request = viewer.request();
      std::lock_guard lock(mutex);
      head = request;
    }
    viewer.send("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
  });
  PulledHub hub(camera.url("/a?b=c"),
                [](gateway::CameraSettings& settings) { settings.sources[0].credentials = "Aladdin:open sesame"; });
  const auto viewer = hub.viewer();
  CHECK(hub.faultHas("does not take the name and password"));
  std::lock_guard lock(mutex);
  CHECK(head.starts_with("GET /a?b=c HTTP/1.1\r\n"));
  CHECK(head.find("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") != std::string::npos);
  CHECK(hub.fault().find("sesame") == std::string::npos);
}

TEST_CASE("addresses that the list does not allow are not dialled, whatever name leads there") {
  CameraSource camera(film);
  const std::string port = camera.url("").substr(17);
  PulledHub hub("http://localhost:" + port + "/stream", [](gateway::CameraSettings& settings) {
    settings.allow = gateway::CameraRules::parse({"10.0.0.0/8"}).value();
  });
  const auto viewer = hub.viewer();
  CHECK(hub.faultHas("not among those of cameras.allow"));
  CHECK(camera.connections() == 0);
}

TEST_CASE("a camera that floods is left waiting, and others are undisturbed") {
  std::atomic<std::uint64_t> sent{0};
  CameraSource flood([&](CameraViewer& viewer) {
    viewer.request();
    viewer.send(mjpegHead());
    const std::string part = mjpegPart(jpeg(100'000));
    while (viewer.send(part)) sent += part.size();
  });
  CameraSource calm(film);
  PulledHub hub(flood.url(), [&](gateway::CameraSettings& settings) {
    settings.max_bytes_per_s = 4 * 1024 * 1024;
    settings.sources.push_back(pulled(calm.url(), "calm"));
  });
  const auto viewer = hub.viewer(), other = hub.viewer("calm");
  CHECK(shows(*viewer));
  const auto begin = std::chrono::steady_clock::now();
  const auto before = sent.load();
  for (int i = 0; i < 10; ++i) CHECK(shows(*other));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  // What the kernel's buffers hold comes on top.
  CHECK(static_cast<double>(sent - before) < 8e6 + took.count() * 6e6);
  CHECK(took < 2s);
}

TEST_CASE("a reload gives a stream another camera, or the device's own link again") {
  CameraSource first(film), second([](CameraViewer&viewer) {
    viewer.request();
    if (!viewer.send(mjpegHead())) return;
    while (viewer.send(mjpegPart(jpeg(500, 'y')))) viewer.pause(20ms);
  });
  TestHub hub;
  hub.enrol("d1");
  const std::string cookie = hub.guest("Ada");
  const auto say = [&](const std::string& streams) {
    const auto file = hub.folder.path() / "hub.yaml";
    std::ofstream(file) << "server: {listen: 127.0.0.1:0, data: data, web: web, loops: 2}\nplugins: {path: [\""
                        << TEST_PLUGINS << "\"]}\nguests: {watch: true, play: true}\ndisk: {ballast: 0B}\n"
                        << "cameras: {allow: [127.0.0.1], stall: 1s}\ndevices:\n  d1:\n    streams: " << streams
                        << "\n";
    return file;
  };
  hub.stop();
  const auto file = say("{main: {url: \"" + first.url() + "\"}}");
  auto read = hub::readSettingsOf(file, {});
  INFO((read.errors.empty() ? "" : read.errors[0].message));
  REQUIRE(read.errors.empty());
  auto started = hub::Hub::start(std::move(read));
  REQUIRE(started);
  hub.hub = std::move(*started);
  hub.port = static_cast<std::uint16_t>(std::stoi(hub.hub->url().substr(hub.hub->url().rfind(':') + 1)));
  const std::string guest = hub.guest("Ben");
  CHECK(hub.get("/api/v1/devices/d1/streams/main.jpg", guest).body == jpeg());
  say("{main: {url: \"" + second.url() + "\"}}");
  hub.hub->reload(identity::Actor::hub());
  CHECK(eventually([&] { return hub.get("/api/v1/devices/d1/streams/main.jpg", guest).body == jpeg(500, 'y'); }));
  say("{}");
  hub.hub->reload(identity::Actor::hub());
  CHECK(eventually([&] { return second.open() == 0 && first.open() == 0; }));
}
