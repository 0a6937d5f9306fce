#include <catch2/catch.hpp>

#include "tree.hpp"

using namespace structure;

TEST_CASE("mutexes of the core are of the types that say what they guard") {
  // What the standard library's own say nothing about, clang's analysis (script/lint) cannot check.
  const std::string own = "core/base/mutex.hpp";
  std::size_t kept = 0;
  for (const auto& file : filesBelow("core", {".hpp", ".cpp"})) {
    if (nameOf(file) == own) continue;
    const std::string text = readFile(file);
    for (const char* word : {"mutex", "shared_mutex", "recursive_mutex", "timed_mutex", "condition_variable",
                             "lock_guard", "unique_lock", "shared_lock"}) {
      INFO(nameOf(file) << " uses std::" << word << "; core/base/mutex.hpp has one that can be checked");
      CHECK(text.find("std::" + std::string(word)) == std::string::npos);
    }
    kept += text.find("RH_GUARDED_BY(") != std::string::npos;
  }
  CHECK(kept > 30);
}
