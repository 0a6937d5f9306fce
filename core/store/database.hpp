// Whatever was acknowledged is on disk, and nobody waits for the disk who need not. One thread writes: it drains the
// queue (at most 512 requests), runs each in a savepoint of ONE transaction, commits with synchronous=FULL, and only
// then acknowledges; a hundred waiting requests cost one fsync. Two threads read, on connections of their own.
// Loops call write() and read() and never block; `done` comes on a thread of the database and should post to a loop.
#pragma once
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "store/data_folder.hpp"
#include "store/migrations.hpp"
#include "store/session.hpp"

namespace robohub::store {

// What one request does. Runs inside a transaction, on a thread of the database; an error undoes this request alone.
// It may run before others fail the whole batch, so it must change nothing but the database and what `done` reads.
// It must not begin or end transactions nor call writeNow(). It may capture by value or shared_ptr.
using Work = std::function<Status(Session&)>;
// Called exactly once. Must not throw, and should be quick: the next batch waits for it.
using Done = std::function<void(Status)>;

struct DatabaseLimits {
  std::size_t write_queue = 8192;  // requests waiting to be written
  std::size_t read_queue = 256;    // requests waiting to be read
  std::size_t batch = 512;         // requests in one transaction
  Duration read_time =
      std::chrono::seconds(2);  // a read is interrupted after this: a long one keeps the WAL from being reused
  std::function<void()> on_full;  // a batch found the disk full; on the writer thread, quick
};

// Thread-safe: write, writeNow, read and readNow may be called from any thread.
class Database {
 public:
  // Opens `<folder>/<name>` (the folder's lock is held by whoever made `folder`, which must outlive the database),
  // checks it, migrates it and starts its threads. Blocks.
  // Errors: corrupt (damaged, says what to do), unsupported (made by a newer program), exhausted (disk full), internal.
  static Result<std::unique_ptr<Database>> open(const DataFolder& folder, std::string_view name = "hub.db",
                                                std::span<const Migration> migrations = hubMigrations(),
                                                DatabaseLimits limits = {});
  ~Database();  // close()
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Queues a change; requests are executed in the order in which they were queued, and acknowledged in it.
  // `done` is called on the writer thread when it is durable or has failed; when it cannot be queued (exhausted:
  // the queue is full; unavailable: closing) it is called at once on the calling thread. Does not block.
  // Errors of a whole batch (disk full, I/O error): exhausted, internal; nothing of it is in the database.
  void write(Work work, Done done);
  // The same, waiting for it: start-up, command line and tests; never on a loop.
  Status writeNow(Work work);

  // Changes that wait to be written. [any-thread]
  std::size_t waitingWrites() const;

  // Reads in one short transaction on a reader thread; `done` is called there (or at once on the calling thread, as
  // with write). Errors: timeout after limits.read_time, exhausted, unavailable. Does not block.
  void read(Work work, Done done);
  // The same on the calling thread, waiting: start-up, command line and tests; never on a loop.
  Status readNow(const Work& work);

  // Finishes what is queued to be written, fails what is queued to be read, joins the threads, empties the WAL and
  // closes the file. Afterwards every call is answered unavailable. Blocks. Safe to call twice; not from `work` or
  // `done`.
  void close();

 private:
  struct Parts;
  explicit Database(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace robohub::store
