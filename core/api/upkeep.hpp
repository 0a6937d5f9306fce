// What the hub knows about itself and routes may ask: its settings, its health, its figures. Implemented where the hub
// is put together. Answers come once, as finished JSON or text, on a thread of the upkeep's own (or at once on the
// calling thread); nothing here blocks the caller. [any-thread]
#pragma once
#include <functional>
#include <string>

#include "base/result.hpp"
#include "identity/audit.hpp"

namespace robohub::api {

class Upkeep {
 public:
  using Text = std::function<void(Result<std::string>)>;
  virtual ~Upkeep() = default;

  // CONFIG of docs/PROTOCOL.md.
  virtual void config(Text done) = 0;
  // {"ok","errors","changes"} for the text of a settings file; nothing is changed.
  virtual void checkConfig(std::string text, Text done) = 0;
  // Reads the settings file again and applies it, all or nothing. RELOAD. Errors: unavailable (started without a file,
  // or the hub is ending); a file with faults is an answer, not an error.
  virtual void reload(identity::Actor by, Text done) = 0;
  // HEALTH.
  virtual void health(Text done) = 0;

  // Every loop has run within the last two seconds.
  virtual bool alive() const = 0;
  // Alive and not draining.
  virtual bool ready() const = 0;

  virtual bool metricsEnabled() const = 0;
  // True when `bearer` is the configured one; false when none is configured.
  virtual bool metricsToken(std::string_view bearer) const = 0;
  // The Prometheus text format, version 0.0.4.
  virtual void metrics(Text done) = 0;

  // False while the disk is nearly full: what can wait is refused, so that stops and epochs can still be written.
  virtual bool roomForExtras() const = 0;
};

}  // namespace robohub::api
