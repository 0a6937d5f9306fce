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

// What accounts may beyond their role, tokens of programs, bans. Accounts are copied because the list of roles in their
// CHECK grew; the sessions' table goes first, since dropping what it refers to would empty it.
constexpr const char* kRights = R"sql(
CREATE TABLE accounts_2 (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  username      TEXT    NOT NULL UNIQUE,
  password_hash TEXT    NOT NULL,
  role          TEXT    NOT NULL CHECK (role IN ('member', 'viewer', 'player', 'administrator')),
  created_ms    INTEGER NOT NULL,
  disabled      INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  last_seen_ms  INTEGER NOT NULL DEFAULT 0,
  oidc_subject  TEXT    UNIQUE
) STRICT;
INSERT INTO accounts_2 (id, username, password_hash, role, created_ms)
  SELECT id, username, password_hash, role, created_ms FROM accounts;
CREATE TABLE account_sessions_2 (
  token_hash   BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
  account_id   INTEGER NOT NULL REFERENCES accounts_2 (id) ON DELETE CASCADE,
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,
  last_used_ms INTEGER NOT NULL,
  confirmed_ms INTEGER NOT NULL DEFAULT 0,
  address      TEXT    NOT NULL DEFAULT '',
  user_agent   TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
INSERT INTO account_sessions_2 (token_hash, account_id, created_ms, expires_ms, last_used_ms)
  SELECT token_hash, account_id, created_ms, expires_ms, last_used_ms FROM account_sessions;
DROP TABLE account_sessions;
DROP TABLE accounts;
ALTER TABLE accounts_2 RENAME TO accounts;
ALTER TABLE account_sessions_2 RENAME TO account_sessions;
CREATE INDEX account_sessions_by_account ON account_sessions (account_id, last_used_ms);
CREATE TABLE grants (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  permission TEXT    NOT NULL CHECK (permission IN ('watch', 'play', 'publish', 'moderate', 'administer')),
  scope_kind TEXT    NOT NULL CHECK (scope_kind IN ('device', 'label', 'room')),
  scope      TEXT    NOT NULL,
  created_ms INTEGER NOT NULL,
  created_by TEXT    NOT NULL,
  UNIQUE (account_id, permission, scope_kind, scope)
) STRICT;
CREATE TABLE tokens (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  token_hash   BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  account_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name         TEXT    NOT NULL,
  permissions  TEXT    NOT NULL,
  scopes_json  TEXT    NOT NULL,
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,
  last_used_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE bans (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id   TEXT    NOT NULL,
  person_name TEXT    NOT NULL,
  address     TEXT    NOT NULL,
  device      TEXT    NOT NULL,
  created_ms  INTEGER NOT NULL,
  until_ms    INTEGER NOT NULL,
  banned_by   TEXT    NOT NULL,
  reason      TEXT    NOT NULL
) STRICT;
)sql";

// Append-only: rows are never changed, and only those that retention has moved behind the anchor go. Each hash covers
// the row and the hash before it, so that a changed, missing or added row is found.
constexpr const char* kAudit = R"sql(
CREATE TABLE audit (
  seq         INTEGER PRIMARY KEY,
  at_ms       INTEGER NOT NULL,
  actor_id    TEXT    NOT NULL,
  actor_name  TEXT    NOT NULL,
  address     TEXT    NOT NULL,
  action      TEXT    NOT NULL,
  object      TEXT    NOT NULL,
  outcome     TEXT    NOT NULL CHECK (outcome IN ('ok', 'refused', 'failed')),
  detail_json TEXT    NOT NULL,
  hash        BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_by_time ON audit (at_ms);
CREATE INDEX audit_by_action ON audit (action, seq);
CREATE INDEX audit_by_object ON audit (object, seq);
CREATE INDEX audit_by_actor ON audit (actor_id, seq);
CREATE TABLE audit_anchor (
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  through_seq INTEGER NOT NULL,
  hash        BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO audit_anchor VALUES (1, 0, zeroblob(32));
CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
  WHEN OLD.seq > (SELECT through_seq FROM audit_anchor)
  BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_keeps_text BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
)sql";

constexpr const char* kDevicePlaces = R"sql(
ALTER TABLE devices ADD COLUMN labels_json TEXT NOT NULL DEFAULT '[]';
ALTER TABLE devices ADD COLUMN room TEXT NOT NULL DEFAULT '';
CREATE TABLE device_connections (
  id     INTEGER PRIMARY KEY,
  device TEXT    NOT NULL,
  at_ms  INTEGER NOT NULL,
  kind   TEXT    NOT NULL CHECK (kind IN ('connected', 'lost', 'refused')),
  detail_json TEXT NOT NULL
) STRICT;
CREATE INDEX device_connections_by_device ON device_connections (device, id);
)sql";

// What our own authority has issued to devices; a revoked one keeps its row until it would have expired.
constexpr const char* kCertificates = R"sql(
CREATE TABLE device_certificates (
  fingerprint BLOB    NOT NULL PRIMARY KEY CHECK (length(fingerprint) = 32),
  device      TEXT    NOT NULL,
  serial      TEXT    NOT NULL,
  issued_ms   INTEGER NOT NULL,
  expires_ms  INTEGER NOT NULL,
  revoked_ms  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX device_certificates_by_device ON device_certificates (device);
)sql";

// How a device is linked: by our agent, or as something that was there before. `foreign_id` is what it calls itself on
// such a link; two devices of one kind of link never share one.
constexpr const char* kLinks = R"sql(
ALTER TABLE devices ADD COLUMN link TEXT NOT NULL DEFAULT 'agent'
  CHECK (link IN ('agent', 'mqtt', 'robot_tcp', 'cloudtalker'));
ALTER TABLE devices ADD COLUMN foreign_id TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX devices_by_foreign_id ON devices (link, foreign_id) WHERE foreign_id <> '' AND revoked = 0;
)sql";

// A capture is a row here and a folder of files; the row is written before anything of it is acknowledged. `source_key`
// is what its source calls it, so that an upload that was cut goes on where it was.
constexpr const char* kCaptures = R"sql(
CREATE TABLE captures (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  device      TEXT    NOT NULL,
  source_key  TEXT    NOT NULL,
  trigger     TEXT    NOT NULL,
  started_ms  INTEGER NOT NULL,
  created_ms  INTEGER NOT NULL,
  ended_ms    INTEGER NOT NULL DEFAULT 0,
  state       TEXT    NOT NULL CHECK (state IN ('open', 'joining', 'ready', 'failed')),
  bytes       INTEGER NOT NULL DEFAULT 0,
  duration_ms INTEGER NOT NULL DEFAULT 0,
  width       INTEGER NOT NULL DEFAULT 0,
  height      INTEGER NOT NULL DEFAULT 0,
  message     TEXT    NOT NULL DEFAULT '',
  UNIQUE (device, source_key)
) STRICT;
CREATE INDEX captures_by_device ON captures (device, id);
CREATE TABLE capture_segments (
  capture     INTEGER NOT NULL REFERENCES captures (id) ON DELETE CASCADE,
  number      INTEGER NOT NULL,
  bytes       INTEGER NOT NULL,
  sha256      BLOB    NOT NULL CHECK (length(sha256) = 32),
  file        TEXT    NOT NULL,
  state       TEXT    NOT NULL CHECK (state IN ('stored', 'joined', 'refused')),
  message     TEXT    NOT NULL DEFAULT '',
  PRIMARY KEY (capture, number)
) STRICT, WITHOUT ROWID;
)sql";

// Random, so that files outside of the database can be marked as those of its rows (store/database_id.hpp).
constexpr const char* kDatabaseId = R"sql(
CREATE TABLE database_id (
  id TEXT NOT NULL CHECK (length(id) = 32)
) STRICT;
INSERT INTO database_id (id) VALUES (lower(hex(randomblob(16))));
)sql";

constexpr std::array kHub{Migration{1, kPeople}, Migration{2, kDevices},      Migration{3, kRights},
                          Migration{4, kAudit},  Migration{5, kDevicePlaces}, Migration{6, kCertificates},
                          Migration{7, kLinks},  Migration{8, kCaptures},     Migration{9, kDatabaseId}};

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
