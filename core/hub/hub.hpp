// The hub put together: folder, database, people, devices, loops, doors. main() adds options and signals only, so that
// tests can start a whole hub in their own process.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "hub/settings.hpp"

namespace robohub::hub {

inline constexpr const char* kVersion = "0.1.0";

class Hub {
 public:
  // Opens everything and listens. Blocks; nothing is running when it fails. Errors: those of the data folder (held by
  // another hub), the database (damaged, newer), the secrets (readable by others), the listeners (address in use).
  static Result<std::unique_ptr<Hub>> start(const Settings& settings);
  // Drains connections for at most two seconds, closes the database, ends the loops.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // "http://127.0.0.1:8080/", with the port that was taken.
  const std::string& url() const;
  // The one-time code while no administrator exists, and whether this start made it.
  std::optional<std::string> administratorCode() const;
  bool administratorCodeIsNew() const;

 private:
  struct Parts;
  explicit Hub(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace robohub::hub
