#include "api/people_json.hpp"

#include <charconv>

namespace robohub::api {

namespace {

const char* boolText(bool value) {
  return value ? "true" : "false";
}

std::string timeOrNull(std::int64_t ms) {
  return ms == 0 ? "null" : std::to_string(ms);
}

template <class T, class Write>
std::string listJson(const std::vector<T>& items, Write write) {
  std::string text = "[";
  for (const T& item : items) text += (text.size() > 1 ? "," : "") + write(item);
  return text + "]";
}

}  // namespace

identity::Caller callerOf(const Request& request) {
  const net::HttpHead& head = request.exchange->head();
  return {head.peer.host(), std::string(head.headers.get("User-Agent"))};
}

std::string scopeJson(const identity::Scope& scope) {
  return std::string("{\"kind\":\"") + identity::toString(scope.kind) + "\",\"value\":" + json::quote(scope.value) +
         "}";
}

std::string grantJson(const identity::GrantRecord& record) {
  return "{\"id\":" + std::to_string(record.grant.id) + ",\"permission\":\"" +
         identity::toString(record.grant.permission) + "\",\"scope\":" + scopeJson(record.grant.scope) +
         ",\"created_at_ms\":" + std::to_string(record.created_ms) +
         ",\"created_by\":" + json::quote(record.created_by) + "}";
}

namespace {

std::string userJson(const identity::Account& account, std::size_t sessions, std::size_t tokens) {
  const PersonId& id = account.person.id;
  return "{\"username\":" + json::quote(account.person.name) + ",\"id\":" + json::quote(id.str()) + ",\"role\":\"" +
         identity::toString(account.person.role) + "\",\"disabled\":" + boolText(account.disabled) +
         ",\"created_at_ms\":" + std::to_string(account.created_ms) +
         ",\"last_seen_ms\":" + timeOrNull(*account.last_seen_ms) + ",\"sessions\":" + std::to_string(sessions) +
         ",\"tokens\":" + std::to_string(tokens) + ",\"has_password\":" + boolText(!account.password_hash.empty()) +
         ",\"oidc\":" + boolText(!account.oidc_subject.empty()) + ",\"grants\":" + listJson(account.grants, grantJson) +
         "}";
}

}  // namespace

std::string userJson(const Context& context, const identity::Account& account) {
  const PersonId& id = account.person.id;
  return userJson(account, context.identity.sessionsOf(id).size(), context.identity.tokens().of(id).size());
}

std::string usersJson(const Context& context) {
  std::map<PersonId, std::size_t> sessions = context.identity.sessionCounts(), tokens;
  for (const auto& token : context.identity.tokens().all()) ++tokens[token->owner];
  return "{\"users\":" +
         listJson(context.identity.directory().all(),
                  [&](const identity::AccountPtr& account) {
                    const PersonId& id = account->person.id;
                    return userJson(*account, sessions[id], tokens[id]);
                  }) +
         "}";
}

std::string sessionsJson(const std::vector<identity::SessionInfo>& sessions, const std::string& current) {
  return "{\"sessions\":" +
         listJson(
             sessions,
             [&](const identity::SessionInfo& each) {
               return "{\"id\":" + json::quote(each.handle) + ",\"created_at_ms\":" + std::to_string(each.created_ms) +
                      ",\"last_used_ms\":" + std::to_string(each.last_used_ms) +
                      ",\"expires_at_ms\":" + std::to_string(each.expires_ms) +
                      ",\"address\":" + json::quote(each.address) + ",\"user_agent\":" + json::quote(each.user_agent) +
                      ",\"current\":" + boolText(each.handle == current) + "}";
             }) +
         "}";
}

std::string tokenJson(const Context& context, const identity::ApiToken& token) {
  const identity::AccountPtr owner = context.identity.directory().find(token.owner);
  return "{\"id\":" + std::to_string(token.id) + ",\"name\":" + json::quote(token.name) +
         ",\"username\":" + json::quote(owner ? owner->person.name : "") + ",\"permissions\":" +
         listJson(token.permissions,
                  [](Permission permission) { return std::string("\"") + identity::toString(permission) + "\""; }) +
         ",\"scopes\":" + listJson(token.scopes, scopeJson) + ",\"created_at_ms\":" + std::to_string(token.created_ms) +
         ",\"expires_at_ms\":" + std::to_string(token.expires_ms) +
         ",\"last_used_ms\":" + timeOrNull(*token.last_used_ms) + "}";
}

Result<identity::Scope> readScope(const json::Object& object, const std::string& at) {
  const auto kind = json::getString(object, "kind", at);
  if (!kind) return fail(kind.error());
  const auto value = json::getString(object, "value", at);
  if (!value) return fail(value.error());
  return identity::readScope(*kind, *value, at);
}

Result<identity::Role> readRole(const json::Object& object) {
  const auto text = json::getString(object, "role");
  if (!text) return fail(text.error());
  const auto role = identity::parseRole(*text);
  if (role && *role != identity::Role::guest) return *role;
  return fail(ErrorCode::invalid_argument, "An account is a member, viewer, player or administrator.", "/role");
}

Result<std::optional<std::string>> readPassword(const json::Object& object) {
  if (!object.has("password") || object.isNull("password")) return std::optional<std::string>();
  auto password = json::getString(object, "password");
  if (!password) return fail(password.error());
  return std::optional<std::string>(std::move(*password));
}

Result<std::int64_t> readNumber(const std::string& text, const char* sentence) {
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault == std::errc() && end == text.data() + text.size() && number > 0) return number;
  return fail(ErrorCode::not_found, sentence);
}

}  // namespace robohub::api
