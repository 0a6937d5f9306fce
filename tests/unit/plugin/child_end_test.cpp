// What the child does when its agent ends, dies or speaks nonsense, seen from its bare sockets.
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fstream>

#include "host_harness.hpp"
#include "plugin/child_link.hpp"
#include "rh/abi.h"
#include "support/slowness.hpp"
#include "unit/store/temp_folder.hpp"

using namespace harness;

namespace {

// A child whose halt hangs, with its output on.
struct Stuck {
  Bench bench{"bad_halt"};
  std::optional<ChildLink> link;

  explicit Stuck(std::int64_t permit_ns = 60'000'000'000);
  ~Stuck() { bench.outputs->hold = 0; }
  void mustEndSoon() {
    const auto before = nowNs();
    CHECK(link->child.wait(3s));
    CHECK(nowNs() - before < 400'000'000LL * robohub::test::kSlowness);
  }
};

// A child with its device open and its output on.
struct Lit {
  Bench bench{"good"};
  std::optional<ChildLink> link;

  Lit() {
    auto started = ChildLink::start(bench.setup);
    REQUIRE(started);
    link = std::move(*started);
    REQUIRE(waitFor(link->commands.get(), Word::opened));
    send(link->commands.get(), {Word::permit, 3, nowNs() + 60'000'000'000, 0, {}}, true);
    send(link->commands.get(), {Word::handle, 1, 0, 3, {"on", R"({"on":true})"}}, true);
    REQUIRE(waitFor(link->commands.get(), Word::reply));
    REQUIRE(bench.outputs->energised == 1);
  }
  static std::optional<Packet> waitFor(int socket, Word word) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    Packet packet;
    while (std::chrono::steady_clock::now() < end) {
      pollfd readable{socket, POLLIN, 0};
      poll(&readable, 1, 100);
      switch (receive(socket, packet)) {
        case Received::packet:
          if (packet.word == word) return packet;
          break;
        case Received::nothing: break;
        case Received::end: return std::nullopt;
      }
    }
    return std::nullopt;
  }
};

Stuck::Stuck(std::int64_t permit_ns) {
  auto started = ChildLink::start(bench.setup);
  REQUIRE(started);
  link = std::move(*started);
  REQUIRE(Lit::waitFor(link->commands.get(), Word::opened));
  send(link->commands.get(), {Word::permit, 3, nowNs() + permit_ns, 0, {}}, true);
  send(link->commands.get(), {Word::handle, 1, 0, 3, {"on", "{}"}}, true);
  REQUIRE(Lit::waitFor(link->commands.get(), Word::reply));
  REQUIRE(bench.outputs->energised == 1);
  bench.outputs->hold = 1;
}

// While it lives, this process and what it starts may write cores of any size, into a folder that goes with it:
// whatever name the kernel gives them, they are nobody else's, and none is left.
struct CoresWelcome {
  robohub::test::TempFolder temp;
  rlimit before{};
  std::filesystem::path folder = std::filesystem::current_path();

  CoresWelcome() {
    REQUIRE(getrlimit(RLIMIT_CORE, &before) == 0);
    const rlimit unlimited{before.rlim_max, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_CORE, &unlimited) == 0);
    std::filesystem::current_path(temp.path());
  }
  ~CoresWelcome() {
    unsetenv("ROBOHUB_DRIVER_CORES");
    std::error_code ignored;
    std::filesystem::current_path(folder, ignored);
    setrlimit(RLIMIT_CORE, &before);
  }
};

}  // namespace

TEST_CASE("a child whose halt hangs ends all the same, and soon") {
  SECTION("when its agent is gone") {
    Stuck stuck;
    stuck.link->commands.reset();
    stuck.link->halts.reset();
    stuck.mustEndSoon();
  }
  SECTION("when its agent is gone while a halt hangs already") {
    Stuck stuck;
    send(stuck.link->halts.get(), {Word::halt, 7, 1, 0, {"test"}}, true);
    REQUIRE(stuck.bench.until([&] { return stuck.bench.outputs->waiting == 1; }));
    stuck.link->commands.reset();
    stuck.link->halts.reset();
    stuck.mustEndSoon();
  }
  SECTION("when it is told to end while a halt hangs already") {
    Stuck stuck;
    send(stuck.link->halts.get(), {Word::halt, 7, 1, 0, {"test"}}, true);
    REQUIRE(stuck.bench.until([&] { return stuck.bench.outputs->waiting == 1; }));
    stuck.link->child.signal(SIGTERM);
    stuck.mustEndSoon();
  }
  SECTION("when its permit ran out") {
    Stuck stuck(300'000'000);
    REQUIRE(stuck.bench.until([&] { return stuck.bench.outputs->waiting == 1; }));
    stuck.mustEndSoon();
  }
}

TEST_CASE("the end of the halt socket means halt, then exit") {
  Lit lit;
  const auto before = nowNs();
  lit.link->halts.reset();
  const auto exit = lit.link->child.wait(5s);
  REQUIRE(exit);
  CHECK(exit->code == 0);
  CHECK(lit.bench.outputs->energised == 0);
  CHECK(lit.bench.outputs->off_ns - before < 50'000'000);
}

TEST_CASE("the end of both sockets, as when the agent is killed, halts and ends the child") {
  Lit lit;
  lit.link->commands.reset();
  lit.link->halts.reset();
  lit.link->frames.reset();
  REQUIRE(lit.link->child.wait(5s));
  CHECK(lit.bench.outputs->energised == 0);
}

TEST_CASE("a permit and a command that wait in the socket of an agent that is gone do not count behind the last halt") {
  Stuck stuck;
  stuck.link->halts.reset();
  REQUIRE(stuck.bench.until([&] { return stuck.bench.outputs->waiting == 1; }));
  send(stuck.link->commands.get(), {Word::permit, 4, nowNs() + 60'000'000'000, 0, {}}, true);
  send(stuck.link->commands.get(), {Word::handle, 2, 0, 4, {"on", "{}"}}, true);
  // Refused while the halt still runs: one that waited for the end of it would be carried out behind it.
  const auto reply = Lit::waitFor(stuck.link->commands.get(), Word::reply);
  REQUIRE(reply);
  CHECK(reply->b == RH_CANCELLED);
  stuck.bench.outputs->hold = 0;
  REQUIRE(stuck.link->child.wait(5s));
  CHECK(stuck.bench.outputs->ons == 1);
}

TEST_CASE("a child that is told to end and not closed meanwhile ends by itself, safe") {
  Lit lit;
  lit.link->child.signal(SIGTERM);
  const auto exit = lit.link->child.wait(5s);
  REQUIRE(exit);
  CHECK(exit->code == 0);
  CHECK(lit.bench.outputs->energised == 0);
  CHECK(lit.bench.outputs->ons == 1);
}

TEST_CASE("SIGTERM makes the child halt before it ends") {
  Bench bench("good");
  bench.openAndWait();
  bench.permitFor(3, 10s);
  REQUIRE(bench.call("on", R"({"on":true})", 2s, 3).state == ReplyState::succeeded);
  const auto halts = bench.outputs->halts.load();
  kill(children().at(0), SIGTERM);
  REQUIRE(bench.until([&] { return !bench.seen.deaths.empty(); }));
  CHECK(bench.outputs->halts > halts);
}

TEST_CASE("a child that is told to end together with its agent halts at once, and is closed as it should be") {
  Bench bench("good");
  bench.openAndWait();
  bench.permitFor(3, 10s);
  REQUIRE(bench.call("on", R"({"on":true})", 2s, 3).state == ReplyState::succeeded);
  kill(children().at(0), SIGTERM);
  REQUIRE(bench.until([&] { return bench.outputs->energised == 0; }));
  // Nothing energises it any more, whatever its agent still says.
  bench.permitFor(3, 10s);
  CHECK(bench.call("on", R"({"on":true})", 2s, 3).state == ReplyState::cancelled);
  CHECK(bench.outputs->ons == 1);
  CHECK(bench.seen.deaths.empty());
  bench.host->close();
  CHECK(bench.outputs->quiesced == 1);
  CHECK(bench.outputs->opens == 1);
  CHECK(children().empty());
}

TEST_CASE("the end of the halt socket is heeded beside a command that hangs") {
  Bench bench("hanging");
  auto link = ChildLink::start(bench.setup);
  REQUIRE(link);
  REQUIRE(Lit::waitFor(link->commands.get(), Word::opened));
  bench.outputs->hold = 1;
  bench.outputs->put(true);  // as if a write had come through
  send(link->commands.get(), {Word::permit, 3, nowNs() + 60'000'000'000, 0, {}}, true);
  send(link->commands.get(), {Word::handle, 1, 0, 3, {"before", "{}"}}, true);
  REQUIRE(bench.until([&] { return bench.outputs->waiting == 1; }));
  link->halts.reset();
  REQUIRE(link->child.wait(5s));
  CHECK(bench.outputs->energised == 0);
}

TEST_CASE("a program that a driver starts does not hold the child's sockets open") {
  Lit lit;
  send(lit.link->commands.get(), {Word::handle, 2, 0, 3, {"leave_behind", R"({"program":true})"}}, true);
  const auto reply = Lit::waitFor(lit.link->commands.get(), Word::reply);
  REQUIRE(reply);
  REQUIRE(reply->text(0) == R"({"status":0})");
  kill(lit.link->child.pid(), SIGKILL);
  const auto before = nowNs();
  CHECK_FALSE(Lit::waitFor(lit.link->commands.get(), Word::close));  // the end of the socket
  CHECK(nowNs() - before < 2'000'000'000);
}

TEST_CASE("a child's end is seen although a copy of it holds its sockets open") {
  Bench bench("good");
  bench.openAndWait();
  const auto pids = children();
  REQUIRE(pids.size() == 1);
  REQUIRE(bench.call("leave_behind", R"({"program":false})").text == R"({"status":0})");
  kill(pids[0], SIGKILL);
  CHECK(bench.until([&] { return bench.seen.opened == 2; }, 2s));
  CHECK(bench.seen.deaths == std::vector<std::string>{"it was killed by signal 9 (Killed)"});
}

TEST_CASE("a child that crashes leaves no core file: while one is written its outputs stay on") {
  const CoresWelcome welcome;
  const auto crash = [] {
    Lit lit;
    kill(lit.link->child.pid(), SIGSEGV);
    siginfo_t end{};
    REQUIRE(waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(lit.link->child.pidfd()), &end,
                   WEXITED | WNOWAIT) == 0);
    CHECK(end.si_status == SIGSEGV);
    return end.si_code;
  };
  CHECK(crash() == CLD_KILLED);
  // Whoever writes a driver may ask for them; sanitizers would write terabytes, and refuse by themselves.
  const bool to_a_file = std::ifstream("/proc/sys/kernel/core_pattern").get() == 'c';
  if (to_a_file && welcome.before.rlim_max == RLIM_INFINITY && robohub::test::kSlowness == 1) {
    setenv("ROBOHUB_DRIVER_CORES", "1", 1);
    CHECK(crash() == CLD_DUMPED);
    CHECK_FALSE(std::filesystem::is_empty(welcome.temp.path()));
  } else {
    WARN("left out: no driver can leave a core file here");
  }
}

TEST_CASE("close halts, closes the device and ends the child") {
  Lit lit;
  send(lit.link->commands.get(), {Word::close, 0, 0, 0, {}}, true);
  const auto exit = lit.link->child.wait(5s);
  REQUIRE(exit);
  CHECK(exit->code == 0);
  CHECK(lit.bench.outputs->energised == 0);
}

TEST_CASE("what is no packet ends the child, safe") {
  Lit lit;
  REQUIRE(::send(lit.link->commands.get(), "rubbish", 7, MSG_NOSIGNAL) == 7);
  REQUIRE(lit.link->child.wait(5s));
  CHECK(lit.bench.outputs->energised == 0);
}

TEST_CASE("a permit that was given before a halt does nothing behind it, whichever socket is faster") {
  Lit lit;
  send(lit.link->halts.get(), {Word::halt, 7, 1, 0, {"test"}}, true);
  const auto halted = Lit::waitFor(lit.link->halts.get(), Word::halted);
  REQUIRE(halted);
  CHECK(halted->a == 7);
  CHECK(halted->b == 1);
  CHECK(lit.bench.outputs->energised == 0);
  // Sent when no halt had been: late.
  send(lit.link->commands.get(), {Word::permit, 3, nowNs() + 60'000'000'000, 0, {}}, true);
  send(lit.link->commands.get(), {Word::handle, 2, 0, 3, {"on", R"({"on":true})"}, 1}, true);
  auto reply = Lit::waitFor(lit.link->commands.get(), Word::reply);
  REQUIRE(reply);
  CHECK(reply->b == RH_NOT_PERMITTED);
  CHECK(lit.bench.outputs->energised == 0);
  // Sent after it.
  send(lit.link->commands.get(), {Word::permit, 3, nowNs() + 60'000'000'000, 1, {}}, true);
  send(lit.link->commands.get(), {Word::handle, 3, 0, 3, {"on", R"({"on":true})"}, 1}, true);
  reply = Lit::waitFor(lit.link->commands.get(), Word::reply);
  REQUIRE(reply);
  CHECK(reply->b == RH_OK);
}

TEST_CASE("a command that was sent before a halt is not begun behind it, whichever socket is faster") {
  Lit lit;
  send(lit.link->halts.get(), {Word::halt, 7, 1, 0, {"test"}}, true);
  REQUIRE(Lit::waitFor(lit.link->halts.get(), Word::halted));
  send(lit.link->commands.get(), {Word::permit, 4, nowNs() + 60'000'000'000, 1, {}}, true);
  for (Epoch epoch : {Epoch{3}, Epoch{4}, Epoch{0}}) {
    send(lit.link->commands.get(), {Word::handle, 2, 0, epoch, {"on", R"({"on":true})"}, 0}, true);
    const auto reply = Lit::waitFor(lit.link->commands.get(), Word::reply);
    REQUIRE(reply);
    CHECK(reply->b == RH_CANCELLED);
    CHECK(lit.bench.outputs->energised == 0);
  }
}

TEST_CASE("an agent of another build is told so") {
  Bench bench("good");
  auto commands = process::socketPair(process::SocketKind::packets, 65536);
  auto halts = process::socketPair(process::SocketKind::packets, 65536);
  auto frames = process::socketPair(process::SocketKind::bytes, 65536);
  REQUIRE((commands && halts && frames));
  process::Spawn spawn{
      bench.setup.host_program, {}, {}, {commands->theirs.get(), halts->theirs.get(), frames->theirs.get()}};
  auto child = process::Child::spawn(spawn);
  REQUIRE(child);
  send(commands->ours.get(), {Word::open, kPacketVersion + 1, 0, 0, {"", "", "", "{}", ""}}, true);
  const auto failed = Lit::waitFor(commands->ours.get(), Word::open_failed);
  REQUIRE(failed);
  CHECK(static_cast<ErrorCode>(failed->a) == ErrorCode::unsupported);
}

TEST_CASE("children are opened and closed many times, and none is left") {
  for (int i = 0; i < 40; ++i) {
    Bench bench("good");
    bench.openAndWait();
    bench.host->close();
  }
  CHECK(children().empty());
}
