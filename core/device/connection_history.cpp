#include "device/connection_history.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/mutex.hpp"

namespace robohub::device {
namespace {

constexpr Duration kRefusals = std::chrono::minutes(1);
constexpr double kBurst = 20;
constexpr double kPerSecond = 1.0 / 3;
constexpr std::size_t kMaxText = 200;

std::string cut(std::string text) {
  if (text.size() > kMaxText) {
    std::size_t end = kMaxText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
  }
  return text;
}

std::string detailJson(const ConnectionRow& row) {
  return "{\"address\":" + json::quote(row.address) + ",\"agent\":" + json::quote(cut(row.agent)) +
         ",\"plugin\":" + json::quote(cut(row.plugin)) + ",\"reason\":" + json::quote(cut(row.reason)) +
         ",\"for_ms\":" + std::to_string(row.for_ms) + "}";
}

ConnectionRow rowOf(const store::Statement& found) {
  ConnectionRow row;
  row.at_ms = found.integer(0);
  const std::string kind = found.text(1);
  row.kind = kind == "lost"      ? ConnectionRow::Kind::lost
             : kind == "refused" ? ConnectionRow::Kind::refused
                                 : ConnectionRow::Kind::connected;
  if (const auto detail = json::parseObject(found.text(2))) {
    row.address = json::getString(**detail, "address").value_or("");
    row.agent = json::getString(**detail, "agent").value_or("");
    row.plugin = json::getString(**detail, "plugin").value_or("");
    row.reason = json::getString(**detail, "reason").value_or("");
    row.for_ms = json::getInt(**detail, "for_ms").value_or(0);
  }
  return row;
}

}  // namespace

const char* toString(ConnectionRow::Kind kind) {
  switch (kind) {
    case ConnectionRow::Kind::connected: return "connected";
    case ConnectionRow::Kind::lost: return "lost";
    case ConnectionRow::Kind::refused: return "refused";
  }
  return "lost";
}

struct ConnectionHistory::Parts {
  struct Allowed {
    double left = kBurst;
    MonoTime counted{};
    MonoTime refused = MonoTime::min();
  };
  Parts(store::Database& db, const Clock& time) : database(db), clock(time) {}

  // Devices are enrolled by administrators, so the list is as bounded as theirs.
  bool take(const DeviceId& device, bool is_refusal) {
    const MonoTime now = clock.now();
    Lock lock(mutex);
    auto [at, fresh] = allowed.try_emplace(device);
    Allowed& mine = at->second;
    if (is_refusal) {
      if (mine.refused != MonoTime::min() && now < mine.refused + kRefusals) return false;
      mine.refused = now;
      return true;
    }
    if (!fresh && mine.counted != MonoTime{})
      mine.left = std::min(kBurst, mine.left + std::chrono::duration<double>(now - mine.counted).count() * kPerSecond);
    mine.counted = now;
    if (mine.left < 1) return false;
    mine.left -= 1;
    return true;
  }

  store::Database& database;
  const Clock& clock;
  Mutex mutex;
  std::map<DeviceId, Allowed> allowed RH_GUARDED_BY(mutex);
};

ConnectionHistory::ConnectionHistory(store::Database& database, const Clock& clock)
    : parts_(std::make_shared<Parts>(database, clock)) {}
ConnectionHistory::~ConnectionHistory() = default;

void ConnectionHistory::note(const DeviceId& device, ConnectionRow row) {
  if (!parts_->take(device, row.kind == ConnectionRow::Kind::refused)) return;
  row.at_ms = toMs(parts_->clock.wall());
  parts_->database.write(
      [device, row = std::move(row)](store::Session& db) -> Status {
        auto added = db.run("INSERT INTO device_connections (device, at_ms, kind, detail_json) VALUES ($1, $2, $3, $4)",
                            device.str(), row.at_ms, toString(row.kind), detailJson(row));
        if (!added) return fail(std::move(added.error()));
        auto cut = db.run(
            "DELETE FROM device_connections WHERE device = $1 AND id <= (SELECT id FROM device_connections"
            " WHERE device = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
            device.str(), kKept);
        if (!cut) return fail(std::move(cut.error()));
        return {};
      },
      [](Status) {});
}

void ConnectionHistory::read(const DeviceId& device, std::function<void(Result<std::vector<ConnectionRow>>)> done) {
  auto rows = std::make_shared<std::vector<ConnectionRow>>();
  parts_->database.read(
      [device, rows](store::Session& db) -> Status {
        auto found = db.prepare(
            "SELECT at_ms, kind, detail_json FROM device_connections WHERE device = $1 ORDER BY id DESC LIMIT $2",
            device.str(), kKept);
        if (!found) return fail(std::move(found.error()));
        while (true) {
          auto row = found->step();
          if (!row) return fail(std::move(row.error()));
          if (!*row) return {};
          rows->push_back(rowOf(*found));
        }
      },
      [rows, done = std::move(done)](Status read) {
        if (!read) return done(fail(std::move(read.error())));
        done(std::move(*rows));
      });
}

}  // namespace robohub::device
