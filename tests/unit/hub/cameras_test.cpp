// Cameras of the configuration, by the real program: what a reload does with them, and how they end.
#include <catch2/catch.hpp>

#include "unit/gateway/camera_source.hpp"
#include "unit/hub/process_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

std::string cameraText(const std::string& name, char digit) {
  return "  " + name + ": {cloudtalker: {fingerprint: " + std::string(64, digit) + "}}\n";
}

bool isThere(const ProcessHub& hub, const std::string& id) {
  return hub.asAdministrator("GET", "/api/v1/devices/" + id).status == 200;
}

}  // namespace

TEST_CASE("A revoked camera of the configuration stays away over reloads, until it is written anew or a start") {
  ProcessHub hub("devices:\n" + cameraText("door", 'a'));
  hub.start();
  CHECK(eventually([&] { return isThere(hub, "door"); }));
  const auto revoke = [&] { return hub.asAdministrator("DELETE", "/api/v1/devices/door").status; };
  CHECK(revoke() == 204);

  // The ones of a reload are enrolled in the order of their names.
  hub.configure("devices:\n" + cameraText("door", 'a') + cameraText("gate", 'b'));
  hub.reload();
  CHECK(eventually([&] { return isThere(hub, "gate"); }));
  CHECK_FALSE(isThere(hub, "door"));

  hub.configure("devices:\n" + cameraText("door", 'c') + cameraText("gate", 'b'));
  hub.reload();
  CHECK(eventually([&] { return isThere(hub, "door"); }));
  CHECK(revoke() == 204);
  hub.configure("devices:\n" + cameraText("door", 'c') + cameraText("gate", 'b') + cameraText("yard", 'd'));
  hub.reload();
  CHECK(eventually([&] { return isThere(hub, "yard"); }));
  CHECK_FALSE(isThere(hub, "door"));

  CHECK(hub.process.end() == 0);
  hub.start();
  CHECK(eventually([&] { return isThere(hub, "door"); }));
}

TEST_CASE("A camera of the configuration whose id was another device's comes with the reload after that has gone") {
  ProcessHub hub("");
  hub.start();
  hub.device("door");
  hub.configure("devices:\n" + cameraText("door", 'a'));
  hub.reload();
  CHECK(hub.asAdministrator("DELETE", "/api/v1/devices/door").status == 204);
  hub.reload();
  CHECK(eventually([&] { return isThere(hub, "door"); }));
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/door").text("type") == "cloud_camera");
}

TEST_CASE("A hub that ends says nothing against the cameras that it reads") {
  CameraSource camera([](CameraViewer& viewer) {
    viewer.request();
    if (!viewer.send(mjpegHead())) return;
    while (viewer.send(mjpegPart(jpeg()))) viewer.pause(std::chrono::milliseconds(20));
  });
  CameraSource broken([](CameraViewer& viewer) {
    viewer.request();
    viewer.send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  });
  ProcessHub hub(
      "guests: {watch: true, play: true}\ncameras: {allow: [127.0.0.1]}\ndevices:\n  d1:\n    streams: {main: {url: "
      "\"" +
      camera.url() + "\"}, rear: {url: \"" + broken.url() + "\"}}\n");
  hub.start();
  hub.device("d1");
  const std::string cookie = hub.guest("Ada");
  net::test::RawPeer viewer(hub.port), other(hub.port);
  viewer.say(requestText({.target = "/api/v1/devices/d1/streams/main.mjpeg", .cookie = cookie}, hub.port));
  CHECK(viewer.until("\xff\xd9").find("\xff\xd8\xff") != std::string::npos);
  other.say(requestText({.target = "/api/v1/devices/d1/streams/rear.mjpeg", .cookie = cookie}, hub.port));
  const auto said = [&](const std::string& text) { return hub.process.output().find(text) != std::string::npos; };
  CHECK(eventually([&] { return said("Stream rear: The camera at"); }));
  CHECK(hub.process.end() == 0);
  CHECK_FALSE(said("Stream main"));
  CHECK_FALSE(said("delivers pictures again"));
}

TEST_CASE("A camera's authorities that were replaced under the same name count from the reload on") {
  // Something that answers over TLS, though not with pictures, with a certificate of its own.
  ProcessHub camera("");
  camera.configure("", "  tls: {mode: on}\n");
  camera.start();
  const auto shown = camera.folder.path() / "data" / "tls" / "self_signed.crt";

  ProcessHub hub("");
  const auto trusted = hub.folder.path() / "camera.crt";
  hub.configure("", "  tls: {mode: on}\n");
  hub.start();
  std::filesystem::copy_file(hub.folder.path() / "data" / "tls" / "self_signed.crt", trusted);
  CHECK(hub.process.end() == 0);
  hub.configure(
      "guests: {watch: true, play: true}\ncameras: {allow: [127.0.0.1]}\ndevices:\n  d1:\n    streams: {main: {url: "
      "\"https://127.0.0.1:" +
      std::to_string(camera.port) + "/none\", ca_file: camera.crt}}\n");
  hub.start();
  hub.device("d1");
  net::test::RawPeer viewer(hub.port);
  viewer.say(requestText({.target = "/api/v1/devices/d1/streams/main.mjpeg", .cookie = hub.guest("Ada")}, hub.port));
  const auto says = [&](const std::string& text) {
    return eventually(
        [&] { return hub.asAdministrator("GET", "/api/v1/devices/d1").body.find(text) != std::string::npos; });
  };
  CHECK(says("certificate"));
  std::filesystem::copy_file(shown, trusted, std::filesystem::copy_options::overwrite_existing);
  hub.reload();
  CHECK(says("The camera answered "));
}
