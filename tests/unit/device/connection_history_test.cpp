#include "device/connection_history.hpp"

#include <catch2/catch.hpp>

#include "store/wait_for.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::device;
using namespace std::chrono_literals;

namespace {

struct Bench {
  std::vector<ConnectionRow> rows(const DeviceId& device) {
    // Behind what was noted: reads see what is committed, and this write is committed after it.
    REQUIRE(database->writeNow([](store::Session&) -> Status { return {}; }));
    return store::waitFor<std::vector<ConnectionRow>>([&](auto done) { history->read(device, done); }).value();
  }
  test::TempFolder temp;
  ManualClock clock;
  std::unique_ptr<store::DataFolder> folder = store::DataFolder::open(temp.path(), "test").value();
  std::unique_ptr<store::Database> database = store::Database::open(*folder).value();
  std::unique_ptr<ConnectionHistory> history = std::make_unique<ConnectionHistory>(*database, clock);
  DeviceId one = *DeviceId::parse("one"), two = *DeviceId::parse("two");
};

ConnectionRow row(ConnectionRow::Kind kind, const std::string& reason = "") {
  return {.kind = kind, .address = "192.0.2.7", .reason = reason};
}

}  // namespace

TEST_CASE("the newest 200 comings and goings of a device are kept, newest first") {
  Bench bench;
  for (int i = 0; i < 230; ++i) {
    bench.clock.advance(4s);
    bench.history->note(bench.one, row(ConnectionRow::Kind::lost, std::to_string(i)));
  }
  bench.history->note(bench.two, row(ConnectionRow::Kind::connected));
  const auto rows = bench.rows(bench.one);
  REQUIRE(rows.size() == 200);
  CHECK(rows.front().reason == "229");
  CHECK(rows.back().reason == "30");
  CHECK(rows.front().kind == ConnectionRow::Kind::lost);
  CHECK(rows.front().at_ms == toMs(bench.clock.wall()));
  CHECK(bench.rows(bench.two).size() == 1);
}

TEST_CASE("an agent that dials in a circle writes few rows, and a refusal at most one a minute") {
  Bench bench;
  for (int i = 0; i < 1000; ++i) bench.history->note(bench.one, row(ConnectionRow::Kind::connected));
  for (int i = 0; i < 1000; ++i) bench.history->note(bench.one, row(ConnectionRow::Kind::refused));
  CHECK(bench.rows(bench.one).size() == 21);
  bench.clock.advance(61s);
  for (int i = 0; i < 10; ++i) bench.history->note(bench.one, row(ConnectionRow::Kind::refused));
  CHECK(bench.rows(bench.one).size() == 22);
}

TEST_CASE("whatever an agent says of itself comes back as text") {
  Bench bench;
  ConnectionRow odd = row(ConnectionRow::Kind::refused, "a \"quote\" and \n" + std::string(500, 'x'));
  odd.agent = "1.0";
  odd.for_ms = 7;
  bench.history->note(bench.one, odd);
  const auto rows = bench.rows(bench.one);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].reason.size() <= 200);
  CHECK(rows[0].reason.find("a \"quote\" and \n") == 0);
  CHECK(rows[0].agent == "1.0");
  CHECK(rows[0].for_ms == 7);
  CHECK(rows[0].address == "192.0.2.7");
}
