#include <catch2/catch.hpp>
#include <regex>

#include "tree.hpp"

using namespace structure;

namespace {

// Where a case of these lines ends early without a word: it has passed then, and nobody learns that nothing was tried.
// script/test names what is said by WARN("left out: ...").
std::vector<std::size_t> silentEnds(const std::vector<std::string>& lines) {
  const std::regex on_one_line(R"(^  if \(.*\) return;)"), on_a_line_of_its_own(R"(^ {2,4}return;)");
  std::vector<std::size_t> found;
  bool in_a_case = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].starts_with("TEST_CASE")) in_a_case = true;
    if (lines[i] == "}") in_a_case = false;
    if (!in_a_case) continue;
    const bool said = i > 0 && lines[i - 1].find("WARN(\"left out: ") != std::string::npos;
    if (std::regex_search(lines[i], on_one_line) || (!said && std::regex_search(lines[i], on_a_line_of_its_own)))
      found.push_back(i + 1);
  }
  return found;
}

}  // namespace

TEST_CASE("a test that leaves itself out says so") {
  const auto in_a_case = [](std::vector<std::string> lines) {
    lines.insert(lines.begin(), "TEST_CASE(\"something holds\") {");
    lines.push_back("}");
    return silentEnds(lines);
  };
  CHECK(in_a_case({"  if (!possible()) return;  // without it"}) == std::vector<std::size_t>{2});
  CHECK(in_a_case({"  if (!possible()) {", "    return;", "  }"}) == std::vector<std::size_t>{3});
  CHECK(in_a_case({"  if (!possible()) {", "    WARN(\"left out: no disk\");", "    return;", "  }"}).empty());
  CHECK(in_a_case({"  const auto look = [&] {", "    if (!possible()) return;", "  };"}).empty());
  CHECK(silentEnds({"void look() {", "  if (!possible()) return;", "}"}).empty());

  const auto files = filesBelow("tests", {"_test.cpp"});
  CHECK(files.size() > 100);
  for (const auto& file : files) {
    for (const std::size_t line : silentEnds(linesOf(file)))
      FAIL_CHECK(nameOf(file) << ":" << line << " ends a case without a word");
  }
}
