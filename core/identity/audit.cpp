#include "identity/audit.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "identity/audit_rows.hpp"

namespace robohub::identity {

namespace {

constexpr std::size_t kFindLimit = 1000;
constexpr std::int64_t kRemovedAtOnce = 2000;

bool isPersonId(std::string_view text) {
  return text == "hub" || text == "local" || text.starts_with("u-") || text.starts_with("g-") || text.starts_with("t-");
}

// The text of the query with $1 ... in the order of `values`. Bounds of time become bounds of seq (found in the index
// of time alone), so that the newest rows are found first without sorting however many there are; rows are nearly in
// the order of their times, and those that are not are left out by the time itself.
struct Sql {
  // One or the other. (No variant: GCC 12 warns falsely of its string, -Wmaybe-uninitialized.)
  struct Value {
    std::int64_t number = 0;
    std::string text = {};
    bool is_text = false;
  };
  std::string text = std::string(kAuditColumns) + " WHERE 1 = 1";
  std::vector<Value> values;

  std::string next(Value value) {
    values.push_back(std::move(value));
    return "$" + std::to_string(values.size());
  }
  void add(const char* before, std::int64_t number, const char* after = "") { add(before, Value{number}, after); }
  void add(const char* before, const std::string& value, const char* after = "") {
    add(before, Value{0, value, true}, after);
  }

 private:
  void add(const char* before, Value value, const char* after) {
    text += " AND ";
    text += before;
    text += next(std::move(value));
    text += after;
  }
};

Sql sqlOf(const AuditQuery& query) {
  Sql sql;
  if (query.from_ms) {
    sql.add("seq >= (SELECT min(+seq) FROM audit WHERE at_ms >= ", *query.from_ms, ")");
    sql.add("+at_ms >= ", *query.from_ms);
  }
  if (query.to_ms) {
    sql.add("seq <= (SELECT max(+seq) FROM audit WHERE at_ms < ", *query.to_ms, ")");
    sql.add("+at_ms < ", *query.to_ms);
  }
  if (query.before_seq) sql.add("seq < ", *query.before_seq);
  if (query.after_seq) sql.add("seq > ", *query.after_seq);
  if (!query.actor.empty()) sql.add(isPersonId(query.actor) ? "actor_id = " : "actor_name = ", query.actor);
  if (query.action.ends_with('.')) {
    std::string behind = query.action;
    behind.back() = '.' + 1;
    sql.add("action >= ", query.action);
    sql.add("action < ", behind);
  } else if (!query.action.empty()) {
    sql.add("action = ", query.action);
  }
  if (!query.object.empty()) sql.add("object = ", query.object);
  if (!query.text.empty())
    sql.add("instr(lower(actor_name || char(10) || action || char(10) || object || char(10) || detail_json), lower(",
            query.text, ")) > 0");
  sql.text += query.oldest_first ? " ORDER BY seq LIMIT " : " ORDER BY seq DESC LIMIT ";
  sql.text += sql.next({static_cast<std::int64_t>(std::clamp<std::size_t>(query.limit, 1, kFindLimit))});
  return sql;
}

Result<store::Statement> prepare(store::Session& database, const std::string& before, const AuditQuery& query) {
  const Sql sql = sqlOf(query);
  auto statement = database.prepare(before + sql.text);
  int n = 0;
  for (const Sql::Value& value : sql.values) {
    if (!statement) break;
    ++n;
    if (value.is_text)
      statement->bind(n, std::string_view(value.text));
    else
      statement->bind(n, value.number);
  }
  return statement;
}

Result<std::vector<AuditRow>> readRows(store::Session& database, const AuditQuery& query) {
  auto found = prepare(database, "", query);
  if (!found) return fail(std::move(found.error()));
  std::vector<AuditRow> rows;
  while (true) {
    auto row = found->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return rows;
    rows.push_back(readRow(*found));
  }
}

// The anchor moves to the newest row that may go, at most kRemovedAtOnce further; then what is behind it goes. The
// number of rows that went.
Result<std::int64_t> removeSome(store::Session& database, std::int64_t before_ms) {
  auto anchor = readAnchor(database);
  if (!anchor) return fail(std::move(anchor.error()));
  // Only what is older than everything that stays: a row in between could not go.
  auto last = database.prepare(
      "SELECT seq, hash FROM audit WHERE seq <= $1 AND seq < coalesce((SELECT min(+seq) FROM audit WHERE at_ms >= $2),"
      " 9223372036854775807) ORDER BY seq DESC LIMIT 1",
      anchor->seq + kRemovedAtOnce, before_ms);
  if (!last) return fail(std::move(last.error()));
  auto row = last->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return 0;
  const std::int64_t through = last->integer(0);
  const store::Blob hash = last->blob(1);
  auto moved =
      database.run("UPDATE audit_anchor SET through_seq = $1, hash = $2 WHERE one = 1", through, store::Bytes(hash));
  if (!moved) return fail(std::move(moved.error()));
  return database.run("DELETE FROM audit WHERE seq <= $1", through);
}

struct Expiry {
  store::Database& database;
  const Clock& clock;
  const std::int64_t before_ms;
  const store::Done done;
  std::int64_t removed = 0;
  std::int64_t removed_now = 0;
};

void expireOn(const std::shared_ptr<Expiry>& expiry) {
  expiry->database.write(
      [expiry](store::Session& database) -> Status {
        auto removed = removeSome(database, expiry->before_ms);
        if (!removed) return fail(std::move(removed.error()));
        expiry->removed_now = *removed;
        if (*removed > 0 || expiry->removed == 0) return {};
        return appendRow(database,
                         {Actor::hub(), "audit.expire", "audit", Outcome::ok,
                          "{\"removed\":" + std::to_string(expiry->removed) + "}"},
                         toMs(expiry->clock.wall()));
      },
      [expiry](Status status) {
        if (!status || expiry->removed_now == 0) return expiry->done(std::move(status));
        expiry->removed += expiry->removed_now;
        expireOn(expiry);
      });
}

}  // namespace

Result<std::string> explainFind(store::Session& database, const AuditQuery& query) {
  auto steps = prepare(database, "EXPLAIN QUERY PLAN ", query);
  if (!steps) return fail(std::move(steps.error()));
  std::string plan;
  while (true) {
    auto row = steps->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return plan;
    plan += steps->text(3) + "\n";
  }
}

const char* toString(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok: return "ok";
    case Outcome::refused: return "refused";
    case Outcome::failed: return "failed";
  }
  return "failed";
}

std::string toJson(const AuditRow& row) {
  const AuditEntry& entry = row.entry;
  std::string json = "{\"seq\":" + std::to_string(row.seq);
  json += ",\"at_ms\":" + std::to_string(row.at_ms);
  json += ",\"actor\":{\"id\":" + json::quote(entry.actor.id) + ",\"name\":" + json::quote(entry.actor.name) + "}";
  json += ",\"address\":" + json::quote(entry.actor.address);
  json += ",\"action\":" + json::quote(entry.action);
  json += ",\"object\":" + json::quote(entry.object);
  json += std::string(",\"outcome\":\"") + toString(entry.outcome) + "\"";
  json += ",\"detail\":" + (json::parseObject(entry.detail_json) ? entry.detail_json : "{\"unreadable\":true}");
  json += ",\"hash\":\"" + row.hash + "\"}";
  return json;
}

Status Audit::append(store::Session& database, const AuditEntry& entry) const {
  return appendRow(database, entry, toMs(clock_.wall()));
}

void Audit::note(AuditEntry entry) {
  database_.write([entry = std::move(entry),
                   at_ms = toMs(clock_.wall())](store::Session& database) { return appendRow(database, entry, at_ms); },
                  [lost = lost_](Status status) {
                    if (!status) lost->fetch_add(1, std::memory_order_relaxed);
                  });
}

std::uint64_t Audit::lost() const {
  return lost_->load(std::memory_order_relaxed);
}

void Audit::find(AuditQuery query, std::function<void(Result<std::vector<AuditRow>>)> done) {
  auto rows = std::make_shared<std::vector<AuditRow>>();
  database_.read(
      [query = std::move(query), rows](store::Session& database) -> Status {
        auto found = readRows(database, query);
        if (!found) return fail(std::move(found.error()));
        *rows = std::move(*found);
        return {};
      },
      [rows, done = std::move(done)](Status status) {
        if (!status) return done(fail(std::move(status.error())));
        done(std::move(*rows));
      });
}

void Audit::expire(Duration keep, store::Done done) {
  const std::int64_t before_ms = toMs(clock_.wall()) - toMs(keep);
  expireOn(std::make_shared<Expiry>(Expiry{database_, clock_, before_ms, std::move(done)}));
}

}  // namespace robohub::identity
