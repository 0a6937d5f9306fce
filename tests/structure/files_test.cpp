#include <catch2/catch.hpp>

#include "tree.hpp"

using namespace structure;

namespace {

const std::vector<std::string> kCode{".hpp", ".h",   ".cpp", ".c",     ".ts",
                                     ".js",  ".mjs", ".css", ".cmake", "CMakeLists.txt"};

std::vector<fs::path> code() {
  std::vector<fs::path> files;
  for (const char* folder : {"core", "sdk", "plugins", "web", "tests", "cmake"})
    for (const auto& file : filesBelow(folder, kCode)) files.push_back(file);
  for (const auto& file : fs::directory_iterator(root() / "script")) files.push_back(file.path());
  return files;
}

}  // namespace

TEST_CASE("no file of code is longer than 400 lines") {
  REQUIRE(code().size() > 50);
  for (const auto& file : code()) {
    const auto lines = linesOf(file).size();
    INFO(nameOf(file) << " has " << lines << " lines: split it");
    CHECK(lines <= 400);
  }
}

TEST_CASE("no test opens a camera that this machine may have") {
  for (const auto& file : filesBelow("tests/integration", {".cpp", ".hpp"})) {
    INFO(nameOf(file));
    CHECK(readFile(file).find("/dev/video") == std::string::npos);
  }
}

TEST_CASE("nothing is left for later in a comment") {
  // Put together here, so that this file does not hold them itself.
  const std::string words[] = {std::string("TO") + "DO", std::string("FIX") + "ME", std::string("HA") + "CK:"};
  for (const auto& file : code()) {
    const std::string text = readFile(file);
    for (const auto& word : words) {
      INFO(nameOf(file) << " says " << word);
      CHECK(text.find(word) == std::string::npos);
    }
  }
}

TEST_CASE("a header opens with what it is for, and is included once") {
  for (const char* folder : {"core", "sdk"}) {
    for (const auto& file : filesBelow(folder, {".hpp", ".h"})) {
      const auto lines = linesOf(file);
      INFO(nameOf(file));
      REQUIRE_FALSE(lines.empty());
      CHECK((lines[0].starts_with("// ") || lines[0].starts_with("/*")));
      const std::string text = readFile(file);
      CHECK((text.find("#pragma once") != std::string::npos || text.find("#ifndef RH_") != std::string::npos));
    }
  }
}
