// What one expression declares, as a host reads it.
#include <catch2/catch.hpp>

#include "unit/sdk/lamp.hpp"

using namespace lamp;

namespace {

class Radio final : public rh::Device {
 public:
  explicit Radio(rh::Context) {}
  void tune(double) {}
  void name(std::string) {}
  void retune(std::optional<double>) {}
  void raw(Json) {}
  void later(rh::Completion, int) {}
  void halt() noexcept override {}
  static rh::Type<Radio> type() { return rh::Type<Radio>("radio", "1.0.0").permission("gpio").permission("network"); }
};

}  // namespace

TEST_CASE("one expression gives the whole description") {
  const Json all = description();
  CHECK(all.get<std::string>("id") == "lamp");
  CHECK(all.get<int>("abi") == 1);
  CHECK(all.find("permissions")->dump() == R"(["gpio"])");
  const Json& type = all.find("device_types")->items()[0];
  CHECK(type.find("safety")->dump() == R"({"deadman_ms":250,"halt":"Off","hazards":["light"]})");
  CHECK(type.find("streams")->dump() == R"([{"height":240,"kind":"mjpeg","name":"main","width":320}])");
  CHECK(type.find("panels")->dump() == R"([{"element":"rh-lamp","module":"panel.js","slot":"side","title":"Lamp"}])");
  const auto& commands = type.find("commands")->items();
  CHECK(commands[0].dump() ==
        R"({"description":"On","hazardous":true,"name":"on","panel":true,"params":{"additionalProperties":false,)"
        R"("properties":{},"required":[],"type":"object","x-order":[]},"title":"On","ttl_ms":500,"turn":"required"})");
  CHECK(commands[1].get<std::string>("title") == "Late on");
  const Json& params = *commands[3].find("params");
  CHECK(commands[3].get<std::string>("title") == "Echo!");
  CHECK(commands[3].get<std::string>("turn") == "none");
  CHECK(params.find("required")->dump() == R"(["b","i","speed_mm_s","t","points"])");
  CHECK(params.find("x-order")->dump() == R"(["b","i","speed_mm_s","t","o","points"])");
  CHECK(params.find("properties")->find("speed_mm_s")->dump() ==
        R"({"description":"How fast.","maximum":10,"minimum":0,"title":"Speed","type":"number","x-unit":"mm/s"})");
  CHECK(params.find("properties")->find("o")->get<int>("default") == 4);
  const auto& channels = type.find("channels")->items();
  CHECK(channels[0].get<std::string>("kind") == "state");
  CHECK(channels[0].get<int>("max_rate_hz") == 20);
  CHECK(channels[1].get<std::string>("kind") == "value");
}

TEST_CASE("a plugin of several types needs what any of them needs") {
  std::string text;
  const rh_sink sink = rh::sinkTo(text);
  REQUIRE(rh::detail::Entry<Lamp, Radio>::describe(&sink) == RH_OK);
  const Json all = Json::parse(text);
  CHECK(all.find("device_types")->items().size() == 2);
  CHECK(all.find("permissions")->dump() == R"(["gpio","network"])");
}

TEST_CASE("what may be left out needs a method that takes nothing for it") {
  using T = rh::Type<Radio>;
  const rh::Params number{rh::number("x", 0, 1).optional()}, text{rh::text("x", 9).optional()},
      integer{rh::integer("x", 0, 9).optional()};
  CHECK_THROWS_AS((T("a", "1").command<&Radio::tune>("c", "", number)), std::logic_error);
  CHECK_THROWS_AS((T("a", "1").command<&Radio::name>("c", "", text)), std::logic_error);
  CHECK_THROWS_AS((T("a", "1").command<&Radio::later>("c", "", integer)), std::logic_error);
  CHECK_NOTHROW((T("a", "1").command<&Radio::retune>("c", "", number)));
  CHECK_NOTHROW((T("a", "1").command<&Radio::raw>("c", "", number)));
}

TEST_CASE("what is said behind a stream, panel or translator is not said of the plugin") {
  using T = rh::Type<Radio>;
  CHECK_THROWS_AS(T("a", "1").stream("s", 1, 1).title("Front"), std::logic_error);
  CHECK_THROWS_AS(T("a", "1").sound("s", 8000).description("Front"), std::logic_error);
  CHECK_THROWS_AS(T("a", "1").panel("a-b", "b.js", "side", "B").title("Front"), std::logic_error);
  CHECK_NOTHROW(T("a", "1").title("Radio").stream("s", 1, 1).vendor("Acme"));
}

TEST_CASE("describing is pure: twice the same, without a host") {
  CHECK(description() == description());
}

TEST_CASE("unknown ids give no table") {
  for (const char* id : {"", "rh.driver", "rh.driver/2", "rh.translator/1", "x"})
    CHECK(Plugin::interface(rh::toText(id)) == nullptr);
}

TEST_CASE("wrong declarations are refused when the plugin is described") {
  using T = rh::Type<Lamp>;
  CHECK_THROWS_AS(T("a", "1").hazardous(), std::logic_error);
  CHECK_THROWS_AS(T("a", "1").channel("c", {}).ttl(1ms), std::logic_error);
  CHECK_THROWS_AS((T("a", "1").command<&Lamp::on>("on", "", {rh::boolean("b")})), std::logic_error);
  CHECK_THROWS_AS((T("a", "1").command<&Lamp::echo>("e", "", {rh::boolean("b")})), std::logic_error);
  CHECK_THROWS_AS(rh::objectSchema({rh::boolean("b"), rh::boolean("b")}), std::logic_error);
}

TEST_CASE("units come from names") {
  auto unit = [](const char* name) { return rh::number(name, 0, 1).schema().get<std::string>("x-unit"); };
  CHECK(unit("yaw_deg") == "deg");
  CHECK(unit("speed_mm_s") == "mm/s");
  CHECK(unit("time_s") == "s");
  CHECK(unit("gain") == "1");
  CHECK(unit("threshold_low") == "1");
  CHECK(unit("rate_hz") == "Hz");
  CHECK(unit("cell_v") == "V");
  CHECK(rh::number("x", 0, 1).unit("furlong").schema().get<std::string>("x-unit") == "furlong");
}
