// Accounts while no hub runs: what `robohub user` does with the data folder itself. Each blocks; the audit says that
// the administrator at this machine did it. A hub that runs would not notice: ask it instead.
#pragma once
#include <string>
#include <vector>

#include "base/time.hpp"
#include "identity/directory.hpp"
#include "store/database.hpp"

namespace robohub::identity {

// Checks, hashes and adds. Errors: invalid_argument, conflict (the name is taken), exhausted.
Result<Person> addAccount(store::Database& database, const std::string& username, const std::string& password,
                          Role role, const Clock& clock);
// By username.
Result<std::vector<AccountPtr>> listAccounts(store::Database& database);
// Ends its sessions. Errors: not_found, invalid_argument at /password.
Status setPassword(store::Database& database, const std::string& username, const std::string& password,
                   const Clock& clock);
// Errors: not_found, conflict (the last administrator stays).
Status setRole(store::Database& database, const std::string& username, Role role, const Clock& clock);
Status setDisabled(store::Database& database, const std::string& username, bool disabled, const Clock& clock);
Status removeAccount(store::Database& database, const std::string& username, const Clock& clock);

}  // namespace robohub::identity
