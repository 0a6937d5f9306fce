#include "process/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "base/short_turns.hpp"

namespace robohub::process {
namespace {

constexpr int kFirstDescriptor = 3;

ErrorCode codeOf(int error) {
  if (error == ENOENT || error == ENOTDIR) return ErrorCode::not_found;
  if (error == EACCES || error == EPERM) return ErrorCode::permission_denied;
  return ErrorCode::internal;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// posix_spawn's two objects, freed on every way out.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void resetSignals() {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
};

}  // namespace

std::string Exit::describe() const {
  if (!signalled) return "exited with code " + std::to_string(code);
  const char* name = sigdescr_np(code);
  return "was killed by signal " + std::to_string(code) + (name ? std::string(" (") + name + ")" : "");
}

Result<Child> Child::spawn(const Spawn& spawn) {
  SpawnPlan plan;
  plan.resetSignals();
  // First out of the way of the target numbers, then into place: a source may itself be 3, 4, ...
  std::vector<FileDescriptor> parked;
  for (int fd : spawn.descriptors) {
    const int high = fcntl(fd, F_DUPFD_CLOEXEC, kFirstDescriptor + static_cast<int>(spawn.descriptors.size()));
    if (high < 0) return fail(ErrorCode::internal, std::string("A descriptor cannot be passed on: ") + strerror(errno));
    parked.emplace_back(high);
  }
  int target = kFirstDescriptor;
  for (const FileDescriptor& fd : parked) posix_spawn_file_actions_adddup2(&plan.actions, fd.get(), target++);
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, target);

  std::vector<std::string> arguments{spawn.program.filename().string()};
  arguments.insert(arguments.end(), spawn.arguments.begin(), spawn.arguments.end());
  std::vector<std::string> environment = spawn.environment;
  Child child;
  const int error = posix_spawn(&child.pid_, spawn.program.c_str(), &plan.actions, &plan.attributes,
                                pointers(arguments).data(), pointers(environment).data());
  if (error != 0)
    return fail(codeOf(error), std::string("The program cannot be started: ") + strerror(error),
                spawn.program.string());
  // Not yet reaped, so the number still means this child.
  child.pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, child.pid_, 0)));
  if (!child.pidfd_) {
    kill(child.pid_, SIGKILL);
    waitpid(child.pid_, nullptr, 0);
    return fail(ErrorCode::internal, std::string("The child cannot be watched: ") + strerror(errno));
  }
  return child;
}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    terminate(Duration::zero());
    pid_ = other.pid_;
    pidfd_ = std::move(other.pidfd_);
  }
  return *this;
}

Child::~Child() {
  if (!running()) return;
  signal(SIGKILL);
  wait(std::chrono::seconds(5));
}

bool Child::stopped() const {
  if (!running()) return false;
  // "PID (NAME) STATE ...", and a name may have any character (proc(5)).
  const FileDescriptor file(open(("/proc/" + std::to_string(pid_) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  char text[256];
  const ssize_t size = file ? read(file.get(), text, sizeof text) : -1;
  const std::string_view said(text, size < 0 ? 0 : static_cast<std::size_t>(size));
  const auto name_end = said.rfind(") ");
  if (name_end == said.npos || name_end + 2 >= said.size()) return false;
  const char state = said[name_end + 2];
  return state == 'T' || state == 't';
}

void Child::signal(int number) const {
  if (!running()) return;
  // What it drives is let go of when its last thread has died: that must not wait behind whatever else is busy.
  if (number == SIGKILL) askForShortTurnsOf(pid_);
  syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
}

std::optional<Exit> Child::poll() {
  if (!running()) return std::nullopt;
  siginfo_t info{};
  const int result = waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOHANG);
  if (result != 0 && errno == ECHILD) {
    // Somebody else reaped it (SIGCHLD ignored, say): it has ended, how is lost.
    pidfd_.reset();
    return Exit{};
  }
  if (result != 0 || info.si_pid == 0) return std::nullopt;
  pidfd_.reset();
  return Exit{info.si_code != CLD_EXITED, info.si_status};
}

std::optional<Exit> Child::wait(Duration patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (running()) {
    if (auto exit = poll()) return exit;
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= Duration::zero()) return std::nullopt;
    pollfd watched{pidfd_.get(), POLLIN, 0};
    const timespec rest{static_cast<time_t>(left.count() / 1'000'000'000),
                        static_cast<long>(left.count() % 1'000'000'000)};
    ppoll(&watched, 1, &rest, nullptr);
  }
  return std::nullopt;
}

std::optional<Exit> Child::terminate(Duration grace) {
  if (grace > Duration::zero()) {
    signal(SIGTERM);
    if (auto exit = wait(grace)) return exit;
  }
  signal(SIGKILL);
  return wait(std::chrono::seconds(5));
}

}  // namespace robohub::process
