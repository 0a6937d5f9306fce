// `robohub backup` where the hub sees other folders than whoever types it, as under systemd.
#include <catch2/catch.hpp>
#include <fstream>

#include "unit/hub/program_run.hpp"
#include "unit/hub/scripted_hub.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub::test;

TEST_CASE("a backup that only the hub sees is none, whatever the hub says of it") {
  TempFolder folder;
  const auto data = folder.path() / "data", file = folder.path() / "b.tar";
  const ScriptedHub hub(data, "201 Created", "{\"path\":\"" + file.string() + "\",\"bytes\":1}");
  const auto backup = [&] { return runProgram(TEST_ROBOHUB, {"backup", file.string(), "--data", data.string()}); };
  const Run missing = backup();
  INFO(missing.output);
  CHECK(missing.code == 1);
  CHECK(has(missing.output, "only it sees"));
  CHECK(has(missing.output, "below " + data.string()));
  CHECK_FALSE(has(missing.output, "Written"));
  // Another of that name lies here.
  std::ofstream(file) << "of last year";
  const Run other = backup();
  CHECK(other.code == 1);
  CHECK(has(other.output, "only it sees"));
}

TEST_CASE("a folder that is here and not there for the hub is told so") {
  TempFolder folder;
  const auto data = folder.path() / "data";
  const ScriptedHub hub(data, "404 Not Found", R"({"detail":"There is no folder X.","pointer":"/path"})");
  const auto backup = [&](const std::filesystem::path& file) {
    return runProgram(TEST_ROBOHUB, {"backup", file.string(), "--data", data.string()});
  };
  const Run hidden = backup(folder.path() / "b.tar");
  CHECK(hidden.code == 1);
  CHECK(has(hidden.output, "There is no folder X. That is what the hub sees."));
  CHECK(has(hidden.output, "below " + data.string()));
  const Run missing = backup(folder.path() / "none" / "b.tar");
  CHECK(missing.code == 1);
  CHECK(has(missing.output, "There is no folder X."));
  CHECK_FALSE(has(missing.output, "what the hub sees"));
}
