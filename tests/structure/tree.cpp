#include "tree.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

namespace structure {

fs::path root() {
  return ROBOHUB_SOURCE_DIR;
}

std::string readFile(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::string> linesOf(const fs::path& file) {
  std::vector<std::string> lines;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<fs::path> filesBelow(const std::string& folder, const std::vector<std::string>& endings) {
  std::vector<fs::path> files;
  if (!fs::exists(root() / folder)) return files;
  for (auto entry = fs::recursive_directory_iterator(root() / folder); entry != fs::recursive_directory_iterator();
       ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (name == "node_modules" || name == "dist" || name == "build")) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && std::any_of(endings.begin(), endings.end(),
                                                       [&](const std::string& end) { return name.ends_with(end); })) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string nameOf(const fs::path& file) {
  return fs::relative(file, root()).string();
}

std::vector<Include> includesOf(const fs::path& file) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  std::vector<Include> includes;
  int number = 0;
  for (const auto& line : linesOf(file)) {
    ++number;
    std::smatch match;
    if (line.size() < 300 && std::regex_search(line, match, pattern))
      includes.push_back({number, match[2], match[1] == "\""});
  }
  return includes;
}

std::vector<std::string> coreFolders() {
  std::vector<std::string> folders;
  bool inside = false;
  for (const auto& line : linesOf(root() / "ARCHITECTURE.md")) {
    if (line == "```folders") {
      inside = true;
    } else if (inside && line == "```") {
      break;
    } else if (inside) {
      folders.push_back(line);
    }
  }
  return folders;
}

}  // namespace structure
