// A hub that people call by a name that its settings do not list: who hears of it, by the real program.
#include <catch2/catch.hpp>

#include "identity/certificate_files.hpp"
#include "unit/hub/process_hub.hpp"
#include "unit/hub/program_run.hpp"

using namespace robohub;
using namespace robohub::test;
using namespace std::chrono_literals;

TEST_CASE("A certificate's name that is not listed is told before the start, in the log and on the health page") {
  ProcessHub hub("");
  const WallTime now = SystemClock().wall();
  const auto made = identity::makeServerCertificate({"laser.example"}, {now - 1h, now + 2400h}, nullptr);
  REQUIRE(made);
  REQUIRE(identity::writePemPair(hub.folder.path() / "hub.crt", hub.folder.path() / "hub.key", *made));
  const std::string files = "  tls: {mode: on, certificate: hub.crt, key: hub.key}\n";
  const auto checked = [&](const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"check-config", hub.file().string()};
    words.insert(words.end(), more.begin(), more.end());
    const Run run = runProgram(TEST_ROBOHUB, words);
    INFO(run.output);
    CHECK(run.code == 0);
    return run.output;
  };
  const auto isFinding = [&] {
    return hub.asAdministrator("GET", "/api/v1/health").body.find("\"id\":\"origins\"") != std::string::npos;
  };
  hub.configure("", files);
  const std::string note = "nobody can sign in at https://laser.example until";
  CHECK(has(checked(), "note: " + note));
  CHECK(has(checked(), "server.origins: [\"https://laser.example\"]"));
  CHECK(has(checked({"--json"}), "\"notes\":[\"" + note));
  hub.start();
  CHECK(isFinding());
  CHECK(eventually([&] { return has(hub.process.output(), "Pages of https://laser.example are refused"); }));

  hub.configure("", "  origins: [\"https://laser.example\"]\n" + files);
  CHECK_FALSE(has(checked(), "note:"));
  CHECK(hub.reload()->getValue<bool>("ok"));
  CHECK_FALSE(isFinding());
}

TEST_CASE("A page that was refused under the name that the hub was called is told in the log, a stranger's is not") {
  ProcessHub hub("guests: {watch: true, play: true}\n");
  hub.start();
  const std::string name = "laser.example:" + std::to_string(hub.port);
  const auto signIn = [&](const std::string& origin) {
    return hub
        .ask({.method = "POST",
              .target = "/api/v1/session",
              .body = "{\"guest\":\"Ada\"}",
              .origin = origin,
              .host = name})
        .status;
  };
  CHECK(signIn("http://evil.example") == 403);
  CHECK(signIn("http://" + name) == 403);
  CHECK(eventually([&] { return has(hub.process.output(), "somebody has called this hub http://" + name); }));
  CHECK(has(hub.process.output(), "server.origins"));
  CHECK_FALSE(has(hub.process.output(), "evil.example"));
}
