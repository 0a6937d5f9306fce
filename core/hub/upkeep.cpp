#include "hub/upkeep.hpp"

#include <malloc.h>
#include <sodium.h>
#include <time.h>

#include <algorithm>
#include <map>

#include "device/registry.hpp"
#include "hub/log.hpp"
#include "hub/own_url.hpp"
#include "hub/parts.hpp"

namespace robohub::hub {

namespace {

constexpr Duration kLookEvery = std::chrono::seconds(5);
constexpr Duration kHeldUp = std::chrono::seconds(1);
constexpr std::size_t kManyGone = 500;
constexpr int kTrims = 2;  // the second one for what the last of them left behind while the first one ran

link::EventLevel logLevel(HealthLevel level) {
  return level == HealthLevel::critical ? link::EventLevel::error : link::EventLevel::warning;
}

Duration sinceBoot() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Duration lookAtClocks(ClockSteps& steps, const Clock& clock) {
  // Two clocks are never read at once; whoever was held up in between looks again.
  Duration before = sinceBoot(), after = before;
  WallTime wall;
  do {
    before = after;
    wall = clock.wall();
    after = sinceBoot();
  } while (after - before > kHeldUp);
  return steps.look(wall, before);
}

std::vector<CertificateEnd> certificateEnds(const std::vector<identity::DeviceCertificate>& issued,
                                            const device::Devices& devices, bool agents_asked) {
  std::map<std::string, std::int64_t> longest;
  for (const identity::DeviceCertificate& each : issued) {
    if (each.revoked_ms != 0) continue;
    std::int64_t& expires_ms = longest[each.device];
    expires_ms = std::max(expires_ms, each.expires_ms);
  }
  std::vector<CertificateEnd> ends;
  for (const auto& [id, enrolled] : devices) {
    const bool asked =
        enrolled->link == device::Link::cloudtalker || (agents_asked && enrolled->link == device::Link::agent);
    if (const auto at = longest.find(id.str()); asked && at != longest.end()) ends.push_back({id.str(), at->second});
  }
  return ends;
}

std::string findingJson(const Finding& finding) {
  return "{\"id\":" + json::quote(finding.id) + ",\"level\":\"" + toString(finding.level) +
         "\",\"title\":" + json::quote(finding.title) + ",\"detail\":" + json::quote(finding.detail) +
         ",\"what_to_do\":" + json::quote(finding.what_to_do) + "}";
}

}  // namespace

HubUpkeep::HubUpkeep(Hub::Parts& parts, ReadSettings running)
    : parts_(parts),
      reloader_(parts, std::move(running)),
      started_ms_(toMs(parts.clock.wall())),
      started_(parts.clock.now()) {}

void HubUpkeep::begin() {
  parts_.loops->at(0).post([this] { lookLater(); });
}

void HubUpkeep::end() {
  std::unique_ptr<net::HelperThread> ending;
  {
    Lock lock(mutex_);
    ending = std::move(thread_);
  }
}

void HubUpkeep::run(std::function<std::string()> work, Text done) {
  {
    Lock lock(mutex_);
    if (thread_) return thread_->run([work = std::move(work), done = std::move(done)] { done(work()); });
  }
  done(fail(ErrorCode::unavailable, "The hub is ending."));
}

// [loop 0]
void HubUpkeep::lookLater() {
  run(
      [this] {
        look();
        giveBack();
        return std::string();
      },
      [](const Result<std::string>&) {});
  parts_.loops->at(0).after(kLookEvery, [this] {
    if (!draining_) lookLater();
  });
}

std::vector<Finding> HubUpkeep::look() {
  clock_step_ = lookAtClocks(clock_steps_, parts_.clock);
  std::vector<Finding> now = findingsOf(facts());
  const auto with = [](const std::vector<Finding>& findings, const std::string& id) -> const Finding* {
    for (const Finding& finding : findings)
      if (finding.id == id) return &finding;
    return nullptr;
  };
  for (const Finding& finding : now) {
    const Finding* before = with(findings_, finding.id);
    if (!before || before->level != finding.level)
      log(logLevel(finding.level), "health: " + finding.title + ": " + finding.detail + " " + finding.what_to_do,
          {{"finding", finding.id}});
  }
  for (const Finding& finding : findings_)
    if (!with(now, finding.id))
      log(link::EventLevel::info, "health: over: " + finding.title, {{"finding", finding.id}});
  findings_ = now;
  return now;
}

// What a crowd needed lies in pieces all over the heap, and malloc keeps it. It holds up whoever allocates meanwhile,
// so only when it is worth it.
void HubUpkeep::giveBack() {
  const std::size_t connections = parts_.server->stats().connections;
  most_connections_ = std::max(most_connections_, connections);
  if (most_connections_ - connections >= kManyGone && connections <= most_connections_ / 2) {
    most_connections_ = connections;
    trims_due_ = kTrims;
  }
  if (trims_due_ == 0) return;
  --trims_due_;
  ::malloc_trim(0);
}

void HubUpkeep::config(Text done) {
  run([this] { return reloader_.configJson(); }, std::move(done));
}

void HubUpkeep::checkConfig(std::string text, Text done) {
  run([this, text = std::move(text)] { return reloader_.checkJson(text); }, std::move(done));
}

void HubUpkeep::reload(identity::Actor by, Text done) {
  run([this, by = std::move(by)] { return reloadJson(reloader_.reload(by)); }, std::move(done));
}

void HubUpkeep::health(Text done) {
  run([this] { return healthJson(); }, std::move(done));
}

std::string HubUpkeep::healthJson() {
  const std::vector<Finding> findings = look();
  std::string list;
  for (const Finding& finding : findings) list += (list.empty() ? "" : ",") + findingJson(finding);
  const HubFigures figures = parts_.figures();
  const media::CaptureFigures captures = parts_.captures->figures();
  const auto uptime = std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.now() - started_).count();
  const auto member = [](const char* name, std::int64_t value) {
    return std::string(",\"") + name + "\":" + std::to_string(value);
  };
  return "{\"status\":\"" + std::string(toString(levelOf(findings))) + "\"" +
         member("at_ms", toMs(parts_.clock.wall())) + member("uptime_ms", uptime) +
         ",\"version\":" + json::quote(kVersion) + ",\"findings\":[" + list +
         "],\"figures\":{\"devices_online\":" + std::to_string(figures.devices_online) +
         member("devices", figures.devices) + member("people", figures.people) + member("sockets", figures.sockets) +
         member("memory_bytes", figures.memory_bytes) + member("disk_free_bytes", figures.disk_free_bytes) +
         member("database_bytes", figures.database_bytes + figures.wal_bytes) +
         member("captures_bytes", captures.bytes) + member("captures_quota_bytes", captures.quota_bytes) + "}}";
}

bool HubUpkeep::alive() const {
  return parts_.loop_watch->alive();
}

bool HubUpkeep::ready() const {
  return !draining_ && alive();
}

bool HubUpkeep::metricsEnabled() const {
  return parts_.settings()->metrics.enabled;
}

bool HubUpkeep::metricsToken(std::string_view bearer) const {
  const std::string token = parts_.settings()->metrics.token;
  return !token.empty() && token.size() == bearer.size() &&
         ::sodium_memcmp(token.data(), bearer.data(), token.size()) == 0;
}

void HubUpkeep::metrics(Text done) {
  run([this] { return metricsNow(); }, std::move(done));
}

std::string HubUpkeep::metricsNow() {
  const HubFigures hub = parts_.figures();
  MetricFigures figures;
  figures.server = parts_.server->stats();
  figures.answers = &parts_.answers;
  figures.tally = &parts_.tally;
  figures.devices = static_cast<std::size_t>(hub.devices);
  figures.devices_online = static_cast<std::size_t>(hub.devices_online);
  figures.devices_stopped = static_cast<std::size_t>(hub.devices_stopped);
  for (const auto& loop : parts_.loop_watch->figures()) figures.loop_lags.push_back(loop.lag);
  figures.database_queue = parts_.database->waitingWrites();
  figures.database_bytes = hub.database_bytes;
  figures.wal_bytes = hub.wal_bytes;
  figures.audit_lost = parts_.audit->lost();
  figures.disk_free_bytes = hub.disk_free_bytes;
  if (parts_.history) figures.history = parts_.history->figures();
  figures.findings = findings_;
  figures.mqtt = parts_.foreign->mqtt();
  figures.cameras = parts_.foreign->cameras();
  figures.captures = parts_.captures->figures();
  figures.version = kVersion;
  return metricsText(figures);
}

bool HubUpkeep::roomForExtras() const {
  return parts_.reserve->roomForExtras();
}

Facts HubUpkeep::facts() const {
  const auto say = parts_.settings();
  const HubFigures figures = parts_.figures();
  Facts facts;
  facts.now_ms = toMs(parts_.clock.wall());
  facts.disk = parts_.reserve->figures();
  facts.disk_limits = say->disk;
  facts.wal_bytes = figures.wal_bytes;
  facts.audit_lost = parts_.audit->lost();
  if (parts_.history) facts.history = parts_.history->figures();
  facts.loopback = say->loopback();
  facts.insecure = say->insecure;
  if (const auto tls = parts_.doorTls()) {
    facts.tls = true;
    facts.own_certificate = tls->own;
    facts.certificate_expires_ms = toMs(tls->context->facts().not_after);
    if (!tls->own) facts.unlisted_origins = unlistedOrigins(tls->context->facts().names, *say);
  }
  const bool agents_asked = facts.tls && say->client_certificates != gateway::ClientCertificates::off;
  facts.device_certificates = certificateEnds(parts_.certificates->list(), *parts_.registry->snapshot(), agents_asked);
  facts.needs_restart = reloader_.needsRestart();
  if (const auto newest = reloader_.newest())
    for (const Error& error : newest->errors)
      facts.reload_errors.push_back((error.where.empty() ? "" : error.where + ": ") + error.message);
  facts.plugins_left_out = parts_.plugins_left_out;
  for (const auto all = parts_.devices->all(); const auto& [id, device] : *all) {
    const live::DeviceViewPtr view = device->view();
    if (view->presence == live::Presence::online && !view->plugin_version.empty() && !view->plugin_installed)
      facts.unknown_versions.push_back(id.str() + ": " + view->type + " " + view->plugin_version);
    if (view->stop.state != control::StopState::none)
      facts.stopped.push_back({id.str(), facts.now_ms - view->stop.at_ms});
  }
  facts.mqtt = parts_.foreign->mqtt();
  facts.cameras = parts_.foreign->cameras();
  facts.captures = parts_.captures->figures();
  facts.setup_needed = parts_.identity->setupNeeded();
  facts.guests_play = say->identity.access.guests_watch && say->identity.access.guests_play;
  facts.clock_step = clock_step_;
  for (const auto& loop : parts_.loop_watch->figures()) facts.loop_lags.push_back(loop.lag);
  const store::BackupState backups = parts_.backups->state();
  facts.backups = backups.scheduled;
  facts.backup_every_ms = std::chrono::duration_cast<std::chrono::milliseconds>(backups.every).count();
  facts.newest_backup_ms = backups.newest_at_ms;
  if (backups.last_failed) facts.backup_failure = backups.last_failed->message;
  facts.started_ms = started_ms_;
  return facts;
}

}  // namespace robohub::hub
