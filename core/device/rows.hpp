// A device as its row in hub.db has it, secrets included. Internal to device/.
#pragma once
#include <memory>
#include <optional>

#include "device/registry.hpp"
#include "identity/secrets.hpp"

namespace robohub::device {

struct Entry {
  std::shared_ptr<const Device> device;
  std::optional<identity::SecretHash> claim_hash;
  WallTime claim_expires;
  std::optional<identity::SecretHash> key_hash;
};

// Errors: not_found (no such device, or revoked), corrupt, those of the database.
Result<Entry> readEntry(store::Session& database, const DeviceId& id);
Result<std::vector<Entry>> readEntries(store::Session& database);

// As the column labels_json holds them.
std::string labelsJson(const std::vector<std::string>& labels);

// Adds the device, or renews one that is unclaimed or revoked (its epochs and its stop stay). Errors: conflict:
// claimed.
Status writeEnrolment(store::Session& database, const DeviceId& id, const std::string& type, const std::string& name,
                      WallTime now, const identity::SecretHash& claim_hash, WallTime claim_expires);

// The same for a device without our agent, which is claimed by that. Errors: conflict: the id is another device's, or
// this foreign one is attached under another id.
Status writeAttachment(store::Session& database, const DeviceId& id, const std::string& type, const std::string& name,
                       WallTime now, Link link, const std::string& foreign_id);

// Errors: permission_denied: the device of this id, or this foreign one under whatever id, was revoked.
Status checkNotRevoked(store::Session& database, const DeviceId& id, Link link, const std::string& foreign_id);

}  // namespace robohub::device
