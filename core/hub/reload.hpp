// The settings file read again while the hub works: checked whole, then applied whole, or not at all. What is there
// goes on: turns, sockets, links, connections that began under an older certificate.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "hub/hub.hpp"
#include "hub/settings_keys.hpp"
#include "identity/audit.hpp"

namespace robohub::hub {

struct ReloadOutcome {
  std::int64_t at_ms = 0;
  std::string by;
  config::Errors errors;  // empty: applied
  std::vector<std::string> changed, needs_restart;
};
// RELOAD of docs/PROTOCOL.md.
std::string reloadJson(const ReloadOutcome& outcome);
// [{"where","path","message"}]
std::string errorsJson(const config::Errors& errors);

// One reload at a time: reload() belongs to one thread; the rest is [any-thread].
class Reloader {
 public:
  // `parts` must outlive it; `running` is what the hub was started with.
  Reloader(Hub::Parts& parts, ReadSettings running);

  // Reads, checks, applies, tells the log and the audit. Blocks on the disk: never on a loop.
  ReloadOutcome reload(const identity::Actor& by);

  // CONFIG.
  std::string configJson() const;
  // {"ok","errors","changes"} of a text; nothing is changed. Blocks on the disk (secret files, certificates).
  std::string checkJson(std::string_view text) const;
  // Of the newest reload that was tried.
  std::optional<ReloadOutcome> newest() const;
  // Settings that count at the next start only, as of the newest good reload.
  std::vector<std::string> needsRestart() const;

 private:
  config::Errors apply(const Settings& next);

  Hub::Parts& parts_;
  mutable Mutex mutex_;
  ReadSettings running_ RH_GUARDED_BY(mutex_);
  std::int64_t loaded_at_ms_ RH_GUARDED_BY(mutex_);
  std::optional<ReloadOutcome> newest_ RH_GUARDED_BY(mutex_);
  std::vector<std::string> needs_restart_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::hub
