// An audit on a database of its own, and somebody who changes it by hand.
#pragma once
#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <future>

#include "identity/audit.hpp"
#include "identity/audit_rows.hpp"
#include "store/wait_for.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::identity::test {

struct Trail {
  explicit Trail(const std::filesystem::path& path)
      : folder(store::DataFolder::open(path, "test").value()),
        database(store::Database::open(*folder).value()),
        audit(std::make_unique<Audit>(*database, clock)) {}
  ~Trail() { database->close(); }

  Status append(AuditEntry entry) {
    return database->writeNow([&, entry](store::Session& session) { return audit->append(session, entry); });
  }
  void rows(int count) {
    Status done = database->writeNow([&](store::Session& session) -> Status {
      for (int i = 1; i <= count; ++i)
        if (Status each = appendRow(session,
                                    {{"u-" + std::to_string(i % 5), "Ada", "192.0.2.1"},
                                     i % 2 ? "turn.begin" : "turn.end",
                                     "device:lab-" + std::to_string(i % 7),
                                     Outcome::ok,
                                     "{\"n\":" + std::to_string(i) + "}"},
                                    1'000 * static_cast<std::int64_t>(i));
            !each)
          return each;
      return {};
    });
    REQUIRE(done);
  }
  void flush() {
    REQUIRE(database->writeNow([](store::Session&) -> Status { return {}; }));
  }
  AuditVerdict verify(const std::string& head = "") {
    return store::waitFor<AuditVerdict>([&](auto done) { audit->verify(head, done); }).value();
  }
  std::vector<AuditRow> find(AuditQuery query) {
    return store::waitFor<std::vector<AuditRow>>([&](auto done) { audit->find(query, done); }).value();
  }
  Status expire(Duration keep) {
    std::promise<Status> answer;
    audit->expire(keep, [&](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }

  ManualClock clock;
  std::unique_ptr<store::DataFolder> folder;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<Audit> audit;
};

// As somebody with the file and a sqlite3 program would.
inline void byHand(const std::filesystem::path& folder, const std::string& sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open((folder / "hub.db").c_str(), &handle) == SQLITE_OK);
  char* error = nullptr;
  const std::string all =
      "PRAGMA ignore_check_constraints=1; DROP TRIGGER audit_keeps_rows; DROP TRIGGER audit_keeps_text; " + sql;
  const int result = sqlite3_exec(handle, all.c_str(), nullptr, nullptr, &error);
  INFO((error ? error : ""));
  CHECK(result == SQLITE_OK);
  sqlite3_free(error);
  sqlite3_close(handle);
}

}  // namespace robohub::identity::test
