// What a command makes of the settings file that it was given.
#include <catch2/catch.hpp>

#include "hub/admin_client.hpp"
#include "unit/hub/program_run.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

TEST_CASE("a fault in the settings file keeps nobody from stopping devices, and changes nothing without a hub") {
  TestHub hub;
  hub.device("d1");
  const std::string data = hub.settings.data.string();
  const auto write = [&](const char* name, const std::string& text) {
    const std::string file = (hub.folder.path() / name).string();
    std::ofstream(file) << text;
    return file;
  };
  const std::string faulty = write("hub.yaml", "server: {data: " + data + "}\ngests: {}\n");
  const std::string good = write("good.yaml", "server: {data: " + data + "}\n");
  const std::string unknown = write("unknown.yaml", "gests: {}\n");
  const auto run = [](std::vector<std::string> words, const std::string& config) {
    words.insert(words.end(), {"--config", config});
    return runProgram(TEST_ROBOHUB, words);
  };
  const Run stopped = run({"stop", "--reason", "Somebody is in there."}, faulty);
  INFO(stopped.output);
  CHECK(stopped.code == 0);
  CHECK(has(stopped.output, "hub.yaml:2:"));
  CHECK(has(stopped.output, "going on with the data folder " + data));
  CHECK(hub::textOf(*json::getObject(*hub.deviceState("d1"), "stop").value(), "state") != "none");
  CHECK_FALSE(has(run({"device", "list"}, good).output, "warning"));

  // Which hub it is about must be said somewhere.
  const Run lost = run({"device", "list"}, unknown);
  CHECK(lost.code == 1);
  CHECK(has(lost.output, "--data DIR"));
  CHECK(run({"device", "list", "--data", data}, unknown).code == 0);
  CHECK(run({"device", "list"}, (hub.folder.path() / "none.yaml").string()).code == 1);
  // What is checked is the file that is named, and no other.
  CHECK(run({"config", "check", good}, faulty).code == 0);

  hub.stop();
  const std::string file = (hub.folder.path() / "b.tar").string();
  for (const std::vector<std::string>& words : {std::vector<std::string>{"user", "add", "ada", "--make-password"},
                                                {"device", "list"},
                                                {"plugin", "list"},
                                                {"backup", file},
                                                {"restore", file}}) {
    const Run refused = run(words, faulty);
    INFO(words[0] << ": " << refused.output);
    CHECK(refused.code == 1);
    CHECK(has(refused.output, "mend them first"));
  }
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK_FALSE(has(run({"user", "list"}, good).output, "ada"));
}
