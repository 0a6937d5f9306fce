#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <random>

#include "store/database.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using store::Session;

namespace {

constexpr store::Migration kRows[] = {{1, "CREATE TABLE rows (n INTEGER PRIMARY KEY, text TEXT)"}};

// Writes rows from `first` on until it is killed, and tells the number of each acknowledged one on the pipe.
[[noreturn]] void writeUntilKilled(const std::filesystem::path& path, std::int64_t first, int ledger) {
  auto folder = store::DataFolder::open(path, "child");
  auto database = folder ? store::Database::open(**folder, "hub.db", kRows) : fail(folder.error());
  if (!database) ::_exit(1);
  std::atomic<int> waiting{0};
  for (std::int64_t n = first;; ++n) {
    while (waiting > 64) ::usleep(50);
    ++waiting;
    (*database)->write(
        [n](Session& s) -> Status {
          auto done = s.run("INSERT INTO rows VALUES ($1, $2)", n, std::string(100, 'x'));
          return done ? Status() : Status(fail(done.error()));
        },
        [n, ledger, &waiting](Status status) {
          if (!status || ::write(ledger, &n, sizeof n) != sizeof n) ::_exit(2);
          --waiting;
        });
  }
}

}  // namespace

TEST_CASE("every acknowledged row is there after kill -9, round after round") {
  test::TempFolder temp;
  std::mt19937 random(20240);
  std::int64_t acknowledged = -1;
  for (int round = 0; round < 6; ++round) {
    int ledger[2];
    REQUIRE(::pipe(ledger) == 0);
    pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(ledger[0]);
      writeUntilKilled(temp.path(), acknowledged + 1000, ledger[1]);
    }
    ::close(ledger[1]);
    // Killed after a random number of acknowledgements, so at any point of a batch; then the rest of the ledger is
    // read.
    std::int64_t n = 0, told = 0, kill_at = 1 + static_cast<std::int64_t>(random() % 3000);
    std::vector<std::int64_t> ledger_rows;
    while (::read(ledger[0], &n, sizeof n) == sizeof n) {
      ledger_rows.push_back(n);
      if (++told == kill_at) ::kill(child, SIGKILL);
    }
    ::close(ledger[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(told >= kill_at);
    acknowledged = ledger_rows.back();

    auto folder = store::DataFolder::open(temp.path(), "test");
    REQUIRE(folder);
    auto database = store::Database::open(**folder, "hub.db", kRows);
    REQUIRE(database);
    REQUIRE((*database)->readNow([&](Session& s) -> Status {
      for (std::int64_t row : ledger_rows) {
        auto found = s.prepare("SELECT 1 FROM rows WHERE n = $1", row);
        auto there = found->step();
        if (!there || !*there) return fail(ErrorCode::corrupt, "row " + std::to_string(row) + " is lost");
      }
      return {};
    }));
  }
}
