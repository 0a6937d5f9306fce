// Segments from a driver to its host: in a process of its own and, where that may be, inside the agent.
#include <thread>

#include "unit/plugin/host_harness.hpp"

using namespace harness;

namespace {

std::string params(const std::string& key, const std::string& trigger, const std::string& number,
                   const std::string& file) {
  return "{\"key\":\"" + key + "\",\"trigger\":\"" + trigger + "\",\"number\":" + number + ",\"file\":\"" + file +
         "\"}";
}

struct Recording : Bench {
  explicit Recording(bool keeps = true, const std::string& plugin = "good", bool in_child = true)
      : Bench(plugin, "", in_child) {
    if (keeps) {
      setup.capture_folder = outputs_path.string() + ".captures";
      std::filesystem::create_directory(setup.capture_folder);
    }
  }
  ~Recording() {
    host.reset();
    std::error_code ignored;
    if (!setup.capture_folder.empty()) std::filesystem::remove_all(setup.capture_folder, ignored);
  }
};

}  // namespace

TEST_CASE("a segment and the end of its capture come in order, with what the driver said of them") {
  Recording bench;
  bench.openAndWait();
  CHECK(bench.call("segment", params("pir.1", "pir", "0", "a.mp4")).text == "{\"taken\":true}");
  CHECK(bench.call("segment", params("pir.1", "pir", "1", "b.ts")).text == "{\"taken\":true}");
  CHECK(bench.call("end_capture", R"({"key":"pir.1","segments":2})").text == "{\"taken\":true}");
  REQUIRE(bench.until([&] { return bench.seen.capture_ends.size() == 1; }));
  REQUIRE(bench.seen.segments.size() == 2);
  CHECK(bench.seen.segments[1].key == "pir.1");
  CHECK(bench.seen.segments[1].trigger == "pir");
  CHECK(bench.seen.segments[1].number == 1);
  CHECK(bench.seen.segments[1].started_ms == 1000);
  CHECK(bench.seen.segments[1].file == "b.ts");
  CHECK(bench.seen.capture_ends[0] == std::pair<std::string, std::uint32_t>("pir.1", 2));
  CHECK(std::filesystem::exists(bench.setup.capture_folder / "a.mp4"));

  bench.host->capturesWaiting(2, 5'000'000'000);
  CHECK(bench.until([&] { return bench.seen.logged("waiting 2 5000000000"); }));
}

TEST_CASE("names that lead out of the folder are refused before anybody looks") {
  Recording bench;
  bench.openAndWait();
  for (const auto& bad :
       {params("pir.1", "pir", "0", "../a.mp4"), params("pir.1", "pir", "0", "/etc/a.mp4"),
        params("pir.1", "pir", "0", ".a.mp4"), params("pir.1", "pir", "0", "a.exe"), params("", "pir", "0", "a.mp4"),
        params("../k", "pir", "0", "a.mp4"), params(std::string(65, 'k'), "pir", "0", "a.mp4"),
        params("k", "tea", "0", "a.mp4"), params("k", "pir", "4096", "a.mp4")}) {
    INFO(bad);
    CHECK(bench.call("segment", bad).text == "{\"taken\":false}");
  }
  CHECK(bench.call("end_capture", R"({"key":"a/b","segments":1})").text == "{\"taken\":false}");
  CHECK(bench.call("end_capture", R"({"key":"k","segments":5000})").text == "{\"taken\":false}");
  CHECK(bench.seen.segments.empty());
  CHECK(bench.seen.capture_ends.empty());
}

TEST_CASE("where no captures are kept a driver is told so and works on") {
  Recording bench(false);
  bench.openAndWait();
  const Reply reply = bench.call("segment", params("pir.1", "pir", "0", "a.mp4"));
  CHECK(reply.code == ErrorCode::conflict);
  CHECK(bench.call("add", R"({"a":1,"b":2})").text == "{\"sum\":3}");
}

TEST_CASE("a driver that floods captures while its agent takes nothing in is ended, and opened anew") {
  Recording bench(true, "noisy");
  bench.openAndWait();
  const auto before = children();
  bench.ask("record", R"({"count":10000})", 10s);
  // Nothing that is posted runs meanwhile.
  const auto limit = std::chrono::steady_clock::now() + 30s;
  while (children() == before && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(1ms);
  REQUIRE(bench.until([&] { return bench.seen.opened == 2; }, 20s));
  REQUIRE(bench.seen.deaths.size() == 1);
  CHECK_THAT(bench.seen.deaths[0], Catch::Contains("more than can be taken in"));
  CHECK(bench.seen.segments.size() + bench.seen.capture_ends.size() == 8192);
  CHECK(bench.haltAndWait().confirmed);
}

TEST_CASE("many segments come all and in order, wherever the driver runs") {
  for (const bool in_child : {true, false}) {
    INFO((in_child ? "child" : "inline"));
    Recording bench(true, "noisy", in_child);
    bench.openAndWait();
    CHECK(bench.call("record", R"({"count":3000})", 10s).text == "{\"taken\":3000}");
    REQUIRE(bench.until([&] { return bench.seen.capture_ends.size() == 3000; }));
    REQUIRE(bench.seen.segments.size() == 3000);
    for (std::size_t i = 0; i < 3000; ++i) {
      if (bench.seen.segments[i].key != "k" + std::to_string(i) ||
          bench.seen.capture_ends[i].first != bench.seen.segments[i].key)
        FAIL("out of order at " << i);
    }
    bench.host->capturesWaiting(7, 1);
    CHECK(bench.until([&] { return bench.seen.logged("waiting 7"); }));
  }
}
