// What the hubs of this process log while this lives.
#pragma once
#include <fstream>
#include <stdexcept>
#include <string>

#include "hub/log.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::test {

class LogFile {
 public:
  LogFile() {
    if (!hub::configureLog({"info", "text", path()})) throw std::runtime_error("no log file");
  }
  ~LogFile() { (void)hub::configureLog({"error", "text", {}}); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // Of the lines so far those that hold this.
  std::size_t count(const std::string& part) const {
    std::ifstream file(path());
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line);) lines += line.find(part) != std::string::npos;
    return lines;
  }

 private:
  std::filesystem::path path() const { return folder_.path() / "hub.log"; }

  TempFolder folder_;
};

}  // namespace robohub::test
