// The sqlite3 C interface with its traps closed: a statement that is always reset, parameters that are bound by NAME
// (SQLite numbers `$n` by first appearance, so that VALUES($2,$1) bound by position would swap silently), and no
// statement outside the transaction that its caller believes to be in (a full disk rolls back by itself; whatever is
// executed after that would be committed one by one).
//
// A Session belongs to one connection and is used by one thread at a time; Statements belong to their Session and must
// not outlive the call that was given it. SQL is written with $1, $2, ..., ON CONFLICT and RETURNING, as PostgreSQL
// takes it.
#pragma once
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace robohub::store {

using Bytes = std::span<const std::uint8_t>;
using Blob = std::vector<std::uint8_t>;

class Session;

// One prepared statement with its parameters. A fault while binding is told by the next step().
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();  // resets it and hands it back to the session, which keeps it prepared

  // Each value is copied. `n` is the number in the text: bind(2, x) fills $2, wherever it stands.
  Statement& bind(int n, std::nullptr_t);
  Statement& bind(int n, double value);  // SQLite stores NaN as NULL
  Statement& bind(int n, std::string_view text);
  Statement& bind(int n, Bytes bytes);
  template <std::integral T>
  Statement& bind(int n, T value) {
    if (!std::in_range<std::int64_t>(value)) return bindTooLarge(n);
    return bindInteger(n, static_cast<std::int64_t>(value));
  }
  template <class T>
  Statement& bind(int n, const std::optional<T>& value) {
    return value ? bind(n, *value) : bind(n, nullptr);
  }

  // True: a row is there to be read. False: finished. Errors: conflict (a constraint), exhausted (disk full), timeout
  // (the read took too long), corrupt, unavailable (another process holds the file), internal (wrong SQL).
  Result<bool> step();

  // Columns of the current row, from 0. NULL reads as 0, "" or empty.
  bool isNull(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  Blob blob(int column) const;

 private:
  friend class Session;
  Statement(Session& session, sqlite3_stmt* handle) : session_(&session), handle_(handle) {}
  Statement& bindInteger(int n, std::int64_t value);
  Statement& bindTooLarge(int n);
  int indexOf(int n);
  void note(int n, int result);

  Session* session_;
  sqlite3_stmt* handle_;
  std::optional<Error> fault_;
};

class Session {
 public:
  enum class Role { writer, reader };

  // Opens (a writer: makes) the database file with foreign_keys on, and WAL with synchronous=FULL for a writer;
  // readers are query-only and never checkpoint. Use Database rather than this. Blocks.
  static Result<std::unique_ptr<Session>> open(const std::string& path, Role role);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // A statement with its arguments bound to $1, $2, ... in order.
  template <class... Args>
  Result<Statement> prepare(std::string_view sql, const Args&... args) {
    auto statement = prepareOnly(sql);
    if (statement) {
      int n = 0;
      (statement->bind(++n, args), ...);
    }
    return statement;
  }

  // Executes to the end, discarding rows; the number of changed rows.
  template <class... Args>
  Result<std::int64_t> run(std::string_view sql, const Args&... args) {
    auto statement = prepare(sql, args...);
    if (!statement) return fail(std::move(statement.error()));
    return finish(*statement);
  }

  // Several statements without parameters, separated by `;` (migrations).
  Status runScript(const char* sql);

  // False when no transaction is open, also because the database has rolled it back by itself.
  bool inTransaction() const;
  // While on, statements outside of a transaction are refused (internal).
  void requireTransaction(bool on) { transaction_required_ = on; }

  sqlite3* handle() const { return handle_; }

 private:
  friend class Statement;
  explicit Session(sqlite3* handle) : handle_(handle) {}
  Result<Statement> prepareOnly(std::string_view sql);
  Result<std::int64_t> finish(Statement& statement);
  void giveBack(sqlite3_stmt* statement);

  sqlite3* handle_;
  bool transaction_required_ = false;
  std::unordered_map<std::string, sqlite3_stmt*> idle_;  // prepared and not in use, by their text
};

// What a sqlite3 result code means for us, with the database's own words.
Error errorOf(int result, sqlite3* handle);

}  // namespace robohub::store
