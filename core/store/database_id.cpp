#include "store/database_id.hpp"

namespace robohub::store {

Result<std::string> databaseId(Session& session) {
  auto row = session.prepare("SELECT id FROM database_id");
  if (!row) return fail(std::move(row.error()));
  auto found = row->step();
  if (!found) return fail(std::move(found.error()));
  if (!*found) return fail(ErrorCode::corrupt, "The database has lost its id.");
  return row->text(0);
}

Status renewDatabaseId(Session& session) {
  auto done = session.run("UPDATE database_id SET id = lower(hex(randomblob(16)))");
  if (!done) return fail(std::move(done.error()));
  return {};
}

}  // namespace robohub::store
