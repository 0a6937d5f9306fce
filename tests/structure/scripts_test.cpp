#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>

#include "tree.hpp"

using namespace structure;

namespace {

struct Ran {
  int exit_code;
  std::string output;
};

Ran run(const std::string& command) {
  Ran ran{-1, ""};
  FILE* pipe = ::popen(("timeout 10 " + command + " 2>&1 </dev/null").c_str(), "r");
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
