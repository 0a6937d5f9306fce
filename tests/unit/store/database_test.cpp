#include "store/database.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <thread>

#include "unit/store/temp_folder.hpp"

using namespace robohub;
using store::Database;
using store::Migration;
using store::Session;

namespace {

constexpr Migration kRows[] = {
    {1, "CREATE TABLE rows (caller INTEGER, n INTEGER, text TEXT, PRIMARY KEY (caller, n))"}};

struct Fixture {
  test::TempFolder temp;
  std::unique_ptr<store::DataFolder> folder = store::DataFolder::open(temp.path(), "test").value();

  Result<std::unique_ptr<Database>> open(std::span<const Migration> migrations = kRows,
                                         store::DatabaseLimits limits = {}) {
    return Database::open(*folder, "hub.db", migrations, limits);
  }
  static std::int64_t count(Database& database) {
    std::int64_t rows = -1;
    REQUIRE(database.readNow([&](Session& s) -> Status {
      auto found = s.prepare("SELECT count(*) FROM rows");
      if (auto row = found->step(); !row) return fail(row.error());
      rows = found->integer(0);
      return {};
    }));
    return rows;
  }
};

store::Work insert(int caller, int n, std::string text = "") {
  return [=](Session& s) -> Status {
    if (auto done = s.run("INSERT INTO rows VALUES ($1, $2, $3)", caller, n, text); !done) return fail(done.error());
    return {};
  };
}

// Holds the writer thread inside a request until it is let go, so that the next batch is known to hold all that
// follows.
struct Gate {
  std::promise<void> entered;
  std::promise<void> open;
  store::Work work() {
    return [this](Session&) -> Status {
      entered.set_value();
      open.get_future().wait();
      return {};
    };
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "thousands of writes of several threads are all durable and acknowledged in order") {
  constexpr int kCallers = 4, kEach = 3000;
  {
    auto database = open().value();
    std::vector<std::thread> callers;
    std::vector<std::vector<int>> acknowledged(kCallers);
    std::atomic<int> failed{0};
    for (int caller = 0; caller < kCallers; ++caller)
      callers.emplace_back([&, caller] {
        for (int n = 0; n < kEach; ++n) {
          // Every tenth one waits, so that callers cannot outrun the queue.
          auto done = [&, caller, n](Status status) { status ? acknowledged[caller].push_back(n) : void(++failed); };
          if (n % 10 == 9) {
            std::promise<void> finished;
            database->write(insert(caller, n), [&](Status status) {
              done(std::move(status));
              finished.set_value();
            });
            finished.get_future().wait();
          } else {
            database->write(insert(caller, n), done);
          }
        }
      });
    for (auto& caller : callers) caller.join();
    database->close();
    CHECK(failed == 0);
    for (auto& order : acknowledged) {
      REQUIRE(order.size() == kEach);
      CHECK(std::is_sorted(order.begin(), order.end()));
    }
  }
  auto again = open().value();
  CHECK(count(*again) == kCallers * kEach);
}

TEST_CASE_METHOD(Fixture, "a failing request in a batch is undone alone") {
  auto database = open().value();
  Gate gate;
  database->write(gate.work(), [](Status) {});
  gate.entered.get_future().wait();
  std::vector<Status> answers;
  auto note = [&](Status status) { answers.push_back(std::move(status)); };
  database->write(insert(1, 1), note);
  database->write(
      [](Session& s) -> Status {
        if (auto half = s.run("INSERT INTO rows VALUES (9, 9, 'half')"); !half) return fail(half.error());
        return fail(ErrorCode::conflict, "No.");
      },
      note);
  database->write(insert(1, 1), note);  // breaks the primary key
  database->write([](Session&) -> Status { throw std::runtime_error("thrown"); }, note);
  database->write(insert(1, 2), note);
  gate.open.set_value();
  database->close();

  REQUIRE(answers.size() == 5);
  CHECK(answers[0]);
  CHECK(answers[1].error().message == "No.");
  CHECK(answers[2].error().code == ErrorCode::conflict);
  CHECK(answers[3].error().message.find("thrown") != std::string::npos);
  CHECK(answers[4]);
  CHECK(count(*open().value()) == 2);
}

TEST_CASE_METHOD(Fixture,
                 "a request that ends the transaction fails its whole batch, and nothing after it is stored unasked") {
  auto database = open().value();
  Gate gate;
  database->write(gate.work(), [](Status) {});
  gate.entered.get_future().wait();
  std::vector<Status> answers;
  auto note = [&](Status status) { answers.push_back(std::move(status)); };
  database->write(insert(1, 1), note);
  bool stray_was_stored = true;
  // What SQLite does by itself when the disk is full; the request goes on as if nothing had happened.
  database->write(
      [&](Session& s) -> Status {
        if (auto gone = s.runScript("ROLLBACK"); !gone) return gone;
        stray_was_stored = s.run("INSERT INTO rows VALUES (2, 2, 'stray')").has_value();
        return {};
      },
      note);
  database->write(insert(1, 3), note);
  gate.open.set_value();
  (void)database->writeNow(insert(1, 4));  // of the same batch or of the next
  REQUIRE(database->writeNow(insert(1, 5)));
  CHECK_FALSE(stray_was_stored);
  REQUIRE(answers.size() == 3);
  for (auto& answer : answers) CHECK(answer.error().code == ErrorCode::internal);
  REQUIRE(database->readNow([](Session& s) -> Status {
    auto found = s.prepare("SELECT count(*) FROM rows WHERE n < 4");
    REQUIRE(found->step().value());
    CHECK(found->integer(0) == 0);
    return {};
  }));
}

TEST_CASE_METHOD(Fixture,
                 "a full disk is told, loses nothing acknowledged, and writing goes on when there is space again") {
  auto database = open().value();
  REQUIRE(database->writeNow([](Session& s) -> Status { return s.runScript("PRAGMA max_page_count=40"); }));
  std::vector<Status> answers;
  for (int n = 0; n < 300; ++n)
    database->write(insert(1, n, std::string(1500, 'x')), [&](Status status) { answers.push_back(std::move(status)); });
  REQUIRE_FALSE(database->writeNow(insert(2, 0, std::string(500'000, 'y'))));
  REQUIRE(answers.size() == 300);
  auto stored = std::count_if(answers.begin(), answers.end(), [](auto& answer) { return answer.has_value(); });
  for (auto& answer : answers)
    if (!answer) CHECK(answer.error().code == ErrorCode::exhausted);
  CHECK(stored < 300);
  CHECK(count(*database) == stored);
  REQUIRE(database->writeNow([](Session& s) -> Status { return s.runScript("PRAGMA max_page_count=100000"); }));
  REQUIRE(database->writeNow(insert(3, 0, std::string(500'000, 'z'))));
  database.reset();
  CHECK(count(*open().value()) == stored + 1);
}

TEST_CASE_METHOD(Fixture, "a full queue and a closed database answer at once") {
  auto database = open(kRows, {.write_queue = 2, .read_queue = 1, .on_full = {}}).value();
  Gate gate;
  database->write(gate.work(), [](Status) {});
  gate.entered.get_future().wait();
  std::atomic<int> stored{0};
  for (int n = 0; n < 2; ++n) database->write(insert(1, n), [&](Status status) { stored += status.has_value(); });
  ErrorCode refused = ErrorCode::internal;
  database->write(insert(1, 2), [&](Status status) { refused = status.error().code; });
  CHECK(refused == ErrorCode::exhausted);
  gate.open.set_value();
  database->close();
  CHECK(stored == 2);
  CHECK(database->writeNow(insert(1, 3)).error().code == ErrorCode::unavailable);
  CHECK(database->readNow([](Session&) -> Status { return {}; }).error().code == ErrorCode::unavailable);
  database->read([](Session&) -> Status { return {}; }, [&](Status status) { refused = status.error().code; });
  CHECK(refused == ErrorCode::unavailable);
}

TEST_CASE_METHOD(Fixture,
                 "readers see what was acknowledged, answer on their own thread, and are cut when they take too long") {
  auto database = open(kRows, {.read_time = std::chrono::milliseconds(50), .on_full = {}}).value();
  REQUIRE(database->writeNow(insert(1, 1)));
  CHECK(count(*database) == 1);
  std::promise<std::pair<Status, std::thread::id>> answer;
  database->read(
      [](Session& s) -> Status {
        auto forever =
            s.prepare("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
        if (auto row = forever->step(); !row) return fail(row.error());
        return {};
      },
      [&](Status status) {
        answer.set_value({std::move(status), std::this_thread::get_id()});
      });
  auto [status, thread] = answer.get_future().get();
  CHECK(status.error().code == ErrorCode::timeout);
  CHECK(thread != std::this_thread::get_id());
  CHECK(count(*database) == 1);
}

TEST_CASE_METHOD(Fixture, "migrations run once each, a failing one leaves its predecessors, a newer file is refused") {
  constexpr Migration kTwo[] = {kRows[0], {2, "CREATE TABLE more (a); INSERT INTO more VALUES (1)"}};
  constexpr Migration kBroken[] = {kTwo[0], kTwo[1], {3, "CREATE TABLE third (a); CREATE TABLE third (a)"}};
  REQUIRE(open().value()->writeNow(insert(1, 1)));
  auto broken = open(kBroken);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message.find("version 3") != std::string::npos);
  {
    auto database = open(kTwo).value();
    CHECK(count(*database) == 1);
    REQUIRE(database->readNow([](Session& s) -> Status {
      auto found =
          s.prepare("SELECT (SELECT count(*) FROM more), (SELECT count(*) FROM sqlite_master WHERE name = 'third')");
      REQUIRE(found->step().value());
      CHECK(found->integer(0) == 1);
      CHECK(found->integer(1) == 0);
      return {};
    }));
  }
  auto older = open();
  REQUIRE_FALSE(older);
  CHECK(older.error().code == ErrorCode::unsupported);
  CHECK(older.error().message.find("newer robohub") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "the hub's own tables are made") {
  auto database = Database::open(*folder).value();
  CHECK(database->readNow([](Session& s) -> Status {
    for (const char* table : {"SELECT 1 FROM accounts", "SELECT 1 FROM account_sessions", "SELECT 1 FROM devices"}) {
      auto found = s.prepare(table);
      if (!found) return fail(found.error());
    }
    return {};
  }));
}

TEST_CASE_METHOD(Fixture, "a damaged file is found at start and says what to do") {
  {
    auto database = open().value();
    for (int n = 0; n < 50; ++n) REQUIRE(database->writeNow(insert(1, n, std::string(3000, 'x'))));
  }
  auto path = folder->file("hub.db");
  SECTION("in the middle") {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 1; page < 10; ++page) {
      file.seekp(page * 4096);
      file << std::string(200, '\xA5');
    }
  }
  SECTION("at the head") {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file << std::string(4096, 'x');
  }
  SECTION("cut") {
    std::filesystem::resize_file(path, 3 * 4096);
  }
  auto database = open();
  REQUIRE_FALSE(database);
  CHECK(database.error().code == ErrorCode::corrupt);
  CHECK(database.error().message.find("put back a copy from a backup") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "the log beside the file stays small while writes go on, and a clean close leaves none") {
  auto database = open().value();
  for (int round = 0; round < 40; ++round) {
    for (int n = 0; n < 99; ++n) database->write(insert(round, n, std::string(4000, 'x')), [](Status) {});
    REQUIRE(database->writeNow(insert(round, 99)));
  }
  CHECK(std::filesystem::file_size(folder->file("hub.db-wal")) < 12'000'000);
  database->close();
  CHECK_FALSE(std::filesystem::exists(folder->file("hub.db-wal")));
}

TEST_CASE_METHOD(Fixture, "waiting on the writer thread for itself is refused") {
  auto database = open().value();
  Status inner;
  REQUIRE(database->writeNow([&](Session&) -> Status {
    inner = database->writeNow(insert(1, 1));
    return {};
  }));
  CHECK(inner.error().code == ErrorCode::internal);
}
