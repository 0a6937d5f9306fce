#include "script_tree.hpp"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace structure {

Ran run(const std::string& command, int patience_s) {
  Ran ran{-1, ""};
  FILE* pipe = ::popen(("timeout " + std::to_string(patience_s) + " " + command + " 2>&1 </dev/null").c_str(), "r");
  if (!pipe) throw std::runtime_error("no pipe");
  std::array<char, 4096> part{};
  for (std::size_t got; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) ran.output.append(part.data(), got);
  const int status = ::pclose(pipe);
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

ScriptTree::ScriptTree(std::initializer_list<const char*> files) {
  program("script/bootstrap", "");
  for (const char* name : files)
    fs::copy_file(root() / "script" / name, path() / "script" / name, fs::copy_options::overwrite_existing);
}

void ScriptTree::write(const std::string& name, const std::string& text) const {
  fs::create_directories((path() / name).parent_path());
  std::ofstream(path() / name) << text;
}

void ScriptTree::program(const std::string& name, const std::string& text) const {
  write(name, "#!/bin/sh\n" + text + "\n");
  fs::permissions(path() / name, fs::perms::owner_all);
}

void ScriptTree::built() const {
  write("build/release/build.ninja", "build all: phony\n");
}

std::string ScriptTree::command(const std::string& words) const {
  return "env PATH='" + (path() / "bin").string() + "':\"$PATH\" '" + path().string() + "/'" + words;
}

}  // namespace structure
