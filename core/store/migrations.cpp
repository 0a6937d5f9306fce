#include "store/migrations.hpp"

#include <array>
#include <string>

#include "store/session.hpp"

namespace robohub::store {
namespace {

// Times are milliseconds since 1970. Ids of accounts are never used twice (AUTOINCREMENT), because a person id is one.
constexpr const char* kPeople = R"sql(
CREATE TABLE accounts (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  username      TEXT    NOT NULL UNIQUE,
  password_hash TEXT    NOT NULL,
  role          TEXT    NOT NULL CHECK (role IN ('viewer', 'player', 'administrator')),
  created_ms    INTEGER NOT NULL
) STRICT;
CREATE TABLE account_sessions (
  token_hash   BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
  account_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,
  last_used_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_sessions_by_account ON account_sessions (account_id, last_used_ms);
)sql";

// A revoked device keeps its row, because its epochs must go on rising if its id is ever enrolled again.
constexpr const char* kDevices = R"sql(
CREATE TABLE devices (
  id               TEXT    NOT NULL PRIMARY KEY,
  type             TEXT    NOT NULL,
  name             TEXT    NOT NULL,
  created_ms       INTEGER NOT NULL,
  revoked          INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
  claim_hash       BLOB    CHECK (claim_hash IS NULL OR length(claim_hash) = 32),
  claim_expires_ms INTEGER NOT NULL DEFAULT 0,
  key_hash         BLOB    CHECK (key_hash IS NULL OR length(key_hash) = 32),
  plugin_version   TEXT    NOT NULL DEFAULT '',
  manifest_sha256  TEXT    NOT NULL DEFAULT '',
  epoch_reserved   INTEGER NOT NULL DEFAULT 0,
  stop_json        TEXT    NOT NULL DEFAULT '',
  reported_json    TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array kHub{Migration{1, kPeople}, Migration{2, kDevices}};

Result<int> versionOf(Session& session) {
  auto version = session.prepare("PRAGMA user_version");
  if (!version) return fail(std::move(version.error()));
  auto row = version->step();
  if (!row) return fail(std::move(row.error()));
  return static_cast<int>(version->integer(0));
}

Status apply(Session& session, const Migration& migration) {
  if (auto begun = session.runScript("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = session.runScript(migration.sql);
  // A pragma takes no parameters; the number is our own.
  if (done) done = session.runScript(("PRAGMA user_version=" + std::to_string(migration.number)).c_str());
  if (done) done = session.runScript("COMMIT");
  if (!done && session.inTransaction()) {
    auto undone = session.runScript("ROLLBACK");
    if (!undone) return undone;
  }
  return done;
}

}  // namespace

std::span<const Migration> hubMigrations() {
  return kHub;
}

Status migrate(Session& session, std::span<const Migration> migrations, std::string_view file_name) {
  auto version = versionOf(session);
  if (!version) return fail(std::move(version.error()));
  int newest = migrations.empty() ? 0 : migrations.back().number;
  if (*version > newest)
    return fail(ErrorCode::unsupported,
                std::string(file_name) + " was written by a newer robohub (its tables are version " +
                    std::to_string(*version) + ", this program knows up to " + std::to_string(newest) +
                    "). Start the newer program, or put back a copy from before the upgrade.");
  for (const Migration& migration : migrations) {
    if (migration.number <= *version) continue;
    if (auto done = apply(session, migration); !done)
      return fail(done.error().code, "Bringing " + std::string(file_name) + " to version " +
                                         std::to_string(migration.number) + " failed: " + done.error().message);
  }
  return {};
}

}  // namespace robohub::store
