#include "net/mjpeg_camera.hpp"

#include <catch2/catch.hpp>

#include "test_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;

TEST_CASE("who comes back to a camera that still fails is told so again, and once") {
  TestServer server({}, 1);
  std::atomic<int> asked{0};
  server.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    ++asked;
    exchange->respond(HttpResponse::text(503, "busy"));
  };
  Loop loop;
  std::vector<std::string> told;
  std::optional<MjpegCamera> camera;
  // Once it has failed a second time, which is no news.
  std::function<void()> again = [&] {
    if (asked < 3) {
      loop.after(std::chrono::milliseconds(5), [&] { again(); });
      return;
    }
    camera->watch(false);
    camera->watch(true);
  };
  camera.emplace(
      loop, parseHttpUrl("http://127.0.0.1:" + std::to_string(server.port) + "/").value(), MjpegOptions{},
      [] { return 0.0; }, [](std::string_view) {},
      [&](const std::string& fault) {
        told.push_back(fault);
        if (told.size() >= 2) return loop.stop();
        again();
      });
  loop.after(std::chrono::seconds(10), [&] { loop.stop(); });
  loop.post([&] { camera->watch(true); });
  loop.run();
  camera.reset();
  REQUIRE(told.size() == 2);
  CHECK(told[0] == told[1]);
  CHECK(told[0].find("answered 503") != std::string::npos);
}
