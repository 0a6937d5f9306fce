#include "store/database.hpp"

#include <future>

#include "store/readers.hpp"
#include "store/writer.hpp"

namespace robohub::store {
namespace {

std::string adviceFor(const std::string& path) {
  return " Keep " + path + " and " + path +
         "-wal for a closer look (move them away), and put back a copy from a backup.";
}

// A damaged file opens normally and fails days later in the middle of something; so it is read whole at start.
Status quickCheck(Session& session) {
  auto check = session.prepare("PRAGMA quick_check(1)");
  if (!check) return fail(std::move(check.error()));
  auto row = check->step();
  if (!row) return fail(std::move(row.error()));
  if (*row && check->text(0) == "ok") return {};
  return fail(ErrorCode::corrupt, "The database file is damaged: " + check->text(0) + ".");
}

Result<std::unique_ptr<Session>> openChecked(const std::string& path, std::span<const Migration> migrations) {
  auto session = Session::open(path, Session::Role::writer);
  Status ready;
  if (!session) {
    ready = fail(session.error());
  } else {
    ready = quickCheck(**session);
    if (ready) ready = migrate(**session, migrations, path);
  }
  if (ready) return session;
  Error error = ready.error();
  if (error.code == ErrorCode::corrupt) error.message += adviceFor(path);
  error.where = path;
  return fail(std::move(error));
}

}  // namespace

struct Database::Parts {
  std::unique_ptr<Writer> writer;
  std::unique_ptr<Readers> readers;
};

Database::Database(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Database::~Database() {
  close();
}

Result<std::unique_ptr<Database>> Database::open(const DataFolder& folder, std::string_view name,
                                                 std::span<const Migration> migrations, DatabaseLimits limits) {
  std::string path = folder.file(name).string();
  auto session = openChecked(path, migrations);
  if (!session) return fail(std::move(session.error()));
  auto readers = Readers::start(path, limits);
  if (!readers) return fail(std::move(readers.error()));
  auto parts = std::make_unique<Parts>();
  parts->readers = std::move(*readers);
  parts->writer = std::make_unique<Writer>(std::move(*session), limits);
  return std::unique_ptr<Database>(new Database(std::move(parts)));
}

void Database::write(Work work, Done done) {
  parts_->writer->write(std::move(work), std::move(done));
}

Status Database::writeNow(Work work) {
  if (parts_->writer->isOwnThread())
    return fail(ErrorCode::internal, "writeNow() was called on the writer thread, which would wait for itself.");
  auto answer = std::make_shared<std::promise<Status>>();
  auto future = answer->get_future();
  write(std::move(work), [answer](Status status) { answer->set_value(std::move(status)); });
  return future.get();
}

std::size_t Database::waitingWrites() const {
  return parts_->writer->waiting();
}

void Database::read(Work work, Done done) {
  parts_->readers->read(std::move(work), std::move(done));
}
Status Database::readNow(const Work& work) {
  return parts_->readers->readNow(work);
}

void Database::close() {
  // Readers first: the last connection to go empties the WAL, and that must be the writer's.
  parts_->readers->close();
  parts_->writer->close();
}

}  // namespace robohub::store
