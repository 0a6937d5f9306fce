// Which state of hub.db this is. What lies outside of the database and belongs to its rows (the files of captures) is
// marked with the id, so that a restored, a new or another hub's database is not taken for the one that knew them.
#pragma once
#include <string>

#include "base/result.hpp"
#include "store/session.hpp"

namespace robohub::store {

// 32 hexadecimal digits, drawn when the database is made and again by each restore. Inside a read or a write.
Result<std::string> databaseId(Session& session);
// Draws another one. Inside a write.
Status renewDatabaseId(Session& session);

}  // namespace robohub::store
