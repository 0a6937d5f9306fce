#include <catch2/catch.hpp>

#include "tree.hpp"

using namespace structure;

TEST_CASE("mutexes are of the types that say what they guard") {
  // What the standard library's own say nothing about, clang's analysis (the test mutex_guards, by script/lint
  // --guards) cannot check.
  const std::string own = "sdk/include/rh/mutex.hpp";
  struct Part {
    const char* folder;
    std::size_t least;  // so many of its files say what a mutex guards
  };
  for (const auto& [folder, least] : {Part{"core", 30}, Part{"sdk", 5}, Part{"plugins", 5}}) {
    std::size_t kept = 0;
    for (const auto& file : filesBelow(folder, {".hpp", ".cpp"})) {
      if (nameOf(file) == own) continue;
      const std::string text = readFile(file);
      for (const char* word : {"mutex", "shared_mutex", "recursive_mutex", "timed_mutex", "condition_variable",
                               "lock_guard", "unique_lock", "shared_lock"}) {
        INFO(nameOf(file) << " uses std::" << word << "; " << own << " has one that can be checked");
        CHECK(text.find("std::" + std::string(word)) == std::string::npos);
      }
      kept += text.find("RH_GUARDED_BY(") != std::string::npos;
    }
    INFO(folder);
    CHECK(kept > least);
  }
}
