// When a device came and went, from where and with which versions: what an administrator asks first when one fails to
// come. Written behind, bounded by number and rate, so that an agent which dials in a circle fills no disk.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "store/database.hpp"

namespace robohub::device {

struct ConnectionRow {
  enum class Kind { connected, lost, refused };
  Kind kind = Kind::connected;
  std::int64_t at_ms = 0;
  std::string address = {};                          // the agent's IP address
  std::string agent = {}, plugin = {}, reason = {};  // versions as the hello said them; why it was lost or refused
  std::int64_t for_ms = 0;                           // lost: how long the link had lasted
};
const char* toString(ConnectionRow::Kind kind);

// Thread-safe. `database` and `clock` must outlive it; make it after the database and let it go after that was closed.
class ConnectionHistory {
 public:
  static constexpr std::size_t kKept = 200;  // newest rows of a device

  ConnectionHistory(store::Database& database, const Clock& clock);
  ~ConnectionHistory();
  ConnectionHistory(const ConnectionHistory&) = delete;
  ConnectionHistory& operator=(const ConnectionHistory&) = delete;

  // Queued; nobody waits for it. Refusals at most one a minute for a device; of the rest at most 20 at once and one in
  // three seconds over time. `at_ms` is set here. Does not block. [any-thread]
  void note(const DeviceId& device, ConnectionRow row);
  // Newest first. `done` on a reader thread, or at once when it cannot be queued. [any-thread]
  void read(const DeviceId& device, std::function<void(Result<std::vector<ConnectionRow>>)> done);

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace robohub::device
