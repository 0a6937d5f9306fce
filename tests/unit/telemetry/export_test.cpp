#include "telemetry/text.hpp"
#include "telemetry_rig.hpp"

using namespace robohub;
using namespace robohub::telemetry;
using namespace robohub::telemetry::test;

namespace {

std::vector<std::string> linesOf(const std::string& text, const std::string& end) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = text.find(end, at);
    REQUIRE(next != std::string::npos);
    lines.push_back(text.substr(at, next - at));
    at = next + end.size();
  }
  return lines;
}

}  // namespace

TEST_CASE("a large span goes out whole and in order, in pieces of bounded size, while values come in") {
  Rig rig;
  rig.open();
  constexpr int kCount = 60'000;
  for (int i = 0; i < kCount; ++i)
    rig.history->record(rig.device, "climate", kStart + i,
                        "{\"temperature_cel\":" + std::to_string(i % 500) + ",\"pressure_pa\":7}");
  rig.history->flush();
  std::atomic<bool> over{false};
  std::thread writing([&] {
    for (int i = 0; !over; ++i) {
      rig.history->record(rig.device, "state", kStart + i % 3000, R"({"on":true})");
      std::this_thread::yield();
    }
  });
  const std::string text = rig.exported({{rig.device, "climate", kStart, kStart + 10'000'000}, {}, Format::csv});
  over = true;
  writing.join();
  CHECK(rig.largest_piece < 384 * 1024);
  const auto lines = linesOf(text, "\r\n");
  REQUIRE(lines.size() == 2 * kCount + 1);
  CHECK(lines[0] == "device,channel,field,unit,time,t_ms,value");
  CHECK(lines[1] == "d1,climate,/pressure_pa,Pa,2025-11-21T08:00:00.000Z," + std::to_string(kStart) + ",7");
  CHECK(lines[kCount + 1] ==
        "d1,climate,/temperature_cel,Cel,2025-11-21T08:00:00.000Z," + std::to_string(kStart) + ",0");
  for (int i = 1; i < kCount; ++i)
    if (lines[static_cast<std::size_t>(kCount + 1 + i)].find("," + std::to_string(kStart + i) + ",") ==
        std::string::npos)
      FAIL("line " << i << " is out of order");
}

TEST_CASE("steps go out with their figures, by name or as the finest that covers the span") {
  Rig rig;
  rig.open();
  for (int i = 0; i < 7200; ++i) {
    if (i % 60 == 0) rig.clock.advance(std::chrono::milliseconds(kStart + i * 1000 - rig.clock.ms()));
    rig.temperature(i % 60, kStart + i * 1000);
  }
  rig.history->flush();
  const Query query{rig.device, "", kStart, kStart + 7'200'000};
  const auto minutes = linesOf(rig.exported({query, Level::minute, Format::ndjson}), "\n");
  REQUIRE(minutes.size() == 120);
  const auto first = json::parseObject(minutes[0]);
  REQUIRE(first);
  CHECK((*first)->getValue<int>("n") == 60);
  CHECK((*first)->getValue<double>("min") == 0);
  CHECK((*first)->getValue<double>("max") == 59);
  CHECK((*first)->getValue<double>("mean") == Approx(29.5));
  CHECK((*first)->getValue<std::string>("unit") == "Cel");
  CHECK(linesOf(rig.exported({query, Level::hour, Format::csv}), "\r\n").size() == 3);
  CHECK(linesOf(rig.exported({query, {}, Format::ndjson}), "\n").size() == 7200);
  CHECK(rig.exported({{rig.device, "nothing", kStart, kStart + 5}, {}, Format::ndjson}).empty());
  CHECK_FALSE(rig.history->beginExport({{rig.device, "", 5, 5}, {}, Format::csv}));
}

TEST_CASE("pieces are of bounded size however long the names are") {
  Rig rig;
  rig.open();
  const std::string name(64, 'x');
  std::string schema = R"({"type":"number","minimum":0,"maximum":10000,"x-unit":"1"})", head, tail;
  for (int i = 0; i < 5; ++i) {
    schema = R"({"type":"object","additionalProperties":false,"properties":{")" + name + "\":" + schema + "}}";
    head += "{\"" + name + "\":";
    tail += "}";
  }
  const auto type = plugin::Manifest::parse(
      R"({"abi":1,"id":"t","version":"1.0.0","title":"T","device_types":[{"type":"t","title":"T","commands":[],
      "streams":[],"channels":[{"name":"climate","kind":"value","max_rate_hz":1000,"schema":)" +
      schema + "}]}]}");
  REQUIRE(type);
  rig.history->describe(rig.device, &(*type)->types[0]);
  for (int i = 0; i < 5000; ++i)
    rig.history->record(rig.device, "climate", kStart + i, head + std::to_string(i) + tail);
  rig.history->flush();
  const Query query{rig.device, "climate", kStart, kStart + 10'000};
  CHECK(linesOf(rig.exported({query, {}, Format::ndjson}), "\n").size() == 5000);
  CHECK(rig.largest_piece < 384 * 1024);
}

TEST_CASE("what is written for a table is quoted, and no formula") {
  SeriesKey key{"d1", "c", {.pointer = "/a,\"b\"", .title = "", .unit = "=1+1"}};
  std::string text;
  appendRow(text, Format::csv, key, Level::raw, {kStart + 7, 1, 0.1, 0.1, 0.1});
  CHECK(text == "d1,c,\"/a,\"\"b\"\"\",\"'=1+1\",2025-11-21T08:00:00.007Z," + std::to_string(kStart + 7) + ",0.1\r\n");
  std::string number;
  appendNumber(number, 1e300);
  CHECK(std::stod(number) == 1e300);
}
