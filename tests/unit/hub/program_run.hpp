// One run of a program from its start to its end: what it printed (both outputs together) and its exit code.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "integration/support/process.hpp"

namespace robohub::test {

struct Run {
  int code = -1;  // -1: it had not ended after 20 seconds
  std::string output;
};

inline Run runProgram(const std::string& program, const std::vector<std::string>& arguments) {
  integration::Process process;
  process.start(program, arguments);
  const auto code = process.exitCode(std::chrono::seconds(20));
  return {code.value_or(-1), process.output()};
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace robohub::test
