// A machine that falls asleep with a laser on, and wakes up.
#include "unit/agent/agent_rig.hpp"

using namespace robohub;
using namespace robohub::agent::test;
using agent::SuspendWatch;

TEST_CASE("sleep is what one clock has gone on more than the other, beyond what is tolerated") {
  SuspendWatch watch(10s);
  CHECK(watch.notice(10s) == Duration::zero());
  CHECK(watch.notice(10s + 500ms) == Duration::zero());
  CHECK(watch.notice(10s + 1000ms) == Duration::zero());  // each time anew, not in sum
  CHECK(watch.notice(10s + 1501ms) == 501ms);
  CHECK(watch.notice(10s + 1501ms) == Duration::zero());
  CHECK(watch.notice(10s) == Duration::zero());
  CHECK(watch.notice(30s) == 20s);
}

TEST_CASE("a machine that is awake has not slept") {
  SuspendWatch watch(agent::sleptSinceBoot());
  for (int i = 0; i < 1000; ++i) CHECK(watch.notice(agent::sleptSinceBoot()) == Duration::zero());
}

TEST_CASE("an agent whose machine was suspended switches off and begins its link anew") {
  Rig rig;
  rig.startOnline();
  rig.hub->grant(1);
  REQUIRE(rig.energised());
  rig.hub->command("c-1", "on", R"({"on":true})", 1);
  REQUIRE(rig.becomes(true));
  const auto before = rig.heard<link::Hello>();

  rig.slept += Duration(501ms).count();
  CHECK(rig.becomes(false));
  REQUIRE(rig.stage.until([&] { return rig.online == 2; }));
  const auto after = rig.heard<link::Hello>();
  REQUIRE(after.size() == before.size() + 1);
  CHECK(after.back().nonce != before.back().nonce);
  CHECK(rig.stage.until([&] {
    const auto events = rig.hub->all<link::AgentEvent>();
    return std::any_of(events.begin(), events.end(),
                       [](const auto& event) { return event.text.find("suspended") != std::string::npos; });
  }));
  CHECK_FALSE(rig.isOn());
  // A short nap is nobody's business.
  rig.slept += Duration(400ms).count();
  CHECK_FALSE(rig.stage.until([&] { return rig.online == 3; }, 400ms));
}
