// `robohub device telemetry` against a running hub.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "unit/hub/program_run.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

Run type(const TestHub& hub, std::vector<std::string> words) {
  words.insert(words.begin(), {"device", "telemetry"});
  words.insert(words.end(), {"--data", hub.settings.data.string()});
  return runProgram(TEST_ROBOHUB, words);
}

}  // namespace

TEST_CASE("What a device has measured is written as one table, however many questions that takes, or as lines") {
  TestHub hub([](hub::Settings& settings) { settings.telemetry.flush = std::chrono::milliseconds(10); });
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  agent.say(link::Telemetry{"output", 1'000'000'000, R"({"on":true,"n":7})"});
  const auto kept = [&] {
    return hub.asAdministrator("GET", "/api/v1/devices/d1/telemetry").body.find(",7,7,7]") != std::string::npos;
  };
  REQUIRE(eventually(kept));

  // Five hours are five questions and one heading.
  const std::string from = std::to_string(toMs(SystemClock().wall()) - 5 * 3'600'000);
  const Run table = type(hub, {"d1", "--channel", "output", "--from", from});
  CHECK(table.code == 0);
  CHECK(table.output.find("device,channel,field,unit,time,t_ms,value\r\n") == 0);
  CHECK(table.output.find("device,", 1) == std::string::npos);
  CHECK(table.output.find("d1,output,/n,,20") != std::string::npos);

  const Run lines = type(hub, {"d1", "--step", "1h", "--json"});
  CHECK(lines.code == 0);
  std::istringstream text(lines.output);
  int count = 0;
  for (std::string line; std::getline(text, line); ++count) CHECK(json::parseObject(line));
  CHECK(count == 2);

  const auto file = hub.folder.path() / "out.csv";
  CHECK(type(hub, {"d1", "--from", from, "--output", file.string()}).code == 0);
  CHECK(std::filesystem::file_size(file) == table.output.size());

  CHECK(type(hub, {"nobody"}).code == 1);
  CHECK(type(hub, {"d1", "--step", "2m"}).code == 1);
  CHECK(type(hub, {"d1", "--from", "tomorrow"}).code == 1);
  CHECK(type(hub, {"d1", "--from", "5", "--to", "4"}).code == 1);
  CHECK(type(hub, {}).code == 2);
}

TEST_CASE("Values that the hub cannot read end the command with an error, not with a gap") {
  TestHub hub([](hub::Settings& settings) { settings.telemetry.flush = std::chrono::milliseconds(10); });
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  agent.say(link::Telemetry{"output", 1'000'000'000, R"({"on":true,"n":7})"});
  REQUIRE(eventually([&] {
    return hub.asAdministrator("GET", "/api/v1/devices/d1/telemetry").body.find(",7,7,7]") != std::string::npos;
  }));
  // Before the thread that hands out files has opened any.
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(hub.settings.data / "history"))
    if (entry.path().extension() == ".db") files.push_back(entry.path());
  REQUIRE(files.size() == 1);
  fs::rename(files[0], hub.folder.path() / "away.db");
  fs::create_directory(files[0]);
  const auto file = hub.folder.path() / "out.csv";
  const Run cut = type(hub, {"d1", "--output", file.string()});
  CHECK(cut.code == 1);
  INFO(cut.output);
  CHECK(has(cut.output, "The values are cut short: from 20"));
  std::ifstream in(file);
  const std::string kept{std::istreambuf_iterator<char>(in), {}};
  CHECK(kept.find("error") == std::string::npos);
}
