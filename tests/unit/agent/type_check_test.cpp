#include "agent/type_check.hpp"

#include "unit/agent/a_type.hpp"

using namespace robohub;
using agent::TypeCheck;

TEST_CASE("a command is checked against the schema of the plugin that is installed here") {
  const auto manifest = agent::test::aManifest();
  const TypeCheck check(*manifest->type("lamp"));

  CHECK(check.check("on", R"({"level":3})").value());
  CHECK_FALSE(check.check("read", "{}").value());

  const auto too_high = check.check("on", R"({"level":11})");
  REQUIRE_FALSE(too_high);
  CHECK(too_high.error().code == ErrorCode::invalid_argument);
  CHECK(too_high.error().where == "/params/level");

  CHECK(check.check("on", "{}").error().code == ErrorCode::invalid_argument);
  CHECK(check.check("on", R"({"level":1,"level":2})").error().code == ErrorCode::invalid_argument);
  CHECK(check.check("on", "[1]").error().code == ErrorCode::invalid_argument);
  CHECK(check.check("explode", "{}").error().code == ErrorCode::not_found);
}
