#include "store/session.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace robohub::store {
namespace {

constexpr std::size_t kIdleStatements = 64;

// Prepared for each name once, so that binding allocates nothing: "$1" ... "$32".
struct ParameterName {
  std::array<char, 8> text{};
  explicit ParameterName(int n) { std::snprintf(text.data(), text.size(), "$%d", n); }
};

Status configure(Session& session, Session::Role role) {
  sqlite3* db = session.handle();
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, 2000);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // 3.40.1 can lose a WAL reset when two connections checkpoint: only the writer ever does, when it says so.
  sqlite3_wal_autocheckpoint(db, 0);
  if (role == Session::Role::reader) sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);

  // Each of several connections would fill two megabytes within the first hour, with pages that the kernel has anyway.
  if (auto done = session.runScript(
          "PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; PRAGMA cache_size=-512;");
      !done)
    return done;
  if (role == Session::Role::reader) return session.runScript("PRAGMA query_only=ON;");

  auto mode = session.prepare("PRAGMA journal_mode=WAL");
  if (!mode) return fail(std::move(mode.error()));
  auto row = mode->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row || mode->text(0) != "wal")
    return fail(ErrorCode::internal,
                "The file system of the data folder cannot keep a write-ahead log; use a local disk.");
  return session.runScript("PRAGMA synchronous=FULL; PRAGMA journal_size_limit=16777216;");
}

}  // namespace

Error errorOf(int result, sqlite3* handle) {
  std::string detail = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(result);
  switch (result & 0xff) {
    case SQLITE_FULL: return {ErrorCode::exhausted, "The disk of the data folder is full; free some space.", ""};
    case SQLITE_CONSTRAINT: return {ErrorCode::conflict, "The database refused it: " + detail + ".", ""};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return {ErrorCode::corrupt, "The database file is damaged: " + detail + ".", ""};
    case SQLITE_INTERRUPT: return {ErrorCode::timeout, "Reading the database took too long.", ""};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {ErrorCode::unavailable, "Another program holds the database file.", ""};
    case SQLITE_TOOBIG: return {ErrorCode::too_large, "It is too large for the database.", ""};
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return {ErrorCode::permission_denied, "The database file cannot be opened or written: " + detail + ".", ""};
    case SQLITE_IOERR: return {ErrorCode::internal, "The disk of the data folder fails: " + detail + ".", ""};
    default: return {ErrorCode::internal, "The database failed: " + detail + ".", ""};
  }
}

Statement::Statement(Statement&& other) noexcept
    : session_(other.session_), handle_(std::exchange(other.handle_, nullptr)), fault_(std::move(other.fault_)) {}

Statement::~Statement() {
  if (handle_) session_->giveBack(handle_);
}

int Statement::indexOf(int n) {
  return sqlite3_bind_parameter_index(handle_, ParameterName(n).text.data());
}

void Statement::note(int n, int result) {
  if (result == SQLITE_OK || fault_) return;
  if (result == SQLITE_RANGE)
    fault_ = Error{ErrorCode::internal, "The statement has no parameter $" + std::to_string(n) + ".", ""};
  else
    fault_ = errorOf(result, session_->handle());
}

Statement& Statement::bind(int n, std::nullptr_t) {
  note(n, sqlite3_bind_null(handle_, indexOf(n)));
  return *this;
}

Statement& Statement::bind(int n, double value) {
  note(n, sqlite3_bind_double(handle_, indexOf(n), value));
  return *this;
}

Statement& Statement::bind(int n, std::string_view text) {
  // A null pointer would bind NULL, and an empty view may have one.
  note(n, sqlite3_bind_text64(handle_, indexOf(n), text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int n, Bytes bytes) {
  note(n, bytes.empty() ? sqlite3_bind_zeroblob(handle_, indexOf(n), 0)
                        : sqlite3_bind_blob64(handle_, indexOf(n), bytes.data(), bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bindInteger(int n, std::int64_t value) {
  note(n, sqlite3_bind_int64(handle_, indexOf(n), value));
  return *this;
}

Statement& Statement::bindTooLarge(int n) {
  if (!fault_)
    fault_ = Error{ErrorCode::invalid_argument, "$" + std::to_string(n) + " is beyond the integers of a database.", ""};
  return *this;
}

Result<bool> Statement::step() {
  if (fault_) return fail(*fault_);
  if (session_->transaction_required_ && !session_->inTransaction())
    return fail(ErrorCode::internal, "The database has rolled the transaction back; nothing of it was stored.");
  switch (int result = sqlite3_step(handle_)) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: return fail(errorOf(result, session_->handle()));
  }
}

bool Statement::isNull(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(handle_, column);
}

std::string Statement::text(int column) const {
  auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return text ? std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))) : std::string();
}

Blob Statement::blob(int column) const {
  auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
  return bytes ? Blob(bytes, bytes + sqlite3_column_bytes(handle_, column)) : Blob();
}

Result<std::unique_ptr<Session>> Session::open(const std::string& path, Role role) {
  if (role == Role::writer) {
    // SQLite would make it readable for all; its -wal and -shm files take over the mode.
    int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
      return fail(errno == ENOSPC ? ErrorCode::exhausted : ErrorCode::permission_denied,
                  "The database file " + path + " cannot be opened: " + std::strerror(errno) + ".");
    ::close(file);
  }
  sqlite3* handle = nullptr;
  int result = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Session> session(new Session(handle));
  if (result != SQLITE_OK) return fail(errorOf(result, handle));
  if (auto ready = configure(*session, role); !ready) return fail(std::move(ready.error()));
  return session;
}

Session::~Session() {
  for (auto& [sql, statement] : idle_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

Result<Statement> Session::prepareOnly(std::string_view sql) {
  if (auto found = idle_.find(std::string(sql)); found != idle_.end()) {
    sqlite3_stmt* handle = found->second;
    idle_.erase(found);
    return Statement(*this, handle);
  }
  sqlite3_stmt* handle = nullptr;
  const char* rest = nullptr;
  int result =
      sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle, &rest);
  if (result != SQLITE_OK) return fail(errorOf(result, handle_));
  Statement statement(*this, handle);
  if (!handle || rest != sql.data() + sql.size())
    return fail(ErrorCode::internal, "Exactly one statement, without a semicolon, is expected: " + std::string(sql));
  return statement;
}

void Session::giveBack(sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  const char* sql = sqlite3_sql(statement);
  if (idle_.size() >= kIdleStatements || !idle_.emplace(sql, statement).second) sqlite3_finalize(statement);
}

Result<std::int64_t> Session::finish(Statement& statement) {
  while (true) {
    auto row = statement.step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return sqlite3_changes64(handle_);
  }
}

Status Session::runScript(const char* sql) {
  int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return fail(errorOf(result, handle_));
  return {};
}

bool Session::inTransaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

}  // namespace robohub::store
