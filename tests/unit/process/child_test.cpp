#include "process/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/short_turns.hpp"

using namespace robohub;
using namespace robohub::process;
using namespace std::chrono_literals;

namespace {

Spawn shell(const std::string& script, std::vector<int> descriptors = {}) {
  return Spawn{"/bin/sh", {"-c", script}, {"PATH=/usr/bin:/bin"}, std::move(descriptors)};
}

// Everything that the peer writes until it closes.
std::string readAll(int fd) {
  fcntl(fd, F_SETFL, 0);
  std::string out;
  char part[4096];
  for (ssize_t n; (n = read(fd, part, sizeof part)) > 0;) out.append(part, static_cast<std::size_t>(n));
  return out;
}

}  // namespace

TEST_CASE("a child's exit code and signal come back") {
  auto exits = Child::spawn(shell("exit 3"));
  REQUIRE(exits);
  auto exit = exits->wait(5s);
  REQUIRE(exit);
  CHECK_FALSE(exit->signalled);
  CHECK(exit->code == 3);
  CHECK(exit->describe() == "exited with code 3");
  CHECK_FALSE(exits->running());
  CHECK_FALSE(exits->poll());
  exits->signal(SIGKILL);  // nobody is hit

  auto dies = Child::spawn(shell("kill -9 $$"));
  REQUIRE(dies);
  exit = dies->wait(5s);
  REQUIRE(exit);
  CHECK(exit->signalled);
  CHECK(exit->code == SIGKILL);
  CHECK(exit->describe() == "was killed by signal 9 (Killed)");
}

TEST_CASE("short turns can be asked for a child, as is done before it is killed") {
  std::uint64_t attributes[6] = {};  // sched_getattr(2): the fourth is sched_runtime
  const auto turn_ns = [&](pid_t pid) {
    return ::syscall(SYS_sched_getattr, pid, attributes, sizeof attributes, 0) == 0 ? attributes[3] : 0;
  };
  auto child = Child::spawn(shell("read line"));
  REQUIRE(child);
  const auto before = turn_ns(child->pid());
  askForShortTurnsOf(child->pid());
  if (before == 0) {
    WARN("left out: this kernel knows no turns of a thread's own");
  } else {
    CHECK(turn_ns(child->pid()) == 100'000);
  }
  child->signal(SIGKILL);
  REQUIRE(child->wait(5s));
  askForShortTurnsOf(child->pid());  // nobody is hit
}

TEST_CASE("a child that was stopped is told from one that runs or waits") {
  auto child = Child::spawn(shell("exec sleep 60"));
  REQUIRE(child);
  CHECK_FALSE(child->stopped());
  child->signal(SIGSTOP);
  siginfo_t stopped{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(child->pid()), &stopped, WSTOPPED | WNOWAIT) == 0);
  CHECK(child->stopped());
  child->signal(SIGCONT);
  siginfo_t continued{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(child->pid()), &continued, WCONTINUED | WNOWAIT) == 0);
  CHECK_FALSE(child->stopped());
  child->signal(SIGKILL);
  REQUIRE(child->wait(5s));
  CHECK_FALSE(child->stopped());
}

TEST_CASE("a program that is not there is an error, not a child") {
  auto child = Child::spawn(Spawn{"/nonexistent/program", {}, {}, {}});
  REQUIRE_FALSE(child);
  CHECK(child.error().code == ErrorCode::not_found);
  CHECK(child.error().where == "/nonexistent/program");
}

TEST_CASE("a child gets exactly the descriptors that it is given, in order, and no environment of ours") {
  setenv("ROBOHUB_TEST_SECRET", "1", 1);
  FileDescriptor leaky(open("/dev/null", O_RDONLY));  // without close-on-exec
  auto first = socketPair(SocketKind::bytes, 65536);
  auto second = socketPair(SocketKind::bytes, 65536);
  REQUIRE(first);
  REQUIRE(second);
  auto child = Child::spawn(
      shell("echo one >&3; echo two >&4; ls /proc/self/fd >&4; env >&4", {first->theirs.get(), second->theirs.get()}));
  REQUIRE(child);
  first->theirs.reset();
  second->theirs.reset();
  CHECK(readAll(first->ours.get()) == "one\n");
  const std::string rest = readAll(second->ours.get());
  CHECK(rest.find("two\n0\n1\n2\n3\n4\n5\n") == 0);  // 5 is the folder that ls itself has opened
  CHECK(rest.find("\n6\n") == std::string::npos);
  CHECK(rest.find("ROBOHUB_TEST_SECRET") == std::string::npos);
  CHECK(child->wait(5s));
  unsetenv("ROBOHUB_TEST_SECRET");
}

TEST_CASE("descriptors whose numbers cross are not mixed up") {
  auto pair = socketPair(SocketKind::bytes, 65536);
  REQUIRE(pair);
  // Given as 4 and 3: each number is the other's target.
  FileDescriptor null(open("/dev/null", O_RDWR));
  std::vector<int> given{pair->theirs.get(), null.get()};
  if (given[0] > given[1]) std::swap(given[0], given[1]);
  const bool socket_first = given[1] == pair->theirs.get();
  std::swap(given[0], given[1]);
  auto child = Child::spawn(shell(socket_first ? "echo x >&3" : "echo x >&4", given));
  REQUIRE(child);
  pair->theirs.reset();
  CHECK(readAll(pair->ours.get()) == "x\n");
}

TEST_CASE("terminate asks first and then kills") {
  auto pair = socketPair(SocketKind::bytes, 65536);
  REQUIRE(pair);
  auto listens =
      Child::spawn(shell("trap 'exit 7' TERM; echo r >&3; while :; do sleep 0.02; done", {pair->theirs.get()}));
  REQUIRE(listens);
  pair->theirs.reset();
  fcntl(pair->ours.get(), F_SETFL, 0);
  char ready = 0;
  REQUIRE(read(pair->ours.get(), &ready, 1) == 1);  // its trap is set
  auto exit = listens->terminate(5s);
  REQUIRE(exit);
  CHECK(exit->code == 7);

  auto pair2 = socketPair(SocketKind::bytes, 65536);
  auto deaf =
      Child::spawn(shell("trap '' TERM; echo r >&3; exec 3>&-; while :; do sleep 0.02; done", {pair2->theirs.get()}));
  REQUIRE(deaf);
  fcntl(pair2->ours.get(), F_SETFL, 0);
  REQUIRE(read(pair2->ours.get(), &ready, 1) == 1);
  exit = deaf->terminate(50ms);
  REQUIRE(exit);
  CHECK(exit->signalled);
  CHECK(exit->code == SIGKILL);
}

TEST_CASE("a child starts with default signals and an empty mask") {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  auto child = Child::spawn(shell("kill -TERM $$; exit 0"));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  REQUIRE(child);
  auto exit = child->wait(5s);
  REQUIRE(exit);
  CHECK(exit->signalled);
  CHECK(exit->code == SIGTERM);
}

TEST_CASE("a dropped child does not live on") {
  pid_t pid = 0;
  {
    auto child = Child::spawn(shell("exec sleep 60"));
    REQUIRE(child);
    pid = child->pid();
  }
  CHECK(kill(pid, 0) == -1);
}
