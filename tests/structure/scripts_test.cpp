#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "tree.hpp"
#include "unit/store/temp_folder.hpp"

using namespace structure;

namespace {

struct Ran {
  int exit_code;
  std::string output;
};

Ran run(const std::string& command, int patience_s = 10) {
  Ran ran{-1, ""};
  FILE* pipe = ::popen(("timeout " + std::to_string(patience_s) + " " + command + " 2>&1 </dev/null").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> part{};
  for (std::size_t got; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) ran.output.append(part.data(), got);
  const int status = ::pclose(pipe);
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

std::vector<fs::path> scripts() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(root() / "script")) {
    const auto lines = linesOf(entry.path());
    if (!lines.empty() && lines[0].starts_with("#!")) files.push_back(entry.path());
  }
  return files;
}

}  // namespace

TEST_CASE("every script can be run and explains itself with --help") {
  REQUIRE(scripts().size() >= 5);
  for (const auto& script : scripts()) {
    const Ran ran = run("'" + script.string() + "' --help");
    INFO(nameOf(script) << " --help gave " << ran.exit_code << "\n" << ran.output);
    CHECK(ran.exit_code == 0);
    CHECK(ran.output.find("Usage: " + nameOf(script)) != std::string::npos);
  }
}

TEST_CASE("a script refuses an option that it does not know") {
  for (const auto& script : scripts()) {
    const Ran ran = run("'" + script.string() + "' --no-such-option");
    INFO(nameOf(script) << " gave " << ran.exit_code << "\n" << ran.output);
    CHECK(ran.exit_code == 2);
    CHECK(ran.output.find("--help") != std::string::npos);
  }
}

TEST_CASE("script/test tries once more what failed, but not what shows that a promise is kept") {
  // A tree of its own that is built already: one test fails at first only, another one, of a promise, too.
  const robohub::test::TempFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    fs::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name) << text;
  };
  for (const char* name : {"test", "common.sh"}) {
    fs::create_directories(folder.path() / "script");
    fs::copy_file(root() / "script" / name, folder.path() / "script" / name);
  }
  write("script/bootstrap", "#!/bin/sh\n");
  fs::permissions(folder.path() / "script/bootstrap", fs::perms::owner_all);
  write("build/release/build.ninja", "build all: phony\n");
  const auto once = [](const std::string& name, const std::string& labels) {
    return "add_test(" + name + " sh -c \"test -e " + name + " || { touch " + name + "; exit 1; }\")\n" +
           "set_tests_properties(" + name + " PROPERTIES LABELS \"" + labels + "\")\n";
  };
  const std::string run_it = "'" + (folder.path() / "script/test").string() + "' --only unit";

  write("build/release/CTestTestfile.cmake", once("late", "unit"));
  const Ran late = run(run_it, 30);
  INFO(late.output);
  CHECK(late.exit_code == 0);
  CHECK(late.output.find("needed a second try: late\n1 passed, 0 failed\n") != std::string::npos);

  fs::remove(folder.path() / "build/release/late");
  write("build/release/CTestTestfile.cmake", once("late", "unit") + once("shone", "unit;promise"));
  const Ran broken = run(run_it, 30);
  INFO(broken.output);
  CHECK(broken.exit_code == 1);
  CHECK(broken.output.find("needed a second try: late\n") != std::string::npos);
  CHECK(broken.output.find("failed: shone") != std::string::npos);
  CHECK(broken.output.find("\n1 passed, 1 failed\n") != std::string::npos);

  fs::remove(folder.path() / "build/release/shone");
  write("build/release/CTestTestfile.cmake", once("shone", "unit;promise"));
  const Ran alone = run(run_it, 30);
  INFO(alone.output);
  CHECK(alone.exit_code == 1);
  CHECK(alone.output.find("needed a second try") == std::string::npos);
  CHECK(alone.output.find("\n0 passed, 1 failed\n") != std::string::npos);
}
