// What a driver may do beside its agent, and what --check says of it.
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <future>

#include "process/call_filter.hpp"
#include "process/file_fence.hpp"
#include "support/slowness.hpp"
#include "unit/agent/agent_rig.hpp"

using namespace robohub;
using namespace robohub::agent::test;

TEST_CASE("an agent keeps its key from its driver") {
  if (robohub::test::kSlowness != 1) {
    WARN("left out: a sanitizer needs more than filter and fence allow");
    return;
  }
  if (!process::FileFence::make()) {
    WARN("left out: this kernel has no Landlock");
    return;
  }
  Rig rig("test_prying");
  rig.startOnline();
  const auto key = rig.temp.path() / "state/key";
  REQUIRE(std::filesystem::exists(key));
  std::optional<link::Outcome> outcome;
  for (int i = 0; !outcome || outcome->code == ErrorCode::unavailable; ++i) {  // until the driver is open
    const std::string id = "read-" + std::to_string(i);
    rig.hub->command(id, "read", "{\"path\":\"" + key.string() + "\"}", 0);
    outcome = rig.result(id);
    REQUIRE(outcome);
  }
  CHECK(outcome->state == link::FinalState::succeeded);
  CHECK(outcome->value_json == "{\"error\":" + std::to_string(EACCES) + "}");
}

TEST_CASE("the check of the settings says which driver may use the network") {
  const robohub::test::TempFolder temp;
  for (const std::string type : {"test_prying", "test_networked"}) {
    INFO(type);
    std::ofstream(temp.path() / "agent.yaml")
        << "hub: {url: \"http://127.0.0.1:1\"}\ndevice: d1\nplugin: {type: " << type << ", path: \"" << TEST_PLUGINS
        << "\"}\n";
    agent::Plan plan;
    const auto errors = agent::makePlan(temp.path() / "agent.yaml", TEST_BIN, &plan);
    INFO(config::format(errors));
    REQUIRE(errors.empty());
    CHECK((plan.describe().find("may use the network") != std::string::npos) == (type == "test_networked"));
  }
}

TEST_CASE("the check of the settings says where the kernel cannot keep the agent's key from its driver") {
  const robohub::test::TempFolder temp;
  std::ofstream(temp.path() / "agent.yaml")
      << "hub: {url: \"http://127.0.0.1:1\"}\ndevice: d1\nplugin: {type: test_prying, path: \"" << TEST_PLUGINS
      << "\"}\n";
  agent::Plan plan;
  const auto errors = agent::makePlan(temp.path() / "agent.yaml", TEST_BIN, &plan);
  INFO(config::format(errors));
  REQUIRE(errors.empty());
  const auto says = [&] { return plan.describe().find("no Landlock") != std::string::npos; };
  CHECK(says() == !process::FileFence::make());
  // A kernel without it, for one thread.
  auto without = std::async(std::launch::async, [&] {
    process::CallFilter filter(process::CallFilter::Rest::allowed);
    filter.refuse(SYS_landlock_create_ruleset, EOPNOTSUPP);
    REQUIRE(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    REQUIRE(filter.install().has_value());
    return says();
  });
  CHECK(without.get());
}
