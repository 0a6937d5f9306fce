// The hub put together: folder, database, people, devices, loops, doors. main() adds options and signals only, so that
// tests can start a whole hub in their own process.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hub/settings.hpp"
#include "hub/settings_keys.hpp"
#include "identity/audit.hpp"

namespace robohub::hub {

inline constexpr const char* kVersion = "0.1.0";

class Hub {
 public:
  // Opens everything and listens. Blocks; nothing is running when it fails. Errors: those of the data folder (held by
  // another hub), the database (damaged, newer), the secrets (readable by others), the listeners (address in use).
  static Result<std::unique_ptr<Hub>> start(const Settings& settings);
  // The same with settings that can be reloaded.
  static Result<std::unique_ptr<Hub>> start(ReadSettings settings);
  // Drains connections for at most two seconds, closes the database, ends the loops.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // "http://127.0.0.1:8080/", with the port that was taken.
  const std::string& url() const;
  // "sha256:AB:CD:.." of the certificate that the listener shows; "" without TLS. [any-thread]
  std::string fingerprint() const;
  // Every loop has run within the last two seconds. [any-thread]
  bool alive() const;
  // Reads the settings file again and applies it, on a thread of the hub's own; `done` there with what the log says as
  // well. [any-thread]
  void reload(identity::Actor by, std::function<void()> done = {});
  // The ports of devices without our agent: "robot_tcp at 127.0.0.1:7070".
  const std::vector<std::string>& doors() const;
  // Every route that is answered, with what it asks for: "GET /api/v1/devices/{id} watch on device".
  std::vector<std::string> routes() const;
  // The one-time code while no administrator exists, and whether this start made it.
  std::optional<std::string> administratorCode() const;
  bool administratorCodeIsNew() const;

  struct Parts;  // for this folder

 private:
  explicit Hub(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace robohub::hub
