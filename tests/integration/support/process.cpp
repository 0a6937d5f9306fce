#include "integration/support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <stdexcept>

namespace robohub::integration {
namespace {

// What is tested is on this machine: curl and ffmpeg would else ask the proxy that a container needs for its packages.
std::vector<std::string> environmentWithoutProxy() {
  std::vector<std::string> all{"no_proxy=*"};
  for (char** one = environ; *one; ++one)
    if (const std::string entry = *one; entry.rfind("no_proxy=", 0) != 0) all.push_back(entry);
  return all;
}

// As execve wants them: they point into `words`.
std::vector<char*> pointersTo(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::int64_t monotonicNs() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

Process::~Process() {
  kill();
}

void Process::start(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  kill();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), program.string());
  std::vector<std::string> variables = environmentWithoutProxy();
  const std::vector<char*> argv = pointersTo(words), environment = pointersTo(variables);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no process");
  if (pid_ == 0) {
    // An interrupted test leaves no hub behind. (Of the thread that forks: tests start programs on their main one.)
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(ends[1], 1);
    ::dup2(ends[1], 2);
    ::execve(program.c_str(), argv.data(), environment.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  status_ = 0;
  lines_.clear();
  ended_ = leave_ = hold_ = held_ = false;
  pipe_ = ends[0];
  reader_ = std::thread([this] { read(pipe_); });
}

void Process::read(int fd) {
  std::string rest;
  char bytes[4096];
  while (!leave_) {
    held_ = hold_.load();
    if (held_) {
      std::this_thread::sleep_for(1ms);
      continue;
    }
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, 50) <= 0) continue;
    const ssize_t size = ::read(fd, bytes, sizeof bytes);
    if (size < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (size <= 0) break;
    rest.append(bytes, static_cast<std::size_t>(size));
    for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
      lines_.push_back(rest.substr(0, end));
      rest.erase(0, end + 1);
    }
    changed_.notify_all();
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

std::optional<std::string> Process::line(const std::string& start, std::chrono::milliseconds patience, std::size_t from,
                                         std::size_t* behind) {
  std::unique_lock lock(mutex_);
  std::optional<std::string> found;
  changed_.wait_for(lock, patience, [&] {
    for (; from < lines_.size() && !found; ++from)
      if (lines_[from].compare(0, start.size(), start) == 0) found = lines_[from];
    return found || ended_;
  });
  if (found && behind) *behind = from;
  return found;
}

std::string Process::output() {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const auto& one : lines_) all += one + "\n";
  return all;
}

void Process::holdOutput() {
  hold_ = true;
  const std::string path = "/proc/" + std::to_string(pid_) + "/fd/1";
  const int writer = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (writer < 0 || !eventually([&] { return held_.load(); })) throw std::runtime_error("its output is not held");
  const std::string page(4096, '\n');
  while (::write(writer, page.data(), page.size()) > 0) continue;
  while (::write(writer, "\n", 1) == 1) continue;
  ::close(writer);
}

void Process::signal(int number) {
  if (pid_ > 0) ::kill(pid_, number);
}

bool Process::reap(std::chrono::milliseconds patience) {
  if (pid_ <= 0) return true;
  const bool gone = eventually([&] { return ::waitpid(pid_, &status_, WNOHANG) == pid_; }, patience);
  if (gone) pid_ = 0;
  return gone;
}

bool Process::running() {
  return pid_ > 0 && !reap(0ms);
}

void Process::join() {
  if (!reader_.joinable()) return;
  hold_ = false;
  // A driver's process holds the same output for a moment longer than its agent; one that hangs is not waited for.
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 1s, [&] { return ended_; });
  }
  leave_ = true;
  reader_.join();
  ::close(pipe_);
}

void Process::kill() {
  if (pid_ > 0) {
    signal(SIGKILL);
    reap(10s);
  }
  join();
}

std::optional<int> Process::exitCode(std::chrono::milliseconds patience) {
  if (!reap(patience)) {
    kill();
    return {};
  }
  join();
  if (!WIFEXITED(status_)) return {};
  return WEXITSTATUS(status_);
}

std::optional<int> Process::end(std::chrono::milliseconds patience) {
  signal(SIGTERM);
  return exitCode(patience);
}

}  // namespace robohub::integration
