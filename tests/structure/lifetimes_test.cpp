#include <catch2/catch.hpp>
#include <regex>

#include "tree.hpp"

using namespace structure;

// `for (auto& x : snapshot()->all)` lets go of the snapshot before its first turn (C++20, [stmt.ranged]), and whoever
// replaces it meanwhile frees what is being read.
TEST_CASE("no loop walks through what a temporary holds") {
  const std::regex of_a_call(R"(for \([^;]*[^:]: [\w.>-]*\w\(\)->\w+\))");
  const std::regex of_what_it_points_to(R"(for \([^;]*[^:]: \*([\w.>-]*\w\(\)|std::atomic_load\(.*\))\))");
  for (const std::string line :
       {"for (auto& each : snapshot()->by_name) use(each);", "for (auto& a : parts_.all()->list)",
        "for (auto& [a, b] : *std::atomic_load(&all_)) use(a);", "for (auto& a : *devices.all())"})
    CHECK((std::regex_search(line, of_a_call) || std::regex_search(line, of_what_it_points_to)));
  for (const std::string line :
       {"for (const auto all = snapshot(); auto& each : all->by_name)", "for (auto& a : all())", "for (auto& a : *all)",
        "for (const auto all = list(); auto& [a, b] : *all)"})
    CHECK_FALSE((std::regex_search(line, of_a_call) || std::regex_search(line, of_what_it_points_to)));
  for (const char* folder : {"core", "sdk", "plugins", "tests"})
    for (const auto& file : filesBelow(folder, {".hpp", ".cpp"})) {
      if (nameOf(file) == "tests/structure/lifetimes_test.cpp") continue;
      std::size_t number = 0;
      for (const auto& line : linesOf(file)) {
        ++number;
        INFO(nameOf(file) << ":" << number << ": " << line);
        CHECK_FALSE((std::regex_search(line, of_a_call) || std::regex_search(line, of_what_it_points_to)));
      }
    }
}
