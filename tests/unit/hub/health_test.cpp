#include "hub/health.hpp"

#include <catch2/catch.hpp>

#include "hub/loop_watch.hpp"
#include "identity/certificates.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::hub;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kDayMs = 86'400'000;

Facts healthy() {
  Facts facts;
  facts.now_ms = 1000 * kDayMs;
  facts.started_ms = 999 * kDayMs;
  facts.disk.free_bytes = 100LL << 30;
  return facts;
}

// "id:level" of each finding.
std::vector<std::string> of(const std::function<void(Facts&)>& change) {
  Facts facts = healthy();
  change(facts);
  std::vector<std::string> ids;
  for (const Finding& finding : findingsOf(facts)) {
    ids.push_back(finding.id + ":" + toString(finding.level));
    CHECK_FALSE(finding.title.empty());
    CHECK(finding.detail.size() > 5);
    CHECK(finding.what_to_do.ends_with('.'));
  }
  return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("A hub with nothing amiss has no finding") {
  CHECK(findingsOf(healthy()).empty());
  CHECK(levelOf({}) == HealthLevel::ok);
}

TEST_CASE("Each trouble is found, at its level") {
  CHECK(of([](Facts& f) { f.disk.room = store::Room::low; }) == Ids{"disk:warning"});
  CHECK(of([](Facts& f) { f.disk.room = store::Room::critical; }) == Ids{"disk:critical"});
  CHECK(of([](Facts& f) { f.wal_bytes = 100LL << 20; }) == Ids{"database-log:warning"});
  CHECK(of([](Facts& f) { f.wal_bytes = 1LL << 30; }) == Ids{"database-log:critical"});
  CHECK(of([](Facts& f) { f.audit_lost = 1; }) == Ids{"audit-lost:critical"});
  CHECK(of([](Facts& f) { f.insecure = true; }) == Ids{"insecure:warning"});
  CHECK(of([](Facts& f) { f.setup_needed = true; }) == Ids{"setup:warning"});
  CHECK(of([](Facts& f) { f.guests_play = true; }).empty());
  CHECK(of([](Facts& f) { f.guests_play = true, f.loopback = false; }) == Ids{"guests-play:warning"});
  CHECK(of([](Facts& f) { f.needs_restart = {"server.web"}; }) == Ids{"restart:warning"});
  CHECK(of([](Facts& f) { f.reload_errors = {"x.yaml:1:2: no"}; }) == Ids{"reload:warning"});
  CHECK(of([](Facts& f) { f.plugins_left_out = {"p: broken"}; }) == Ids{"plugins:warning"});
  CHECK(of([](Facts& f) { f.unknown_versions = {"d1: t 2.0"}; }) == Ids{"device-versions:warning"});
  CHECK(of([](Facts& f) { f.stopped = {{"d1", 60'000}}; }).empty());
  CHECK(of([](Facts& f) { f.stopped = {{"d1", kDayMs}}; }) == Ids{"stopped:warning"});
  CHECK(of([](Facts& f) { f.clock_step = 59s; }).empty());
  CHECK(of([](Facts& f) { f.clock_step = -2h; }) == Ids{"clock:warning"});
  CHECK(of([](Facts& f) { f.loop_lags = {200ms, 300ms, 3s}; }) == Ids{"loop-2:critical", "loop-1:warning"});
}

TEST_CASE("A certificate is told before it expires, and when it has") {
  const auto with = [](std::int64_t left_ms) {
    return of([left_ms](Facts& f) { f.tls = true, f.certificate_expires_ms = f.now_ms + left_ms; });
  };
  CHECK(with(22 * kDayMs).empty());
  CHECK(with(20 * kDayMs) == Ids{"certificate:warning"});
  CHECK(with(2 * kDayMs) == Ids{"certificate:critical"});
  CHECK(with(-kDayMs) == Ids{"certificate:critical"});
  CHECK(of([](Facts& f) { f.certificate_expires_ms = 0; }).empty());
  CHECK(of([](Facts& f) { f.tls = f.own_certificate = true; }).empty());
  CHECK(of([](Facts& f) { f.tls = f.own_certificate = true, f.loopback = false; }) == Ids{"self-signed:warning"});
  CHECK(of([](Facts& f) { f.tls = f.insecure = true; }).empty());
}

TEST_CASE("The hub's own certificate is told of before it is made anew by itself") {
  const auto with = [](std::int64_t left_ms) {
    return of([left_ms](Facts& f) { f.tls = f.own_certificate = true, f.certificate_expires_ms = f.now_ms + left_ms; });
  };
  CHECK(with((identity::kRenewBeforeDays + 31) * kDayMs).empty());
  CHECK(with((identity::kRenewBeforeDays + 29) * kDayMs) == Ids{"certificate:warning"});
  CHECK(with(20 * kDayMs) == Ids{"certificate:warning"});
  CHECK(with(2 * kDayMs) == Ids{"certificate:critical"});
}

TEST_CASE("A certificate's names that nobody has listed are told with what to list") {
  const auto with = [](bool tls) {
    return of([tls](Facts& f) { f.tls = tls, f.unlisted_origins = Ids{"https://laser.example"}; });
  };
  CHECK(with(true) == Ids{"origins:warning"});
  CHECK(with(false).empty());
  Facts facts = healthy();
  facts.tls = true;
  facts.unlisted_origins = Ids{"https://laser.example:8443"};
  const auto findings = findingsOf(facts);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].detail.find("https://laser.example:8443") != std::string::npos);
  CHECK(findings[0].what_to_do.find("server.origins: [\"https://laser.example:8443\"]") != std::string::npos);
}

TEST_CASE("The certificate of the cameras' port is told as well, where it is another one") {
  const auto with = [](std::int64_t left_ms, bool tls, std::int64_t people_left_ms) {
    return of([=](Facts& f) {
      f.tls = tls;
      if (tls) f.certificate_expires_ms = f.now_ms + people_left_ms;
      f.cameras.certificate_expires_ms = f.now_ms + left_ms;
    });
  };
  CHECK(with(22 * kDayMs, false, 0).empty());
  CHECK(with(20 * kDayMs, false, 0) == Ids{"cloudtalker-certificate:warning"});
  CHECK(with(-kDayMs, true, 100 * kDayMs) == Ids{"cloudtalker-certificate:critical"});
  CHECK(with(20 * kDayMs, true, 20 * kDayMs) == Ids{"certificate:warning"});
}

TEST_CASE("Cameras whose device comes by another link are named") {
  CHECK(of([](Facts& f) { f.cameras.elsewhere = {"door"}; }) == Ids{"cloudtalker-devices:warning"});
}

TEST_CASE("Devices whose certificates end soon are named") {
  const auto with = [](std::int64_t left_ms) {
    return of([left_ms](Facts& f) { f.device_certificates = {{"d1", f.now_ms + left_ms}}; });
  };
  CHECK(with(22 * kDayMs).empty());
  CHECK(with(20 * kDayMs) == Ids{"device-certificates:warning"});
  CHECK(with(-kDayMs) == Ids{"device-certificates:warning"});
  Facts facts = healthy();
  facts.device_certificates = {{"d1", facts.now_ms + 5 * kDayMs}, {"d2", facts.now_ms + 300 * kDayMs}, {"d3", 1}};
  const auto findings = findingsOf(facts);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].detail == "d1 (5 days), d3 (over).");
}

TEST_CASE("History is told when it is not kept, damaged, losing or too much") {
  CHECK(of([](Facts& f) { f.history.state = telemetry::State::opening; }).empty());
  CHECK(of([](Facts& f) {
          f.history.state = telemetry::State::broken;
          f.history.trouble = "The folder cannot be made.";
        }) == Ids{"history:warning"});
  CHECK(of([](Facts& f) { f.history.set_aside = "/data/history.db.damaged-1"; }) == Ids{"history-damaged:warning"});
  CHECK(of([](Facts& f) { f.history.dropped = 5; }).empty());
  CHECK(of([](Facts& f) { f.history.dropped_lately = 5; }) == Ids{"history-lost:warning"});
  CHECK(of([](Facts& f) { f.history.over_limit = 1; }) == Ids{"history-series:warning"});
}

TEST_CASE("Captures are told when their quota is nearly used, when they are refused, and when the worker breaks") {
  const auto used = [](Facts& f, std::int64_t mib) {
    f.captures.quota_bytes = 1000 << 20, f.captures.bytes = mib << 20;
  };
  CHECK(of([&](Facts& f) { used(f, 850); }).empty());
  CHECK(of([&](Facts& f) { used(f, 950); }) == Ids{"captures-quota:warning"});
  CHECK(of([&](Facts& f) { used(f, 950), f.captures.refused_ms = f.now_ms - 60'000; }) ==
        Ids{"captures-refused:warning"});
  CHECK(of([&](Facts& f) { f.captures.refused_ms = f.now_ms - 3'600'000; }).empty());
  CHECK(of([&](Facts& f) {
          f.captures.worker_failed_ms = f.now_ms - 60'000;
          f.captures.worker_failure = "It cannot be started.";
        }) == Ids{"captures-worker:warning"});
  CHECK(of([&](Facts& f) { f.captures.worker_failed_ms = f.now_ms - 2 * 3'600'000; }).empty());
  CHECK(of([&](Facts& f) { f.captures.set_aside_folder = "/captures/before-20261121T152207Z"; }) ==
        Ids{"captures-set-aside:warning"});
}

TEST_CASE("Backups are told when they are older than twice their interval") {
  const auto with = [](std::int64_t age_ms) {
    return of([age_ms](Facts& f) {
      f.backups = true;
      f.backup_every_ms = kDayMs;
      f.newest_backup_ms = f.now_ms - age_ms;
    });
  };
  CHECK(with(kDayMs).empty());
  CHECK(with(3 * kDayMs) == Ids{"backup:warning"});
  CHECK(with(9 * kDayMs) == Ids{"backup:critical"});
  CHECK(of([](Facts& f) { f.backups = true, f.backup_every_ms = kDayMs; }).empty());
}

TEST_CASE("A backup that failed is told before the others are old") {
  const auto with = [](std::int64_t age_ms) {
    return of([age_ms](Facts& f) {
      f.backups = true;
      f.backup_every_ms = kDayMs;
      f.newest_backup_ms = f.now_ms - age_ms;
      f.backup_failure = "The folder cannot be written.";
    });
  };
  CHECK(with(kDayMs) == Ids{"backup-failed:warning"});
  CHECK(with(9 * kDayMs) == Ids{"backup:critical", "backup-failed:warning"});
}

TEST_CASE("The worst stands first and is the whole's level") {
  Facts facts = healthy();
  facts.setup_needed = true;
  facts.audit_lost = 3;
  facts.insecure = true;
  const auto findings = findingsOf(facts);
  REQUIRE(findings.size() == 3);
  CHECK(findings[0].id == "audit-lost");
  CHECK(levelOf(findings) == HealthLevel::critical);
}

TEST_CASE("A loop that hangs is seen while it hangs, and afterwards by its lag") {
  net::LoopPool loops(2);
  LoopWatch watch(loops);
  watch.begin();
  loops.start();
  REQUIRE(test::eventually([&] { return watch.figures()[1].silent_for < 150ms && watch.alive(500ms); }));
  std::atomic<bool> hang{true};
  loops.at(1).post([&] {
    while (hang) std::this_thread::yield();
  });
  REQUIRE(test::eventually([&] { return !watch.alive(300ms); }));
  CHECK(watch.figures()[1].lag > 150ms);
  hang = false;
  REQUIRE(test::eventually([&] { return watch.alive(300ms); }));
  CHECK(watch.figures()[1].lag > 150ms);
  loops.stop();
}

TEST_CASE("A certificate is told of where its device is asked for one and has none that is good for longer") {
  test::TestHub hub;
  const auto camera = [&](const std::string& id) {
    const std::string body = "{\"id\":\"" + id + R"(","type":"test_good","link":"cloudtalker"})";
    REQUIRE(hub.asAdministrator("POST", "/api/v1/devices", body).status == 201);
  };
  const auto issue = [&](const std::string& device, int days) {
    const std::string body = "{\"device\":\"" + device + "\",\"days\":" + std::to_string(days) + "}";
    REQUIRE(hub.asAdministrator("POST", "/api/v1/certificates", body).status == 201);
  };
  const auto told = [&](const std::string& text) {
    return hub.asAdministrator("GET", "/api/v1/health").body.find(text) != std::string::npos;
  };
  hub.enrol("d1");
  camera("gate");
  camera("yard");
  issue("d1", 5);  // agents are not asked here
  CHECK_FALSE(told("device-certificates"));
  issue("gate", 7);
  CHECK(told("\"gate (6 days).\""));
  issue("gate", 300);
  CHECK_FALSE(told("device-certificates"));
  issue("yard", 7);
  CHECK(told("\"yard (6 days).\""));
  CHECK(hub.asAdministrator("DELETE", "/api/v1/devices/yard").status == 204);
  CHECK_FALSE(told("device-certificates"));
}

TEST_CASE("Health is for administrators, with findings and figures; readiness is for all") {
  test::TestHub hub([](hub::Settings& settings) { settings.plugin_folders.push_back("/nonexistent"); });
  CHECK(hub.get("/healthz").body == "ok\n");
  CHECK(hub.get("/readyz").status == 200);
  CHECK(hub.get("/api/v1/health").status == 401);
  CHECK(hub.get("/api/v1/health", hub.guest("Eve")).status == 403);
  hub.device("d1");
  auto page = hub.page(hub.guest("Ada"));
  page.get("welcome");
  const auto health = hub.asAdministrator("GET", "/api/v1/health").json;
  REQUIRE(health);
  CHECK(health->getValue<std::string>("status") == "warning");
  CHECK(health->getValue<std::string>("version") == "0.1.0");
  CHECK(health->getValue<std::int64_t>("uptime_ms") >= 0);
  const auto figures = health->getObject("figures");
  CHECK(figures->getValue<int>("devices") == 1);
  CHECK(figures->getValue<int>("devices_online") == 0);
  CHECK(figures->getValue<int>("people") == 1);
  CHECK(figures->getValue<int>("sockets") == 1);
  CHECK(figures->getValue<std::int64_t>("memory_bytes") > 1'000'000);
  CHECK(figures->getValue<std::int64_t>("database_bytes") > 0);
  CHECK(figures->getValue<std::int64_t>("disk_free_bytes") > 0);
  const auto findings = health->getArray("findings");
  bool setup = false;
  for (unsigned i = 0; i < findings->size(); ++i)
    setup = setup || findings->getObject(i)->getValue<std::string>("id") == "setup";
  CHECK(setup);
  page.leave();
  CHECK(test::eventually([&] {
    return hub.asAdministrator("GET", "/api/v1/health").json->getObject("figures")->getValue<int>("sockets") == 0;
  }));
}
