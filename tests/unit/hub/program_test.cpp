// The program as an administrator types it.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/slowness.hpp"
#include "unit/hub/program_run.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

Run run(const std::vector<std::string>& arguments) {
  return runProgram(TEST_ROBOHUB, arguments);
}

std::string write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
  return file.string();
}

}  // namespace

TEST_CASE("The program explains itself and refuses what it does not know") {
  const Run help = run({"--help"});
  CHECK(help.code == 0);
  for (const char* word : {"serve", "check-config", "device enrol", "device list", "device revoke"})
    CHECK(has(help.output, word));
  CHECK(run({}).code == 2);
  const Run version = run({"--version"});
  CHECK(version.code == 0);
  CHECK(has(version.output, "robohub 0.1.0"));
  const Run unknown = run({"fly"});
  CHECK(unknown.code == 2);
  CHECK(has(unknown.output, "\"fly\""));
  CHECK(run({"device"}).code == 2);
  CHECK(run({"device", "fly"}).code == 2);
  CHECK(run({"device", "enrol", "d1"}).code == 2);
  CHECK(run({"device", "list", "--colour", "red"}).code == 2);
  CHECK(run({"device", "list", "--data"}).code == 2);
  const Run device_help = run({"device", "--help"});
  CHECK(device_help.code == 0);
  CHECK(has(device_help.output, "device enrol"));
  CHECK(has(run({"serve", "--help"}).output, "--config"));
  const Run wrong = run({"serve", "--prot", "1"});
  CHECK(wrong.code != 0);
  CHECK(has(wrong.output, "prot"));
  const Run port = run({"serve", "--port", "70000"});
  CHECK(port.code != 0);
  CHECK(has(port.output, "port"));
}

TEST_CASE("check-config says that a file is good, or every fault with its line") {
  TempFolder folder;
  const Run shipped = run({"check-config", std::string(TEST_SOURCES) + "/config/robohub.yaml"});
  CHECK(shipped.code == 0);
  CHECK(has(shipped.output, "good"));
  const std::string spaced = write(folder.path() / "my hub.yaml", "server: {data: \"the data\"}\n");
  CHECK(has(run({"check-config", spaced, "--json"}).output,
            "\"data\":\"" + (folder.path() / "the data").string() + "\""));
  const std::string bad = write(folder.path() / "bad.yaml", "server:\n  lisen: 1\nturns:\n  length: never\n");
  const Run wrong = run({"check-config", bad});
  CHECK(wrong.code == 1);
  CHECK(has(wrong.output, "bad.yaml:2:"));
  CHECK(has(wrong.output, "bad.yaml:4:"));
  CHECK(has(wrong.output, "listen"));
  const Run missing = run({"check-config", "/nonexistent.yaml"});
  CHECK(missing.code == 1);
  CHECK(has(missing.output, "/nonexistent.yaml"));
  CHECK(run({"check-config"}).code == 2);
  CHECK(run({"check-config", bad, bad}).code == 2);
  // What a hub could not start with.
  const std::string tls =
      write(folder.path() / "tls.yaml", "server:\n  tls: {mode: on, certificate: none.crt, key: none.key}\n");
  const Run no_certificate = run({"check-config", tls});
  CHECK(no_certificate.code == 1);
  CHECK(has(no_certificate.output, (folder.path() / "none.crt").string()));
  CHECK(has(no_certificate.output, "server.tls.certificate"));
}

TEST_CASE("check-config that root types sees secrets as the hub's user does") {
  if (::geteuid() != 0) {
    WARN("left out: only root can become another user");
    return;
  }
  TempFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  std::filesystem::create_directory(folder.path() / "data");
  REQUIRE(::chown((folder.path() / "data").c_str(), 65534, 65533) == 0);
  const std::string token = write(folder.path() / "token", "a secret\n");
  std::filesystem::permissions(token, std::filesystem::perms(0600));
  const std::string config =
      write(folder.path() / "hub.yaml", "server: {data: data}\nmetrics: {enabled: true, token_file: token}\n");
  const Run roots = run({"check-config", config});
  INFO(roots.output);
  CHECK(roots.code == 1);
  CHECK(has(roots.output, "hub.yaml:2:"));
  CHECK(has(roots.output, "metrics.token_file"));
  REQUIRE(::chown(token.c_str(), 65534, 65533) == 0);
  CHECK(run({"check-config", config}).code == 0);
}

TEST_CASE("The device commands work through a running hub") {
  TestHub hub;
  const std::string data = hub.settings.data.string();
  const Run enrolled = run({"device", "enrol", "d1", "--type", "test_good", "--name", "The one", "--data", data});
  CHECK(enrolled.code == 0);
  CHECK(has(enrolled.output, "claim_code:"));
  CHECK(has(enrolled.output, "http://127.0.0.1:" + std::to_string(hub.port)));
  CHECK(hub.deviceState("d1")->getValue<std::string>("name") == "The one");

  const Run other_url =
      run({"device", "enrol", "d2", "--type=test_noisy", "--hub-url=http://hub.example:80", "--data=" + data});
  CHECK(other_url.code == 0);
  CHECK(has(other_url.output, "http://hub.example:80"));

  const Run unknown_type = run({"device", "enrol", "d3", "--type", "warp_drive", "--data", data});
  CHECK(unknown_type.code == 1);
  CHECK(has(unknown_type.output, "test_good"));
  CHECK(run({"device", "enrol", "No Name", "--type", "test_good", "--data", data}).code == 1);

  const Run list = run({"device", "list", "--data", data});
  CHECK(list.code == 0);
  CHECK(has(list.output, "d1"));
  CHECK(has(list.output, "test_noisy"));
  CHECK(has(list.output, "never"));
  CHECK(has(list.output, "The one"));

  CHECK(run({"device", "revoke", "d1", "--data", data}).code == 0);
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/d1").status == 404);
  const Run again = run({"device", "revoke", "d1", "--data", data});
  CHECK(again.code == 1);
  CHECK(has(again.output, "d1"));
}

TEST_CASE("The device commands work without a hub, on the same data") {
  TempFolder folder;
  const std::string data = (folder.path() / "data").string();
  const Run enrolled = run({"device", "enrol", "d1", "--type", "test_good", "--data", data});
  CHECK(enrolled.code == 0);
  CHECK(has(enrolled.output, "claim_code:"));
  CHECK(has(run({"device", "list", "--data", data}).output, "d1"));
  CHECK(run({"device", "revoke", "d1", "--data", data}).code == 0);
  CHECK_FALSE(has(run({"device", "list", "--data", data}).output, "d1"));
  CHECK(run({"device", "revoke", "d1", "--data", data}).code == 1);
  const std::string config = write(folder.path() / "hub.yaml", "server: {data: data, listen: \"127.0.0.1:4711\"}\n");
  const Run by_config = run({"device", "enrol", "d2", "--type", "test_good", "--config", config});
  CHECK(by_config.code == 0);
  CHECK(has(by_config.output, "http://127.0.0.1:4711"));
  CHECK(has(run({"device", "list", "--data", data}).output, "d2"));
}

TEST_CASE("serve says its address and code, ends within three seconds of SIGTERM, and says why it cannot start") {
  TempFolder folder;
  const std::string data = (folder.path() / "data").string();
  const std::string config = write(folder.path() / "hub.yaml", "server: {listen: \"127.0.0.1:0\", data: data}\n");
  integration::Process hub;
  hub.start(TEST_ROBOHUB, {"serve", "--config", config});
  const auto code = hub.line("robohub: administrator code ");
  REQUIRE(code);
  const auto line = hub.line("robohub: listening at http://127.0.0.1:");
  REQUIRE(line);
  const auto port = line->substr(line->rfind(':') + 1);
  CHECK(std::filesystem::exists(folder.path() / "data" / "administrator-code"));

  const Run second = run({"serve", "--config", config});
  CHECK(second.code > 0);
  CHECK(has(second.output, "robohub: "));
  CHECK(has(second.output, data));
  const Run taken =
      run({"serve", "--config", config, "--data", data + "-2", "--port", port.substr(0, port.size() - 1)});
  CHECK(taken.code > 0);
  CHECK(has(taken.output, port.substr(0, port.size() - 1)));
  const Run wrong = run({"serve", "--config", write(folder.path() / "bad.yaml", "server: {port: 1}\n")});
  CHECK(wrong.code > 0);
  CHECK(has(wrong.output, "bad.yaml:1:"));

  const auto began = std::chrono::steady_clock::now();
  CHECK(hub.end(std::chrono::seconds(3 * kSlowness)) == 0);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(3 * kSlowness));

  // The code is shown once; it stands in its file.
  hub.start(TEST_ROBOHUB, {"serve", "--config", config});
  REQUIRE(hub.line("robohub: listening at "));
  CHECK_FALSE(has(hub.output(), code->substr(code->rfind(' ') + 1)));
  hub.signal(SIGINT);
  CHECK(hub.exitCode(std::chrono::seconds(3 * kSlowness)) == 0);
}
