#include "hub/health.hpp"

#include <algorithm>

#include "identity/certificates.hpp"

namespace robohub::hub {

namespace {

constexpr std::int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;
constexpr std::int64_t kLargeWal = 64LL << 20, kHugeWal = 512LL << 20;
constexpr Duration kStalled = std::chrono::milliseconds(250), kHanging = std::chrono::seconds(2);
constexpr Duration kClockStep = std::chrono::seconds(60);

std::string sizeText(std::int64_t bytes) {
  if (bytes >= 10LL << 30) return std::to_string(bytes >> 30) + " GiB";
  return std::to_string(bytes >> 20) + " MiB";
}

std::string ageText(std::int64_t ms) {
  const auto say = [](std::int64_t n, const char* unit) {
    return std::to_string(n) + " " + unit + (n == 1 ? "" : "s");
  };
  if (ms >= 2 * kDayMs) return say(ms / kDayMs, "day");
  if (ms >= 2 * kHourMs) return say(ms / kHourMs, "hour");
  return say(ms / kMinuteMs, "minute");
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

class Judge {
 public:
  explicit Judge(const Facts& facts) : facts_(facts) {}

  std::vector<Finding> all() {
    disk();
    database();
    history();
    certificate();
    deviceCertificates();
    doors();
    settings();
    devices();
    mqtt();
    cameras();
    captures();
    machine();
    backups();
    std::stable_sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) { return a.level > b.level; });
    return std::move(found_);
  }

 private:
  void add(std::string id, HealthLevel level, std::string title, std::string detail, std::string what_to_do) {
    found_.push_back({std::move(id), level, std::move(title), std::move(detail), std::move(what_to_do)});
  }

  void disk() {
    if (facts_.disk.room == store::Room::plenty) return;
    const bool critical = facts_.disk.room == store::Room::critical;
    std::string detail = sizeText(facts_.disk.free_bytes) + " are free where the data is kept.";
    if (critical) detail += " What can wait is refused; stops and turns go on.";
    if (critical && !facts_.disk.ballast_kept && facts_.disk_limits.ballast_bytes > 0)
      detail += " The reserve was given up for them.";
    add("disk", critical ? HealthLevel::critical : HealthLevel::warning,
        critical ? "The disk is nearly full" : "The disk is filling up", detail,
        "Free some space on the disk of the data folder; the hub goes on by itself then.");
  }

  void database() {
    if (facts_.wal_bytes > kLargeWal)
      add("database-log", facts_.wal_bytes > kHugeWal ? HealthLevel::critical : HealthLevel::warning,
          "The database's log does not shrink", "hub.db-wal has " + sizeText(facts_.wal_bytes) + ".",
          "Something keeps reading the database: close other programs that have hub.db open.");
    if (facts_.audit_lost > 0)
      add("audit-lost", HealthLevel::critical, "Audit entries were lost",
          std::to_string(facts_.audit_lost) + " entries could not be written since the start.",
          "See the log for the reason (a full disk, most often), and mend it.");
  }

  void history() {
    const telemetry::Figures& of = facts_.history;
    if (of.state == telemetry::State::broken)
      add("history", HealthLevel::warning, "Measured values are not kept", of.trouble,
          "Mend it; the hub tries again by itself.");
    if (!of.set_aside.empty())
      add("history-damaged", HealthLevel::warning, "A damaged file of the history was set aside",
          of.set_aside + ". A new one was begun.",
          "See whether the disk fails. Remove the file when nobody wants it; this is gone with the next start.");
    if (of.dropped_lately > 0)
      add("history-lost", HealthLevel::warning, "Measured values were lost",
          std::to_string(of.dropped_lately) + " in the last ten minutes: " + of.dropped_why,
          "Make room, or let devices measure less often (max_rate_hz of their channels).");
    if (of.over_limit > 0)
      add("history-series", HealthLevel::warning, "There are too many series",
          std::to_string(of.over_limit) + " numbers of devices are not kept; " + std::to_string(of.series) + " are.",
          "Raise telemetry.max_series, or let devices publish fewer numbers (at most 512 each are kept).");
  }

  void certificate() {
    if (!facts_.tls) return;
    if (facts_.certificate_expires_ms)
      expiry("certificate", "The certificate", "browsers and agents", *facts_.certificate_expires_ms,
             facts_.own_certificate);
    if (facts_.own_certificate && !facts_.loopback)
      add("self-signed", HealthLevel::warning, "The certificate is the hub's own",
          "Other machines reach this hub, and no authority that they know has signed its certificate.",
          "Give server.tls.certificate and server.tls.key, or let browsers and agents hold on to the fingerprint.");
    if (!facts_.unlisted_origins.empty())
      add("origins", HealthLevel::warning, "Nobody can sign in by the certificate's name",
          "Pages of " + joined(facts_.unlisted_origins) +
              " are refused: server.origins lists no name of the certificate.",
          "List the address by which people call the hub, server.origins: [\"" + facts_.unlisted_origins.front() +
              "\"], and reload the settings.");
  }

  // Links that stand go on without a word, so that nobody would see it before a whole fleet stays away.
  void deviceCertificates() {
    std::vector<std::string> ending;
    for (const CertificateEnd& each : facts_.device_certificates) {
      const std::int64_t left = each.expires_ms - facts_.now_ms;
      if (left < 21 * kDayMs) ending.push_back(each.device + (left > 0 ? " (" + ageText(left) + ")" : " (over)"));
    }
    if (!ending.empty())
      add("device-certificates", HealthLevel::warning, "Certificates of devices expire", joined(ending) + ".",
          "Make the next ones (`robohub certificate renew FILE`) and bring them to their devices: the hub refuses "
          "whoever shows one that is over. Revoke those that nobody uses.");
  }

  // `whom`: those who turn away from it then.
  void expiry(const char* id, const std::string& whose, const std::string& whom, std::int64_t expires_ms, bool own) {
    const std::int64_t left = expires_ms - facts_.now_ms;
    // The hub's own is made anew by whatever start or reload comes first in its last days, which must be known before.
    const std::int64_t told_ms = (own ? identity::kRenewBeforeDays + 30 : 21) * kDayMs;
    const std::string advice =
        own ? "In its last " + std::to_string(identity::kRenewBeforeDays) +
                  " days the next start or reload makes a new one, and agents that hold on to its fingerprint need the "
                  "new one then. docs/TLS.md says how to choose the day, and has ways without that."
            : "Put a new certificate in its place and reload the settings.";
    if (left <= 0)
      add(id, HealthLevel::critical, whose + " has expired",
          "It is over since " + ageText(-left) + ": " + whom + " turn away.", advice);
    else if (left < told_ms)
      add(id, left < 3 * kDayMs ? HealthLevel::critical : HealthLevel::warning, whose + " expires soon",
          "It is good for " + ageText(left) + " more.", advice);
  }

  void doors() {
    if (facts_.insecure && !facts_.tls)
      add("insecure", HealthLevel::warning, "Everything travels readable",
          "server.insecure is true and there is no TLS; devices with hazards give no turns.",
          "Let server.tls.mode be auto, or put a proxy that speaks TLS before the hub.");
    if (facts_.guests_play && !facts_.loopback)
      add("guests-play", HealthLevel::warning, "Strangers may drive",
          "Guests may play, and other machines reach this hub.",
          "Set guests.play to false unless that is what you want.");
    if (facts_.setup_needed)
      add("setup", HealthLevel::warning, "There is no administrator yet",
          "Whoever has the one-time code can become the first one.",
          "Open the page's set-up with the code that `robohub setup-code --config FILE` prints; it stands in the file "
          "administrator-code of the data folder.");
  }

  void settings() {
    if (!facts_.reload_errors.empty())
      add("reload", HealthLevel::warning, "The settings file has faults",
          "The newest reload changed nothing: " + joined(facts_.reload_errors), "Mend the file and reload it.");
    if (!facts_.needs_restart.empty())
      add("restart", HealthLevel::warning, "A restart is needed",
          "These settings count after the next start: " + joined(facts_.needs_restart) + ".",
          "Restart the hub when nobody drives.");
    if (!facts_.plugins_left_out.empty())
      add("plugins", HealthLevel::warning, "Plugins were left out", joined(facts_.plugins_left_out),
          "Mend or remove them, and restart the hub. `robohub plugin check PATH` says more.");
  }

  void devices() {
    if (!facts_.unknown_versions.empty())
      add("device-versions", HealthLevel::warning, "Devices run versions that this hub lacks",
          joined(facts_.unknown_versions) + ". Only stop works there.",
          "Install these versions of their plugins on the hub, or others on the devices.");
    std::vector<std::string> long_stopped;
    for (const StoppedDevice& device : facts_.stopped)
      if (device.for_ms >= kHourMs) long_stopped.push_back(device.id + " (" + ageText(device.for_ms) + ")");
    if (!long_stopped.empty())
      add("stopped", HealthLevel::warning, "Devices are stopped for long", joined(long_stopped) + ".",
          "Look after them, and reset their stops when it is safe.");
  }

  void captures() {
    const media::CaptureFigures& captures = facts_.captures;
    const auto within = [&](std::int64_t at_ms, std::int64_t ms) { return at_ms > 0 && facts_.now_ms - at_ms < ms; };
    const std::string used = sizeText(captures.bytes) + " of " + sizeText(captures.quota_bytes) + " are used.";
    if (within(captures.refused_ms, 10 * kMinuteMs))
      add("captures-refused", HealthLevel::warning, "Captures are refused",
          "There was no room for what devices sent; they keep theirs and try again. " + used,
          "Raise captures.quota, delete captures that nobody needs, or free some space on the disk.");
    else if (captures.quota_bytes > 0 && captures.bytes > captures.quota_bytes / 10 * 9)
      add("captures-quota", HealthLevel::warning, "The quota of captures is nearly used",
          used + " From now on the oldest go for new ones.",
          "Raise captures.quota, or let captures.keep be shorter, if that is not what you want.");
    if (!captures.set_aside_folder.empty())
      add("captures-set-aside", HealthLevel::warning, "Captures were set aside",
          "What the database did not know of them at the start is in " + captures.set_aside_folder.string() +
              " (captures: " + std::to_string(captures.set_aside) + ").",
          "See that the right database is in place (docs/CAPTURES.md); delete that folder when nobody needs it. This "
          "is "
          "said until the next start.");
    if (within(captures.worker_failed_ms, kHourMs))
      add("captures-worker", HealthLevel::warning, "Videos cannot be joined",
          captures.worker_failure + " " + std::to_string(captures.joining) + " captures wait.",
          "Where it is the disk of captures, free some space on it or mend it. Else see that robohub-media-worker lies "
          "beside the hub's program; of a video that breaks it the capture says which segment it was.");
  }

  void cameras() {
    const gateway::CameraFigures& cameras = facts_.cameras;
    if (!cameras.door_fault.empty())
      add("cloudtalker", HealthLevel::critical, "Cameras cannot come in",
          "The port of cloudtalker.listen is not open: " + cameras.door_fault,
          "Free the port or mend the certificate; it is tried again every few seconds.");
    // Where it is the one that people see, that has been said.
    if (cameras.certificate_expires_ms &&
        !(facts_.tls && facts_.certificate_expires_ms == cameras.certificate_expires_ms))
      expiry("cloudtalker-certificate", "The certificate of the cameras' port", "cameras that look at it",
             *cameras.certificate_expires_ms, cameras.own_certificate);
    if (!cameras.elsewhere.empty())
      add("cloudtalker-devices", HealthLevel::warning, "Cameras are turned away by the names of other devices",
          joined(cameras.elsewhere) +
              ": a camera's fingerprint is configured, and the device is enrolled for another "
              "link.",
          "Revoke these devices, or give the cameras other names, and reload the settings.");
    std::vector<std::string> faults;
    for (const gateway::PullFault& fault : cameras.pull_faults)
      faults.push_back(fault.device + "/" + fault.stream + ": " + fault.sentence);
    if (!faults.empty())
      add("camera-urls", HealthLevel::warning, "Cameras deliver no pictures", joined(faults),
          "See that these cameras run and can be reached from here, and that devices.ID.streams names them rightly.");
  }

  void mqtt() {
    if (!facts_.mqtt) return;
    if (!facts_.mqtt->up && !facts_.mqtt->why.empty())
      add("mqtt", HealthLevel::warning, "The MQTT broker is away",
          "The devices behind " + facts_.mqtt->broker + " are offline. " + facts_.mqtt->why,
          "Start the broker, or mend mqtt.broker, mqtt.user and mqtt.password_file; the devices come back by "
          "themselves.");
    if (!facts_.mqtt->faults.empty())
      add("mqtt-devices", HealthLevel::warning, "Devices of the MQTT broker were left out", joined(facts_.mqtt->faults),
          "Mend these settings and restart the hub.");
    if (!facts_.mqtt->refused_filters.empty())
      add("mqtt-topics", HealthLevel::warning, "The MQTT broker keeps topics from the hub",
          "Nothing comes from " + joined(facts_.mqtt->refused_filters) + ".",
          "Let the broker's access list give the hub's user these topics to read.");
  }

  void machine() {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(facts_.clock_step).count();
    if (facts_.clock_step > kClockStep || facts_.clock_step < -kClockStep)
      add("clock", HealthLevel::warning, "The clock was set",
          "It was moved by " + std::to_string(seconds) + " s, within the last day.",
          "See that this machine's clock is kept by NTP, which may set it once behind a start; sessions, certificates "
          "and the audit go by it. This is over a day after the newest step.");
    for (std::size_t i = 0; i < facts_.loop_lags.size(); ++i) {
      if (facts_.loop_lags[i] <= kStalled) continue;
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(facts_.loop_lags[i]).count();
      add("loop-" + std::to_string(i), facts_.loop_lags[i] > kHanging ? HealthLevel::critical : HealthLevel::warning,
          "A loop came late", "Loop " + std::to_string(i) + " was held up for " + std::to_string(ms) + " ms.",
          "The machine is overloaded, or its disk hangs: see its load, and what else runs on it.");
    }
  }

  void backups() {
    if (!facts_.backups) return;
    if (!facts_.backup_failure.empty())
      add("backup-failed", HealthLevel::warning, "The newest backup failed", facts_.backup_failure,
          "Mend it (the folder's disk, its owner, and under systemd ReadWritePaths); it is tried again every ten "
          "minutes.");
    const std::int64_t since = facts_.newest_backup_ms > 0 ? facts_.newest_backup_ms : facts_.started_ms;
    const std::int64_t age = facts_.now_ms - since;
    if (age < 2 * facts_.backup_every_ms) return;
    add("backup", age > 7 * facts_.backup_every_ms ? HealthLevel::critical : HealthLevel::warning, "The backup is old",
        facts_.newest_backup_ms > 0 ? "The newest one is " + ageText(age) + " old."
                                    : "None was made since the start, " + ageText(age) + " ago.",
        "See the log for why scheduled backups fail: the folder's disk and its rights.");
  }

  const Facts& facts_;
  std::vector<Finding> found_;
};

}  // namespace

const char* toString(HealthLevel level) {
  switch (level) {
    case HealthLevel::ok: return "ok";
    case HealthLevel::warning: return "warning";
    case HealthLevel::critical: return "critical";
  }
  return "ok";
}

std::vector<Finding> findingsOf(const Facts& facts) {
  return Judge(facts).all();
}

HealthLevel levelOf(const std::vector<Finding>& findings) {
  HealthLevel level = HealthLevel::ok;
  for (const Finding& finding : findings) level = std::max(level, finding.level);
  return level;
}

}  // namespace robohub::hub
