// The audit's rows as hub.db has them, and the hash that ties each to the one before it. Internal to the audit.
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "identity/audit.hpp"
#include "store/session.hpp"

namespace robohub::identity {

using AuditHash = std::array<std::uint8_t, 32>;

// Where a chain stands: the newest row, or the anchor while there is none behind it.
struct AuditHead {
  std::int64_t seq = 0;
  AuditHash hash{};
};

// The hash of `row` (its own `hash` is not looked at) behind `before`; see audit.hpp.
AuditHash hashOf(const AuditRow& row, std::span<const std::uint8_t> before);

// What retention has moved the beginning of the chain to. Errors: corrupt (there is none).
Result<AuditHead> readAnchor(store::Session& database);
// Errors: as readAnchor.
Result<AuditHead> readHead(store::Session& database);

// Writes the row behind the head, its texts cut to their limits.
Status appendRow(store::Session& database, const AuditEntry& entry, std::int64_t at_ms);

inline constexpr const char* kAuditColumns =
    "SELECT seq, at_ms, actor_id, actor_name, address, action, object, outcome, detail_json, hash FROM audit";
// Of the current row of a statement that began with kAuditColumns. An outcome that is none reads as failed.
AuditRow readRow(const store::Statement& statement);

// How SQLite would look for what the query asks, a line for each step.
Result<std::string> explainFind(store::Session& database, const AuditQuery& query);

}  // namespace robohub::identity
