// Walking the chain: every row is read and hashed again, a few thousand at a time, so that no read is long.
#include <algorithm>

#include "identity/audit.hpp"
#include "identity/audit_rows.hpp"
#include "identity/secrets.hpp"

namespace robohub::identity {

namespace {

constexpr int kRowsAtOnce = 5000;

struct Walk {
  store::Database& database;
  const std::string known_head;
  const std::function<void(Result<AuditVerdict>)> done;
  AuditHead last{};
  bool begun = false;
  bool at_end = false;
  bool found_bad = false;
  bool known_found = false;
  AuditVerdict verdict{};

  void bad(std::int64_t seq, std::string message) {
    verdict.first_bad_seq = seq;
    verdict.message = std::move(message);
    at_end = found_bad = true;
  }
  void see(const AuditHash& hash) {
    last.hash = hash;
    if (!known_head.empty() && hexOf(hash) == known_head) known_found = true;
  }
  Status begin(store::Session& session);
  Status piece(store::Session& session);
  bool check(const store::Statement& stored);
  void conclude();
};

// Retention may move the beginning on while we walk; what it took away has gone rightly.
Status Walk::begin(store::Session& session) {
  auto anchor = readAnchor(session);
  if (!anchor && anchor.error().code == ErrorCode::corrupt) {
    bad(1, anchor.error().message);
    return {};
  }
  if (!anchor) return fail(std::move(anchor.error()));
  if (begun && anchor->seq <= last.seq) return {};
  begun = true;
  last.seq = anchor->seq;
  see(anchor->hash);
  auto behind = session.prepare("SELECT seq FROM audit WHERE seq <= $1 ORDER BY seq LIMIT 1", last.seq);
  if (!behind) return fail(std::move(behind.error()));
  auto row = behind->step();
  if (!row) return fail(std::move(row.error()));
  if (*row)
    bad(behind->integer(0), "Row " + std::to_string(behind->integer(0)) +
                                " stands before the beginning of the chain: it was put in, or the anchor was moved.");
  return {};
}

bool Walk::check(const store::Statement& stored) {
  const AuditRow row = readRow(stored);
  if (row.seq != last.seq + 1) {
    bad(last.seq + 1, "Row " + std::to_string(last.seq + 1) + " is missing.");
    return false;
  }
  const AuditHash hash = hashOf(row, last.hash);
  const store::Blob written = stored.blob(9);
  // Another word than the three for an outcome was read as one of them.
  const bool same = std::equal(hash.begin(), hash.end(), written.begin(), written.end()) &&
                    stored.text(7) == toString(row.entry.outcome);
  if (!same) {
    bad(row.seq, "Row " + std::to_string(row.seq) + " was changed, or the one before it was exchanged.");
    return false;
  }
  ++verdict.rows;
  last.seq = row.seq;
  see(hash);
  return true;
}

Status Walk::piece(store::Session& session) {
  if (Status ready = begin(session); !ready || at_end) return ready;
  auto rows =
      session.prepare(std::string(kAuditColumns) + " WHERE seq > $1 ORDER BY seq LIMIT $2", last.seq, kRowsAtOnce);
  if (!rows) return fail(std::move(rows.error()));
  for (int n = 0; n < kRowsAtOnce; ++n) {
    auto row = rows->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) {
      at_end = true;
      return {};
    }
    if (!check(*rows)) return {};
  }
  return {};
}

void Walk::conclude() {
  verdict.head = hexOf(last.hash);
  if (found_bad) return;
  if (!known_head.empty() && !known_found) {
    verdict.first_bad_seq = last.seq + 1;
    verdict.message =
        "The chain itself is whole, but the head that was given is not in it: rows at its end were removed, the chain "
        "was "
        "made anew, or retention has removed the row since.";
    return;
  }
  verdict.good = true;
  verdict.message = "The chain is whole: " + std::to_string(verdict.rows) + " rows.";
}

void walkOn(const std::shared_ptr<Walk>& walk) {
  walk->database.read([walk](store::Session& session) { return walk->piece(session); },
                      [walk](Status status) {
                        if (!status) return walk->done(fail(std::move(status.error())));
                        if (!walk->at_end) return walkOn(walk);
                        walk->conclude();
                        walk->done(std::move(walk->verdict));
                      });
}

}  // namespace

void Audit::verify(std::string known_head, std::function<void(Result<AuditVerdict>)> done) {
  std::transform(known_head.begin(), known_head.end(), known_head.begin(),
                 [](char each) { return each >= 'A' && each <= 'F' ? static_cast<char>(each + 32) : each; });
  walkOn(std::make_shared<Walk>(Walk{database_, std::move(known_head), std::move(done)}));
}

}  // namespace robohub::identity
