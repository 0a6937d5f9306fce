// Pictures from real cameras' programs by their URL.
#include <catch2/catch.hpp>

#include "integration/support/hub_process.hpp"
#include "unit/net/raw_peer.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::integration;

namespace {

// One that nobody listens on; the moment until the program takes it is the test's risk.
std::uint16_t freePort() {
  const net::UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no port");
  return ntohs(address.sin_port);
}

struct Stage {
  robohub::test::TempFolder temp;
  HubProcess hub;
  std::string cookie;

  explicit Stage(const std::string& url)
      : hub(temp.path(), "cameras: {allow: [127.0.0.1]}\ndevices: {d1: {streams: {main: {url: \"" + url + "\"}}}}\n") {
    hub.start();
    hub.enrol("d1", "test_good");
    cookie = hub.guest("Ada");
  }
  Answer still() { return hub.request("GET", "/api/v1/devices/d1/streams/main.jpg", "", cookie); }
  std::string stream() { return json::write(*hub.device("d1")->getArray("streams")->getObject(0)); }
};

bool isJpeg(const std::string& bytes) {
  return bytes.starts_with("\xff\xd8\xff") && bytes.ends_with("\xff\xd9");
}

}  // namespace

TEST_CASE("ustreamer's pictures are shown, and shown again after it was restarted") {
  const std::string port = std::to_string(freePort());
  Process camera;
  const auto begin = [&] {
    camera.start("/usr/bin/ustreamer",
                 {"--device", "/dev/robohub-has-no-such-camera", "--host", "127.0.0.1", "--port", port});
  };
  begin();
  Stage stage("http://127.0.0.1:" + port + "/stream");
  const bool came = eventually([&] { return stage.still().status == 200; }, 10s);
  INFO(stage.stream() << camera.output());
  REQUIRE(came);
  CHECK(isJpeg(stage.still().body));
  camera.kill();
  CHECK(eventually([&] {
    (void)stage.still();
    return stage.stream().find("delivers no pictures") != std::string::npos;
  }));
  begin();
  // A still of before it went is good for a moment longer.
  CHECK(eventually(
      [&] { return stage.still().status == 200 && stage.stream().find("\"fault\":\"\"") != std::string::npos; }, 20s));
}

TEST_CASE("a film of ffmpeg's is shown picture by picture to several viewers over its one connection") {
  const std::string port = std::to_string(freePort());
  Process camera;
  camera.start("/usr/bin/ffmpeg",
               {"-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-c:v", "mjpeg",
                "-q:v", "5", "-f", "mpjpeg", "-content_type", "multipart/x-mixed-replace;boundary=ffmpeg", "-listen",
                "1", "http://127.0.0.1:" + port + "/cam.mjpg"});
  Stage stage("http://127.0.0.1:" + port + "/cam.mjpg");
  const auto watch = [&] {
    auto peer = std::make_unique<net::test::RawPeer>(stage.hub.port());
    peer->say("GET /api/v1/devices/d1/streams/main.mjpeg HTTP/1.1\r\nHost: 127.0.0.1:" +
              std::to_string(stage.hub.port()) + "\r\nCookie: " + stage.cookie + "\r\n\r\n");
    return peer;
  };
  // It takes one connection only: whoever came too early would have spoilt it.
  const auto first = watch(), second = watch();
  std::set<std::string> pictures;
  for (int i = 0; i < 10; ++i) {
    const std::string part = first->until("\xff\xd9\r\n--robohub-picture");
    pictures.insert(part.substr(part.find("\xff\xd8\xff")));
    second->until("\xff\xd9\r\n--robohub-picture");
  }
  CHECK(pictures.size() == 10);
  CHECK(camera.running());
}
