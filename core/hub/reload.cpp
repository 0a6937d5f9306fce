#include "hub/reload.hpp"

#include "hub/log.hpp"
#include "hub/named_files.hpp"
#include "hub/parts.hpp"

namespace robohub::hub {

namespace {

std::string listJson(const std::vector<std::string>& texts) {
  std::string all = "[";
  for (const std::string& text : texts) all += (all.size() > 1 ? "," : "") + json::quote(text);
  return all + "]";
}

// "`turns.length` is ..." names its key first.
std::string pathIn(const std::string& sentence) {
  if (!sentence.starts_with('`')) return {};
  return sentence.substr(1, sentence.find('`', 1) - 1);
}

std::string sourceOf(const config::KeyInfo& key) {
  return key.where.empty() ? "default" : key.where;
}

LogSettings logOf(const Settings& settings) {
  return {settings.log_level, settings.log_format, settings.log_file};
}

}  // namespace

std::string errorsJson(const config::Errors& errors) {
  std::string all = "[";
  for (const Error& error : errors)
    all += (all.size() > 1 ? "," : "") + std::string("{\"where\":") + json::quote(error.where) +
           ",\"path\":" + json::quote(pathIn(error.message)) + ",\"message\":" + json::quote(error.message) + "}";
  return all + "]";
}

std::string reloadJson(const ReloadOutcome& outcome) {
  return "{\"at_ms\":" + std::to_string(outcome.at_ms) + ",\"by\":" + json::quote(outcome.by) +
         ",\"ok\":" + (outcome.errors.empty() ? "true" : "false") + ",\"errors\":" + errorsJson(outcome.errors) +
         ",\"changed\":" + listJson(outcome.changed) + ",\"needs_restart\":" + listJson(outcome.needs_restart) + "}";
}

Reloader::Reloader(Hub::Parts& parts, ReadSettings running)
    : parts_(parts), running_(std::move(running)), loaded_at_ms_(toMs(parts.clock.wall())) {}

ReloadOutcome Reloader::reload(const identity::Actor& by) {
  ReloadOutcome outcome;
  outcome.at_ms = toMs(parts_.clock.wall());
  outcome.by = by.name;
  ReadSettings running;  // nobody else changes it: reloads come one after another
  {
    Lock lock(mutex_);
    running = running_;
  }
  const std::filesystem::path file = running.settings.file;
  ReadSettings next;
  if (file.empty()) {
    outcome.errors.push_back({ErrorCode::unavailable, "The hub was started without a settings file.", ""});
  } else {
    next = readSettingsOf(file, running.settings.command_line);
    outcome.errors = next.errors;
    // Of the whole file, also of what waits for the next start. Where the cameras' port goes on with the pair that it
    // was given before, a fault of that is told by it, and keeps nothing else back.
    const auto &before = running.settings.cloudtalker, &after = next.settings.cloudtalker;
    const bool cameras = before.certificate != after.certificate || before.key != after.key;
    if (outcome.errors.empty()) outcome.errors = checkNamedFiles(next.settings, cameras);
  }
  if (outcome.errors.empty()) {
    Settings effective = reloaded(running.settings, next.settings);
    outcome.errors = apply(effective);
    if (outcome.errors.empty()) {
      KeysAfterReload after = reloadedKeys(running, next);
      for (const config::KeyChange& change : after.changes)
        (change.restart ? outcome.needs_restart : outcome.changed).push_back(change.path);
      Lock lock(mutex_);
      running_.settings = std::move(effective);
      running_.keys = std::move(after.keys);
      needs_restart_ = outcome.needs_restart;
      loaded_at_ms_ = outcome.at_ms;
    }
  }
  const bool good = outcome.errors.empty();
  for (const Error& error : outcome.errors)
    log(link::EventLevel::error,
        "settings not reloaded: " + (error.where.empty() ? "" : error.where + ": ") + error.message);
  if (good) log(link::EventLevel::info, "settings reloaded by " + by.name + ", changed: " + listJson(outcome.changed));
  if (!outcome.needs_restart.empty())
    log(link::EventLevel::warning, "restart needed for " + listJson(outcome.needs_restart));
  parts_.audit->note({by, "config.reload", "config", good ? identity::Outcome::ok : identity::Outcome::failed,
                      "{\"changed\":" + listJson(outcome.changed) +
                          ",\"needs_restart\":" + listJson(outcome.needs_restart) +
                          ",\"errors\":" + std::to_string(outcome.errors.size()) + "}"});
  Lock lock(mutex_);
  newest_ = outcome;
  return outcome;
}

// What can fail comes first; what follows cannot.
config::Errors Reloader::apply(const Settings& next) {
  config::Errors errors;
  std::optional<DoorTls> tls;
  if (next.tlsOn()) {
    // The one that is shown already goes on whatever becomes of the reload, so that it has expired keeps nothing back.
    auto loaded = parts_.loadTls(next, false);
    const auto shown = parts_.doorTls();
    const bool same = loaded && shown && shown->context->facts().fingerprint == loaded->context->facts().fingerprint;
    if (loaded && !same && !loaded->own) loaded = parts_.loadTls(next, true);
    if (loaded)
      tls = std::move(*loaded);
    else
      errors.push_back(loaded.error());
  }
  const bool log_changed = !(logOf(next) == logOf(*parts_.settings()));
  if (log_changed)
    if (Status good = checkLog(logOf(next)); !good) errors.push_back(good.error());
  if (!errors.empty()) return errors;

  if (log_changed)
    if (Status good = configureLog(logOf(next)); !good) return {good.error()};
  if (tls) parts_.showTls(std::move(*tls));
  parts_.applyReload(next);
  return {};
}

std::string Reloader::configJson() const {
  Lock lock(mutex_);
  const std::string file = running_.settings.file.string();
  std::string keys;
  for (const config::KeyInfo& key : running_.keys)
    keys += (keys.empty() ? "" : ",") + std::string("{\"path\":") + json::quote(key.path) +
            ",\"value\":" + json::quote(key.value) + ",\"default\":" + json::quote(key.fallback) +
            ",\"source\":" + json::quote(sourceOf(key)) + ",\"restart\":" + (key.restart ? "true" : "false") +
            ",\"kind\":" + json::quote(key.kind) + ",\"allowed\":" + json::quote(key.allowed) + "}";
  return "{\"file\":" + (file.empty() ? "null" : json::quote(file)) +
         ",\"loaded_at_ms\":" + std::to_string(loaded_at_ms_) + ",\"keys\":[" + keys +
         "],\"last_reload\":" + (newest_ ? reloadJson(*newest_) : "null") + "}";
}

std::string Reloader::checkJson(std::string_view text) const {
  Lock lock(mutex_);
  const ReadSettings running = running_;
  lock.unlock();
  const ReadSettings next = readSettingsText(text, running.settings.file, running.settings.command_line);
  const config::Errors errors = next.errors.empty() ? checkNamedFiles(next.settings) : next.errors;
  std::string changes;
  if (errors.empty())
    for (const config::KeyChange& change : reloadedKeys(running, next).changes)
      changes += (changes.empty() ? "" : ",") + std::string("{\"path\":") + json::quote(change.path) +
                 ",\"from\":" + json::quote(change.from) + ",\"to\":" + json::quote(change.to) +
                 ",\"restart\":" + (change.restart ? "true" : "false") + "}";
  return "{\"ok\":" + std::string(errors.empty() ? "true" : "false") + ",\"errors\":" + errorsJson(errors) +
         ",\"changes\":[" + changes + "]}";
}

std::optional<ReloadOutcome> Reloader::newest() const {
  Lock lock(mutex_);
  return newest_;
}

std::vector<std::string> Reloader::needsRestart() const {
  Lock lock(mutex_);
  return needs_restart_;
}

}  // namespace robohub::hub
