// A script in a tree of its own, in which programs that it calls can be others: so that what it does on a machine that
// this one is not can be seen.
#pragma once
#include <initializer_list>
#include <string>

#include "tree.hpp"
#include "unit/store/temp_folder.hpp"

namespace structure {

struct Ran {
  int exit_code;  // -1 when a signal ended it
  std::string output;
};

// A shell command with all that it says. It ends with 124 when it takes too long.
Ran run(const std::string& command, int patience_s = 10);

// Its script/bootstrap does nothing, unless it is among the files that are copied from script/ of the real one.
class ScriptTree {
 public:
  explicit ScriptTree(std::initializer_list<const char*> files);

  const fs::path& path() const { return folder_.path(); }
  void write(const std::string& name, const std::string& text) const;
  // A shell script that can be run. Those in bin/ come before the machine's own programs.
  void program(const std::string& name, const std::string& text) const;
  // A release build in which nothing is to do.
  void built() const;
  // A word of script/ with its options, for `run`.
  std::string command(const std::string& words) const;

 private:
  robohub::test::TempFolder folder_;
};

}  // namespace structure
