#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "host_harness.hpp"
#include "process/child.hpp"

using namespace harness;

TEST_CASE("a driver in a child answers, publishes, keeps state and gives pictures") {
  Bench bench("good");
  bench.openAndWait();
  CHECK(bench.until([&] { return !bench.seen.published.empty(); }));
  CHECK(bench.seen.published[0].channel == "output");
  CHECK(bench.seen.published[0].json == R"({"n":1,"on":false})");

  auto reply = bench.call("add", R"({"a":2,"b":40})");
  CHECK(reply.state == ReplyState::succeeded);
  CHECK(reply.text == R"({"sum":42})");
  CHECK(bench.call("add", R"({"a":2,"b":40,"note":"hi"})").text == R"({"note":"hi","sum":42})");

  reply = bench.call("refuse", R"({"why":"Calibrate first."})");
  CHECK(reply.state == ReplyState::failed);
  CHECK(reply.code == ErrorCode::conflict);
  CHECK(reply.text == "Calibrate first.");
  CHECK(bench.call("explode").code == ErrorCode::internal);

  CHECK(bench.call("later", R"({"ms":5})").text == R"({"waited_ms":5})");
  const auto slow = bench.ask("later", R"({"ms":10000})", 20s);
  bench.host->cancel(slow);
  CHECK(bench.until([&] {
    bench.host->cancel(slow);
    return bench.seen.replyTo(slow).has_value();
  }));
  CHECK(bench.seen.replyTo(slow)->state == ReplyState::cancelled);
  reply = bench.call("forget");
  CHECK(reply.state == ReplyState::failed);
  CHECK(reply.text == "The driver gave no answer.");

  CHECK(bench.call("load").text == R"({"text":""})");
  CHECK(bench.call("save", R"({"text":"kept"})").state == ReplyState::succeeded);
  CHECK(bench.call("load").text == R"({"text":"kept"})");

  bench.host->watch("main", true);
  CHECK(bench.until([&] { return bench.seen.logged("watch main on"); }));
  CHECK(bench.call("picture", R"({"bytes":3000000})").state == ReplyState::succeeded);
  CHECK(bench.until([&] { return !bench.seen.frames.empty(); }));
  CHECK(bench.seen.frames[0].stream == "main");
  CHECK(*bench.seen.frames[0].jpeg == std::string(3000000, 'j'));

  CHECK(bench.call("hum", R"({"chunks":10})").state == ReplyState::succeeded);
  CHECK(bench.until([&] { return bench.seen.frames.size() == 11; }));
  for (std::size_t i = 1; i < bench.seen.frames.size(); ++i) {
    CHECK(bench.seen.frames[i].stream == "sound");
    CHECK(*bench.seen.frames[i].jpeg == std::string(1280, static_cast<char>('a' + i - 1)));
  }
  bench.host->close();
  CHECK(children().empty());
}

TEST_CASE("malformed parameters are refused by the driver's own skin") {
  Bench bench("good");
  bench.openAndWait();
  for (const char* params : {"", "{", "[]", "null", R"({"a":1})", R"({"a":1,"b":2,"c":3})", R"({"a":1001,"b":0})",
                             R"({"a":"1","b":0})", R"({"a":1.5,"b":0})", R"({"a":1,"a":2,"b":0})",
                             R"({"a":99999999999999999999,"b":0})", R"({"a":1,"b":0,"note":"12345678901"})"}) {
    CAPTURE(params);
    const auto reply = bench.call("add", params);
    CHECK(reply.state == ReplyState::failed);
    CHECK(reply.code == ErrorCode::invalid_argument);
    CHECK_FALSE(reply.text.empty());
  }
  CHECK(bench.call("add", R"({"a":1000,"b":1000})").state == ReplyState::succeeded);
  CHECK(bench.call("add", R"({"a":-1000,"b":-1000})").state == ReplyState::succeeded);
  CHECK(bench.call("nonsense").code == ErrorCode::not_found);
}

TEST_CASE("outputs energise only under a permit, and a halt ends it until the next one") {
  Bench bench("good");
  bench.openAndWait();
  CHECK(bench.call("on", R"({"on":true})").code == ErrorCode::permission_denied);
  CHECK(bench.outputs->energised == 0);

  bench.permitFor(7, 10s);
  CHECK(bench.call("on", R"({"on":true})", 2s, 7).state == ReplyState::succeeded);
  CHECK(bench.outputs->energised == 1);
  CHECK(bench.until([&] { return bench.seen.logged("turn 7"); }));

  const auto halted = bench.haltAndWait();
  CHECK(halted.confirmed);
  CHECK(bench.outputs->energised == 0);
  CHECK(bench.until([&] { return bench.seen.logged("turn ended"); }));
  CHECK(bench.call("on", R"({"on":true})", 2s, 7).code == ErrorCode::permission_denied);
  CHECK(bench.outputs->energised == 0);

  bench.permitFor(7, 10s);
  CHECK(bench.call("on", R"({"on":true})", 2s, 7).state == ReplyState::succeeded);
  CHECK(bench.outputs->energised == 1);
  bench.host->permit(7, 0);
  CHECK(bench.call("on", R"({"on":true})", 2s, 7).code == ErrorCode::permission_denied);
}

TEST_CASE("the child switches off by its own clock while its agent is silent") {
  Bench bench("good");
  bench.openAndWait();
  const auto until_ns = nowNs() + 200'000'000;
  bench.host->permit(3, until_ns);
  REQUIRE(bench.call("on", R"({"on":true})", 2s, 3).state == ReplyState::succeeded);
  REQUIRE(bench.outputs->energised == 1);
  // No word from here on; the loop does not even run.
  const auto end = std::chrono::steady_clock::now() + 3s;
  while (bench.outputs->energised == 1 && std::chrono::steady_clock::now() < end) usleep(1000);
  CHECK(bench.outputs->energised == 0);
  CHECK(bench.outputs->off_ns >= until_ns);
  CHECK(bench.outputs->off_ns - until_ns < 100'000'000);
  CHECK(bench.until([&] { return bench.seen.haltOf(0).has_value(); }));
  CHECK(bench.seen.haltOf(0)->confirmed);
}

TEST_CASE("a renewed permit holds and a shortened one ends sooner") {
  Bench bench("good");
  bench.openAndWait();
  bench.permitFor(3, 150ms);
  REQUIRE(bench.call("on", R"({"on":true})", 2s, 3).state == ReplyState::succeeded);
  for (int i = 0; i < 10; ++i) {
    bench.until([] { return false; }, 30ms);
    bench.permitFor(3, 150ms);
    CHECK(bench.outputs->energised == 1);
  }
  bench.permitFor(3, 10ms);
  CHECK(bench.until([&] { return bench.outputs->energised == 0; }, 100ms));
}

TEST_CASE("a command that hangs before its write, is halted and then released, leaves the output off") {
  Bench bench("hanging");
  bench.setup.handle_grace = 10s;
  bench.openAndWait();
  bench.outputs->hold = 1;
  bench.permitFor(5, 10s);
  const auto id = bench.ask("before", "{}", 10s, 5);
  REQUIRE(bench.until([&] { return bench.outputs->waiting == 1; }));
  const auto halted = bench.haltAndWait();
  CHECK(halted.confirmed);
  SECTION("and nobody drives") {}
  SECTION("even when the next turn has begun meanwhile") {
    bench.permitFor(6, 10s);
  }
  bench.outputs->hold = 0;
  REQUIRE(bench.until([&] { return bench.seen.replyTo(id).has_value(); }));
  CHECK(bench.seen.replyTo(id)->code == ErrorCode::permission_denied);
  CHECK(bench.outputs->passed == 1);
  CHECK(bench.outputs->refused == 1);
  CHECK(bench.outputs->ons == 0);  // not even for a moment
  CHECK(bench.seen.deaths.empty());
}

TEST_CASE("a write that hangs in the hardware makes the halt not confirmed, and the child is killed and opened anew") {
  Bench bench("hanging");
  bench.openAndWait();
  bench.outputs->hold = 1;
  bench.permitFor(5, 10s);
  const auto id = bench.ask("inside", "{}", 10s, 5);
  REQUIRE(bench.until([&] { return bench.outputs->waiting == 1; }));
  const auto halted = bench.haltAndWait();
  CHECK_FALSE(halted.confirmed);
  REQUIRE(bench.until([&] { return bench.seen.opened == 2; }));
  CHECK(bench.seen.deaths.size() == 1);
  CHECK(bench.seen.replyTo(id)->state == ReplyState::failed);
  bench.outputs->hold = 0;
  CHECK(bench.outputs->energised == 0);
  CHECK(bench.haltAndWait().confirmed);
}

TEST_CASE("halts beside a hanging command are confirmed within a bound") {
  Bench bench("hanging");
  bench.setup.handle_grace = 60s;
  bench.openAndWait();
  bench.outputs->hold = 1;
  bench.permitFor(5, 60s);
  bench.ask("before", "{}", 60s, 5);
  REQUIRE(bench.until([&] { return bench.outputs->waiting == 1; }));
  std::vector<std::int64_t> took_us;
  for (int i = 0; i < 300; ++i) {
    const auto before = nowNs();
    REQUIRE(bench.haltAndWait().confirmed);
    took_us.push_back((nowNs() - before) / 1000);
  }
  std::sort(took_us.begin(), took_us.end());
  INFO("p50 " << took_us[150] << " us, p99 " << took_us[297] << " us, worst " << took_us.back() << " us");
  CHECK(took_us[297] < 20'000);
  bench.outputs->hold = 0;
}

TEST_CASE("a command that overruns its deadline is answered, halted, killed and the device opened anew") {
  Bench bench("hanging");
  bench.setup.handle_grace = 50ms;
  bench.openAndWait();
  bench.outputs->hold = 1;
  bench.permitFor(5, 10s);
  const auto id = bench.ask("before", "{}", 100ms, 5);
  const auto queued = bench.ask("before", "{}", 10s, 5);
  REQUIRE(bench.until([&] { return bench.seen.replyTo(id).has_value(); }));
  CHECK(bench.seen.replyTo(id)->state == ReplyState::expired);
  REQUIRE(bench.until([&] { return bench.seen.opened == 2; }));
  CHECK(bench.seen.haltOf(0)->confirmed);
  CHECK(bench.seen.deaths.size() == 1);
  CHECK(bench.seen.replyTo(queued)->state == ReplyState::failed);
  CHECK(bench.outputs->opens == 2);
  CHECK(bench.outputs->energised == 0);
  bench.outputs->hold = 0;
}

TEST_CASE("a command that is late but returns is answered as expired once and spared") {
  Bench bench("hanging");
  bench.setup.handle_grace = 20ms;
  bench.openAndWait();
  bench.outputs->hold = 1;
  bench.permitFor(5, 10s);
  const auto id = bench.ask("before", "{}", 100ms, 5);
  REQUIRE(bench.until([&] { return bench.seen.replyTo(id).has_value(); }));
  bench.outputs->hold = 0;
  CHECK(bench.until([&] { return bench.outputs->passed == 1; }));
  CHECK_FALSE(bench.until([&] { return !bench.seen.deaths.empty(); }, 250ms));
  CHECK(std::count_if(bench.seen.replies.begin(), bench.seen.replies.end(),
                      [&](const Reply& r) { return r.request == id; }) == 1);
  CHECK(bench.outputs->energised == 0);
}

TEST_CASE("a killed child is reported and its device opened anew, safe") {
  Bench bench("good");
  bench.openAndWait();
  bench.permitFor(3, 10s);
  REQUIRE(bench.call("on", R"({"on":true})", 2s, 3).state == ReplyState::succeeded);
  REQUIRE(bench.outputs->energised == 1);
  const auto pids = children();
  REQUIRE(pids.size() == 1);
  const auto waiting = bench.ask("later", R"({"ms":5000})", 10s);
  kill(pids[0], SIGKILL);
  REQUIRE(bench.until([&] { return bench.seen.opened == 2; }));
  CHECK(bench.seen.deaths == std::vector<std::string>{"it was killed by signal 9 (Killed)"});
  CHECK(bench.outputs->energised == 0);
  CHECK(bench.seen.replyTo(waiting)->code == ErrorCode::unavailable);
  // The permit of before is void.
  CHECK(bench.call("on", R"({"on":true})", 2s, 3).code == ErrorCode::permission_denied);
  CHECK(bench.outputs->energised == 0);
}

TEST_CASE("a frozen child does not confirm a halt, and is replaced") {
  Bench bench("good");
  bench.openAndWait();
  bench.permitFor(3, 10s);
  REQUIRE(bench.call("on", R"({"on":true})", 2s, 3).state == ReplyState::succeeded);
  const pid_t pid = children().at(0);
  kill(pid, SIGSTOP);
  siginfo_t stopped{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(pid), &stopped, WSTOPPED | WNOWAIT) == 0);  // all its threads stand
  const auto before = nowNs();
  const auto halted = bench.haltAndWait();
  CHECK_FALSE(halted.confirmed);
  CHECK(nowNs() - before >= 50'000'000);
  REQUIRE(bench.until([&] { return bench.seen.opened == 2; }));
  CHECK(bench.outputs->energised == 0);
}

TEST_CASE("a driver that says its halt failed is not confirmed, killed and opened anew") {
  Bench bench("bad_halt", "\"fails\":true");
  bench.openAndWait();
  bench.permitFor(3, 10s);
  REQUIRE(bench.call("on", "{}", 2s, 3).state == ReplyState::succeeded);
  const auto halted = bench.haltAndWait();
  CHECK_FALSE(halted.confirmed);
  CHECK(halted.message == "The bus does not answer.");
  REQUIRE(bench.until([&] { return bench.seen.opened == 2; }));
  CHECK(bench.outputs->energised == 0);
}

TEST_CASE("a driver whose halt hangs is not confirmed after 50 ms, killed and opened anew") {
  Bench bench("bad_halt");
  bench.openAndWait();
  bench.permitFor(3, 10s);
  REQUIRE(bench.call("on", "{}", 2s, 3).state == ReplyState::succeeded);
  bench.outputs->hold = 1;
  const auto halted = bench.haltAndWait();
  CHECK_FALSE(halted.confirmed);
  REQUIRE(bench.until([&] { return bench.seen.opened == 2; }));
  CHECK(bench.outputs->energised == 0);
  bench.outputs->hold = 0;
}

TEST_CASE("a halt while the driver opens is confirmed by the opening") {
  Bench bench("slow_open");
  bench.outputs->hold = 1;
  bench.open();
  REQUIRE(bench.until([&] { return bench.outputs->waiting == 1; }));
  bench.host->halt(9, "test");
  CHECK_FALSE(bench.until([&] { return bench.seen.haltOf(9).has_value(); }, 100ms));
  bench.outputs->hold = 0;
  REQUIRE(bench.until([&] { return bench.seen.haltOf(9).has_value(); }));
  CHECK(bench.seen.haltOf(9)->confirmed);
  CHECK(bench.seen.opened == 1);
  CHECK(bench.seen.deaths.empty());
}

TEST_CASE("a driver that cannot open says why and is tried again") {
  Bench bench("good", "\"fail_open\":true");
  bench.open();
  REQUIRE(bench.until([&] { return bench.seen.open_failures.size() == 2; }));
  CHECK(bench.seen.open_failures[0].message == "The hardware does not answer.");
  CHECK(bench.seen.open_failures[0].code == ErrorCode::unavailable);
  bench.host->handle({1, "add", "{}", 0, 0});
  CHECK(bench.until([&] { return bench.seen.replyTo(1).has_value(); }));
  CHECK(bench.seen.replyTo(1)->code == ErrorCode::unavailable);
}

TEST_CASE("crashes in commands and in open are survived") {
  Bench bench("crashing", "\"crash_opens\":2");
  bench.open();
  REQUIRE(bench.until([&] { return bench.seen.opened == 1; }));
  CHECK(bench.seen.deaths.size() == 2);
  const auto reply = bench.call("crash");
  CHECK(reply.state == ReplyState::failed);
  CHECK(reply.code == ErrorCode::unavailable);
  CHECK(bench.until([&] { return bench.seen.opened == 2; }));
}

TEST_CASE("a new configuration is taken live, or by opening anew") {
  Bench bench("good");
  bench.openAndWait();
  bench.host->configure(R"({"live":true})");
  CHECK_FALSE(bench.until([&] { return bench.seen.opened == 2; }, 100ms));
  bench.host->configure(bench.setup.config);
  CHECK(bench.until([&] { return bench.seen.opened == 2; }));
  CHECK(bench.outputs->opens == 2);
  CHECK(bench.seen.deaths.empty());
  CHECK(bench.call("add", R"({"a":1,"b":1})").state == ReplyState::succeeded);
}

TEST_CASE("a flood of telemetry and pictures delays neither answers nor halts, and the newest arrives") {
  Bench bench("noisy");
  bench.openAndWait();
  const auto flood = bench.ask("flood", R"({"count":20000,"picture_bytes":20000})", 20s);
  REQUIRE(bench.until([&] { return !bench.seen.published.empty(); }));  // it has begun
  const auto halted = bench.haltAndWait();
  CHECK(halted.confirmed);
  REQUIRE(bench.until([&] { return bench.seen.replyTo(flood).has_value(); }, 20s));
  CHECK(bench.seen.replyTo(flood)->state == ReplyState::succeeded);
  REQUIRE(bench.until(
      [&] { return !bench.seen.published.empty() && bench.seen.published.back().json == R"({"n":19999})"; }));
  CHECK_FALSE(bench.seen.frames.empty());
}

TEST_CASE("a plugin that goes on publishing after close is not heard") {
  Bench bench("noisy");
  bench.openAndWait();
  REQUIRE(bench.call("haunt").state == ReplyState::succeeded);
  REQUIRE(bench.until([&] { return bench.seen.published.size() > 10; }));
  bench.host->close();
  const auto heard = bench.seen.published.size();
  bench.until([] { return false; }, 50ms);
  CHECK(bench.seen.published.size() == heard);
  CHECK(children().empty());
}

TEST_CASE("a missing host program is reported") {
  Bench bench("good");
  bench.setup.host_program = "/nonexistent/robohub-plugin-host";
  bench.open();
  REQUIRE(bench.until([&] { return !bench.seen.open_failures.empty(); }));
  CHECK(bench.seen.open_failures[0].code == ErrorCode::not_found);
}

TEST_CASE("robohub-plugin-host does not run by hand") {
  auto child = robohub::process::Child::spawn({std::filesystem::path(TEST_BIN) / "robohub-plugin-host", {}, {}, {}});
  REQUIRE(child);
  const auto exit = child->wait(5s);
  REQUIRE(exit);
  CHECK(exit->code == 2);
}
