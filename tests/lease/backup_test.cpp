// A hub that is put back to an older state knows less than its devices: what was said before still moves nothing, no
// turn's number comes twice, and the next turn works.
#include <catch2/catch.hpp>

#include <filesystem>

#include "lease/turret.hpp"

using namespace lease;
namespace fs = std::filesystem;

namespace {

int program(const Turret& turret, const std::vector<std::string>& words) {
  test::Process process;
  std::vector<std::string> all = words;
  all.insert(all.end(), {"--config", (turret.temp.path() / "robohub.yaml").string()});
  process.start(TEST_BIN "/robohub", all);
  const int code = process.exitCode(30s).value_or(-1);
  if (code != 0) UNSCOPED_INFO(process.output());
  return code;
}

void playTurns(Turret& turret, test::Page& page, int turns) {
  for (int i = 0; i < turns; ++i) {
    turret.play(page);
    turret.leave(page);
  }
}

void replace(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::directory_iterator(to))
    if (entry.path().filename().string().starts_with("hub.db")) fs::remove(entry.path());
  for (const auto& entry : fs::directory_iterator(from))
    fs::copy_file(entry.path(), to / entry.path().filename(), fs::copy_options::overwrite_existing);
}

}  // namespace

TEST_CASE("a hub restored from an older backup gives turns that work, and nothing of before moves anything") {
  Turret turret;
  const fs::path data = turret.hub.data(), backup = turret.temp.path() / "backup.tar",
                 copy = turret.temp.path() / "copy";
  // Before anybody had a turn: with its files copied back the hub would count from the beginning.
  fs::create_directory(copy);
  turret.hub.process().end();
  for (const auto& entry : fs::directory_iterator(data))
    if (entry.path().filename().string().starts_with("hub.db"))
      fs::copy_file(entry.path(), copy / entry.path().filename());
  turret.hub.start();
  REQUIRE(turret.agent.online(20s));
  auto ann = turret.page("Ann");
  const std::string cookie = ann->cookie();
  turret.play(*ann);
  const auto first = ann->epoch("d1");
  turret.leave(*ann);
  REQUIRE(program(turret, {"backup", backup.string()}) == 0);
  playTurns(turret, *ann, 2);
  turret.play(*ann);
  const auto last = ann->epoch("d1");
  REQUIRE(last > first);

  SECTION("by the hub's own program") {
    turret.hub.process().end();
    REQUIRE(program(turret, {"restore", backup.string()}) == 0);
  }
  SECTION("by its own program, after the agent's machine was started anew") {
    turret.hub.process().end();
    REQUIRE(program(turret, {"restore", backup.string()}) == 0);
    turret.agent.process().kill();
  }
  SECTION("by copied files, after the hub had been restarted without a turn since") {
    turret.restartHub();
    turret.hub.process().end();
    replace(copy, data);
  }
  turret.hub.start();
  if (!turret.agent.process().running()) {
    turret.agent.start();
  }
  REQUIRE(turret.agent.online(20s));
  turret.sayAgainToAgent();
  turret.checkDark("before a turn of the restored hub");

  ann = turret.page("Ann", cookie);
  turret.play(*ann);
  CHECK(ann->epoch("d1") > last);
  turret.sayAgainToAgent();
  turret.sayAgainToHub(*ann);
  turret.checkDark("in a turn of the restored hub");
  turret.leave(*ann);
  playTurns(turret, *ann, 1);
}
