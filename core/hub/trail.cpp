#include "hub/trail.hpp"

#include <set>

#include "base/json.hpp"
#include "hub/log.hpp"

namespace robohub::hub {

namespace {
constexpr Duration kDay = std::chrono::hours(24);
}

void Trail::started(const char* version, const live::TypeCatalogue& plugins) {
  using identity::Actor;
  using identity::Outcome;
  audit_.note({Actor::hub(), "hub.start", "hub", Outcome::ok, "{\"version\":" + json::quote(version) + "}"});
  std::set<const plugin::Manifest*> told;  // once for each plugin, however many types it has
  for (const auto& installed : plugins.all()) {
    const plugin::Manifest& manifest = *installed->manifest;
    if (!told.insert(&manifest).second) continue;
    std::string detail = "{\"version\":" + json::quote(manifest.version);
    detail += ",\"manifest\":" + json::quote(manifest.hash);
    if (manifest.library) detail += ",\"sha256\":" + json::quote(manifest.library->sha256);
    audit_.note({Actor::hub(), "plugin.load", "plugin:" + manifest.id, Outcome::ok, detail + "}"});
  }
}

void Trail::ending() {
  audit_.note({identity::Actor::hub(), "hub.stop", "hub", identity::Outcome::ok, "{}"});
}

void Trail::keepUp(Duration keep) {
  wall_.look(clock_);
  const MonoTime now = clock_.now();
  if (!wall_.steady(now) || (kept_up_ && now - *kept_up_ < kDay)) return;
  kept_up_ = now;
  certificates_.forgetExpired();
  if (keep <= Duration::zero()) return;
  audit_.expire(keep, [](const Status& done) {
    if (!done) log(link::EventLevel::warning, "the audit keeps its old rows for now: " + done.error().message);
  });
}

}  // namespace robohub::hub
