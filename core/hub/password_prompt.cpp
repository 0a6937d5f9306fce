#include <termios.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "hub/admin_client.hpp"

namespace robohub::hub {

namespace {

// The terminal shows nothing while one lives.
class Silence {
 public:
  Silence() {
    on_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    if (on_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~Silence() {
    if (on_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  bool on_ = false;
};

Result<std::string> firstLine(std::istream& from, const std::string& where) {
  std::string line;
  if (!std::getline(from, line) || line.empty())
    return fail(ErrorCode::invalid_argument, "There is no password in " + where + ".");
  if (line.back() == '\r') line.pop_back();
  return line;
}

Result<std::string> ask(const std::string& question) {
  std::cerr << question << std::flush;
  const Silence silence;
  return firstLine(std::cin, "what was typed");
}

}  // namespace

Result<std::string> readPassword(const CommandLine& line, const std::string& question) {
  const std::string file = line.value("password-file");
  if (file == "-") return firstLine(std::cin, "standard input");
  if (!file.empty()) {
    std::ifstream from(file);
    if (!from) return fail(ErrorCode::invalid_argument, "The password file " + file + " cannot be read.");
    return firstLine(from, file);
  }
  if (::isatty(STDIN_FILENO) == 0)
    return fail(ErrorCode::invalid_argument,
                "There is no terminal to type a password at; use --password-file FILE (\"-\" is standard input).");
  const auto first = ask(question + ": ");
  if (!first) return first;
  const auto again = ask(question + " (again): ");
  if (!again) return again;
  if (*first != *again) return fail(ErrorCode::invalid_argument, "The two passwords differ; nothing was changed.");
  return first;
}

}  // namespace robohub::hub
