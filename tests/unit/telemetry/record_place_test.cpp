#include "telemetry/record_place.hpp"

#include <map>

#include "base/footprint.hpp"
#include "telemetry/channel_shape.hpp"
#include "telemetry_rig.hpp"

using namespace robohub;
using namespace robohub::telemetry;
using namespace robohub::telemetry::test;

TEST_CASE("a place that is kept follows its channel when the device is described anew or forgotten") {
  Rig rig;
  const auto describe = [&](const char* unit) {
    const auto as = manifest(10, unit);
    rig.history->describe(rig.device, &as->types[0]);
    return ChannelShape::of(*as->types[0].json->getArray("channels")->getObject(0)->getObject("schema"));
  };
  rig.open();
  const double values[] = {101325, 21.5};
  RecordPlace place;
  const auto stranger = *DeviceId::parse("stranger");
  RecordPlace nowhere;
  const auto celsius = describe("Cel");
  rig.history->record(stranger, "climate", kStart, Numbers{celsius, values}, nowhere);
  CHECK_FALSE(nowhere.device);  // it may be described later
  rig.history->record(rig.device, "climate", kStart + 100, Numbers{celsius, values}, place);
  Footprint touched;
  rig.history->footprint(nowhere, touched);
  CHECK(touched.size() == 0);
  rig.history->footprint(place, touched);
  CHECK(touched.size() > 1);

  const auto kelvin = describe("K");
  rig.history->record(rig.device, "climate", kStart + 200, Numbers{kelvin, values}, place);
  rig.history->record(rig.device, "climate", kStart + 300, Numbers{celsius, values}, place);  // of before
  rig.history->describe(rig.device, nullptr);
  rig.history->record(rig.device, "climate", kStart + 400, Numbers{kelvin, values}, place);  // there is none
  rig.history->flush();
  const auto all = rig.ask(kStart, kStart + 1000, 500);
  REQUIRE(all);
  std::map<std::string, std::size_t> points;
  for (const auto& one : all->series) points[one.field + " " + one.unit] += one.points.size();
  CHECK(points["/temperature_cel Cel"] == 1);
  CHECK(points["/temperature_cel K"] == 1);

  describe("Cel");
  bool erased = false;
  rig.history->erase(rig.device, [&](const Status&) { erased = true; });
  rig.history->flush();
  rig.history->record(rig.device, "climate", kStart + 500, Numbers{celsius, values}, place);
  rig.history->flush();
  CHECK(erased);
  const auto after = rig.ask(kStart, kStart + 1000, 500);
  REQUIRE(after);
  REQUIRE(after->series.size() == 2);
  CHECK(after->series[0].points.size() == 1);
  CHECK(after->series[0].points[0].t_ms == kStart + 500);
}
