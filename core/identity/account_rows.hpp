// The rows of accounts and grants, read and changed inside a transaction of the caller's. Rules about several accounts
// are kept here, so that a running hub and the command line obey the same ones.
#pragma once
#include <string>
#include <vector>

#include "identity/directory.hpp"

namespace robohub::identity::rows {

// With their grants. Errors: corrupt, and the database's.
Result<std::vector<AccountPtr>> readAccounts(store::Session& database);
// Null when there is none.
Result<AccountPtr> readAccount(store::Session& database, std::int64_t id);
Result<AccountPtr> readAccount(store::Session& database, const std::string& username);

// The new account's number. Errors: conflict at /username (taken), or as Directory::add says.
Result<std::int64_t> insertAccount(store::Session& database, const Directory::NewAccount& account, WallTime now);
// Role and state; disabling deletes its sessions. Errors: conflict (the last enabled administrator).
Status changeAccount(store::Session& database, const Account& before, const Directory::Change& change);
// With its sessions, grants and tokens. Errors: conflict (as above).
Status removeAccount(store::Session& database, const Account& before);
// Deletes its sessions, but for the one whose token has the hash `keep_session`. Errors: conflict (not expected).
Status setPassword(store::Session& database, const Account& before, const Directory::NewPassword& password);

// Errors: conflict (it is there already), exhausted.
Result<GrantRecord> insertGrant(store::Session& database, const Account& account, Permission permission,
                                const Scope& scope, const std::string& by, WallTime now);
// Errors: not_found.
Result<GrantRecord> removeGrant(store::Session& database, const Account& account, std::int64_t grant_id);

}  // namespace robohub::identity::rows
