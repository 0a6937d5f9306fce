// Pictures, from the turret's own model and from a real MJPEG camera program, to what people's programs read.
#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "integration/support/stage.hpp"

using namespace robohub::integration;

namespace {

bool has(const char* program) {
  return std::system(("command -v " + std::string(program) + " >/dev/null").c_str()) == 0;
}

std::uint16_t freePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

std::string contentOf(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool isJpeg(const std::string& bytes) {
  return bytes.size() > 100 && bytes.compare(0, 3, "\xff\xd8\xff") == 0;
}

}  // namespace

TEST_CASE("a program under test asks no proxy for what is on this machine") {
  Process program;
  program.start("/usr/bin/env", {});
  CHECK(program.exitCode() == 0);
  CHECK(program.output().find("no_proxy=*\n") != std::string::npos);
}

TEST_CASE("the turret's own camera is seen while somebody watches") {
  Stage stage;
  REQUIRE(stage.start());
  const std::string ann = stage.hub.guest("Ann");
  auto still = stage.hub.request("GET", "/api/v1/devices/d1/streams/main.jpg", "", ann);
  // The room is painted when somebody first looks, which a slow machine does not do within one request.
  eventually([&] {
    if (still.status != 200) still = stage.hub.request("GET", "/api/v1/devices/d1/streams/main.jpg", "", ann);
    return still.status == 200;
  });
  REQUIRE(still.status == 200);
  CHECK(isJpeg(still.body));
  CHECK(still.headers.get("Content-Type") == "image/jpeg");
}

TEST_CASE("a local MJPEG camera goes through agent and hub to curl and ffmpeg, and comes back after a loss") {
  REQUIRE(has("ustreamer"));
  REQUIRE(has("curl"));
  REQUIRE(has("ffmpeg"));
  const auto port = std::to_string(freePort());
  const std::vector<std::string> arguments{
      "--device", "/dev/robohub-has-no-such-camera", "--host", "127.0.0.1", "--port", port};
  Process camera;
  camera.start("/usr/bin/ustreamer", arguments);

  robohub::test::TempFolder temp;
  HubProcess hub(temp.path());
  AgentSetup setup = turretSetup(temp.path());
  setup.camera = "{source: mjpeg, url: \"http://127.0.0.1:" + port + "/stream\", stream: main}";
  AgentProcess agent(temp.path(), setup);
  hub.start();
  agent.configure(hub.url(), hub.enrol("d1", "laser_turret"));
  agent.start();
  REQUIRE(agent.online());
  const std::string cookie = hub.guest("Ann");

  const auto still_file = temp.path() / "still.jpg", stream_file = temp.path() / "stream.bin";
  Process curl;
  REQUIRE(eventually(
      [&] {
        curl.start("/usr/bin/curl", {"--silent", "--fail", "--cookie", cookie, "--output", still_file.string(),
                                     hub.url() + "/api/v1/devices/d1/streams/main.jpg"});
        return curl.exitCode() == 0;
      },
      10s));
  CHECK(isJpeg(contentOf(still_file)));

  curl.start("/usr/bin/curl", {"--silent", "--max-time", "3", "--cookie", cookie, "--output", stream_file.string(),
                               hub.url() + "/api/v1/devices/d1/streams/main.mjpeg"});
  curl.exitCode(6s);
  const std::string stream = contentOf(stream_file);
  CHECK(stream.find("Content-Type: image/jpeg") != std::string::npos);
  CHECK(stream.find("X-Timestamp: ") != std::string::npos);
  CHECK(stream.find("\xff\xd8\xff") != std::string::npos);

  Process ffmpeg;
  ffmpeg.start("/usr/bin/ffmpeg",
               {"-loglevel", "error", "-headers", "Cookie: " + cookie + "\r\n", "-f", "mpjpeg", "-i",
                hub.url() + "/api/v1/devices/d1/streams/main.mjpeg", "-frames:v", "2", "-f", "null", "-"});
  const auto decoded = ffmpeg.exitCode(15s);
  INFO(ffmpeg.output());
  CHECK(decoded == 0);

  // The camera goes while somebody watches: the agent says so once, and takes it again when it is back.
  curl.start("/usr/bin/curl", {"--silent", "--max-time", "20", "--cookie", cookie, "--output", stream_file.string(),
                               hub.url() + "/api/v1/devices/d1/streams/main.mjpeg"});
  REQUIRE(eventually([&] {
    return isJpeg(
        contentOf(stream_file)
            .substr(std::min<std::size_t>(contentOf(stream_file).find("\xff\xd8\xff"), contentOf(stream_file).size())));
  }));
  camera.kill();
  CHECK(eventually([&] { return agent.process().output().find("delivers no pictures") != std::string::npos; }, 8s));
  camera.start("/usr/bin/ustreamer", arguments);
  CHECK(eventually([&] { return agent.process().output().find("delivers pictures again") != std::string::npos; }, 10s));
}
