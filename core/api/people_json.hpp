// USER, GRANT, SCOPE, SESSION and TOKEN of docs/PROTOCOL.md: written for answers, read from bodies. [any-thread]
#pragma once
#include <string>
#include <vector>

#include "api/router.hpp"

namespace robohub::api {

// From where the request comes.
identity::Caller callerOf(const Request& request);

std::string userJson(const Context& context, const identity::Account& account);
// {"users":[..]} of all accounts.
std::string usersJson(const Context& context);
std::string scopeJson(const identity::Scope& scope);
std::string grantJson(const identity::GrantRecord& record);
// `current` is the handle of the asker's own session.
std::string sessionsJson(const std::vector<identity::SessionInfo>& sessions, const std::string& current);
std::string tokenJson(const Context& context, const identity::ApiToken& token);

// Errors: invalid_argument.
Result<identity::Scope> readScope(const json::Object& object, const std::string& at);
Result<identity::Role> readRole(const json::Object& object);
// Nullopt when it is not there or null.
Result<std::optional<std::string>> readPassword(const json::Object& object);
// A path's number. Errors: not_found with `sentence`.
Result<std::int64_t> readNumber(const std::string& text, const char* sentence);

}  // namespace robohub::api
