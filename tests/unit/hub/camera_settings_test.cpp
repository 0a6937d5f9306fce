#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "hub/settings.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;

namespace {

struct Read {
  hub::Settings settings;
  std::string faults;
};

Read read(const std::string& text, const std::filesystem::path& folder = "/") {
  Read read;
  read.faults = config::format(config::readText(
      text, "robohub.yaml", folder, [&](config::Section& section) { hub::readSettings(section, read.settings); }));
  return read;
}

const std::string kPrint(64, 'a');

}  // namespace

TEST_CASE("a stream by URL is read with what it needs, wherever the list of what may be dialled stands") {
  test::TempFolder folder;
  std::ofstream(folder.path() / "rear.secret") << "Aladdin:open sesame\n";
  std::filesystem::permissions(folder.path() / "rear.secret",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const Read good = read(
      "devices:\n  rover:\n    streams:\n      main: {url: \"http://192.168.7.20:8080/?action=stream\"}\n      rear: "
      "{url: "
      "\"https://cam.example/x\", credentials_file: rear.secret, fingerprint: \"" +
          kPrint + "\"}\ncameras: {allow: [192.168.7.0/24, cam.example], stall: 2s, max_rate: 8MiB}\n",
      folder.path());
  CHECK(good.faults == "");
  const auto& sources = good.settings.cameras.sources;
  REQUIRE(sources.size() == 2);
  CHECK(sources[0].device == "rover");
  CHECK(sources[0].stream == "main");
  CHECK(sources[0].url == "http://192.168.7.20:8080/?action=stream");
  CHECK(sources[1].credentials == "Aladdin:open sesame");
  CHECK(good.settings.cameras.stall == std::chrono::seconds(2));
  CHECK(good.settings.cameras.max_bytes_per_s == 8 << 20);
}

TEST_CASE("a stream that could not be read is refused at its place") {
  test::TempFolder folder;
  std::ofstream(folder.path() / "open.secret") << "a:b";
  std::filesystem::permissions(folder.path() / "open.secret", std::filesystem::perms(0644));
  const auto fault = [&](const std::string& stream, const std::string& allow = "[127.0.0.1, cam.example]") {
    return read("cameras: {allow: " + allow + "}\ndevices: {d1: {streams: {main: " + stream + "}}}\n", folder.path())
        .faults;
  };
  CHECK(fault("{url: \"http://127.0.0.1:8080/\"}") == "");
  CHECK(fault("{url: \"http://127.0.0.1:8080/\"}", "[]").find("cameras.allow") != std::string::npos);
  CHECK(fault("{url: \"http://127.0.0.2/\"}").find("cameras.allow") != std::string::npos);
  CHECK(fault("{url: \"rtsp://cam.example/\"}") != "");
  CHECK(fault("{url: \"http://root:pass@cam.example/\"}") != "");
  CHECK(fault("{}").find("url") != std::string::npos);
  CHECK(fault("{url: \"http://cam.example/\", credentials_file: open.secret}") != "");
  CHECK(fault("{url: \"http://cam.example/\", fingerprint: \"" + kPrint + "\"}").find("https") != std::string::npos);
  CHECK(fault("{url: \"https://cam.example/\", fingerprint: \"zz" + kPrint + "\"}") != "");
  CHECK(fault("{url: \"http://cam.example/\"}", "[\"10.0.0.1/8\"]").find("10.0.0.0/8") != std::string::npos);
}

TEST_CASE("the cloudtalker's port is closed until it is written, and its settings are checked") {
  CHECK(read("").settings.cloudtalker.listen.host.empty());
  const Read good = read(
      "cloudtalker: {listen: 127.0.0.1:8443, heartbeat: 7s, address: hub.example:8443}\ndevices: {door: "
      "{cloudtalker: {fingerprint: \"SHA256:" +
      std::string(64, 'A') + "\"}}}\n");
  CHECK(good.faults == "");
  CHECK(good.settings.cloudtalker.listen.port == 8443);
  CHECK(good.settings.cloudtalker.fingerprints.at("door") == kPrint);
  for (const std::string& wrong :
       {std::string("cloudtalker: {heartbeat: 1500ms}"), std::string("cloudtalker: {heartbeat: 0s}"),
        std::string("cloudtalker: {certificate: a.crt}"), std::string("cloudtalker: {address: \"https://hub/\"}"),
        std::string("devices: {door: {cloudtalker: {}}}"),
        "devices: {a: {cloudtalker: {fingerprint: " + kPrint + "}}, b: {cloudtalker: {fingerprint: " + kPrint +
            "}}}"}) {
    INFO(wrong);
    CHECK(read(wrong).faults != "");
  }
}
