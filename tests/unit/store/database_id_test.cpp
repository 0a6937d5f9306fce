#include "store/database_id.hpp"

#include "unit/store/backup_state.hpp"

using namespace robohub;
using namespace robohub::store;
using namespace robohub::test;

namespace {

std::string idOf(State& state) {
  std::string id;
  REQUIRE(state.database->readNow([&](Session& session) -> Status {
    auto found = databaseId(session);
    if (!found) return fail(found.error());
    id = *found;
    return {};
  }));
  return id;
}

}  // namespace

TEST_CASE("a database has an id of its own, keeps it, and a restored one has another") {
  State state, other;
  const std::string id = idOf(state);
  CHECK(id.size() == 32);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(idOf(other) != id);
  REQUIRE(state.backup(state.file()));
  state.close();
  state.folder.reset();
  state.open();
  CHECK(idOf(state) == id);
  state.close();
  REQUIRE(state.restore(state.file()));
  state.folder.reset();
  state.open();
  const std::string restored = idOf(state);
  CHECK(restored.size() == 32);
  CHECK(restored != id);
}
