// How the database got its tables: numbered steps, each in one transaction, never changed once released. The number of
// the last one stands in the file (`user_version`), and a file with a higher one is refused: an older program would
// write rows that the newer one does not expect.
#pragma once
#include <span>

#include "base/result.hpp"

namespace robohub::store {

class Session;

struct Migration {
  int number;       // 1, 2, 3, ... without gaps
  const char* sql;  // statements separated by `;`
};

// hub.db: accounts, account sessions, devices. The only place where its tables are described.
std::span<const Migration> hubMigrations();

// Brings the database up to the last of `migrations`; what is done is kept when a later one fails. Blocks; start-up
// only. Errors: unsupported (file newer than the program), those of Statement::step().
Status migrate(Session& session, std::span<const Migration> migrations, std::string_view file_name);

}  // namespace robohub::store
