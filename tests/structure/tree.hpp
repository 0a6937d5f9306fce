// Reading the source tree for the tests of this folder.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace structure {

namespace fs = std::filesystem;

// The root of the source tree.
fs::path root();
std::string readFile(const fs::path& file);
std::vector<std::string> linesOf(const fs::path& file);
// Every file below root()/folder whose name ends with one of these, without what is built or installed. Sorted.
std::vector<fs::path> filesBelow(const std::string& folder, const std::vector<std::string>& endings);
// "core/net/loop.cpp"
std::string nameOf(const fs::path& file);

struct Include {
  int line;
  std::string path;  // as it is written
  bool quoted;       // "..." rather than <...>
};
std::vector<Include> includesOf(const fs::path& file);

// The folders of core in the order that ARCHITECTURE.md draws (its block marked `folders`).
std::vector<std::string> coreFolders();

}  // namespace structure
