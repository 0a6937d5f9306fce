// Programs: the tokens that they come in with, and tickets for their sockets and streams.
#include "api/people_json.hpp"
#include "api/routes.hpp"

namespace robohub::api {

namespace {

void listTokens(Context& context, const Request& request) {
  identity::Tokens& tokens = context.identity.tokens();
  std::vector<identity::ApiTokenPtr> list = tokens.of(request.person().id);
  const std::string user = request.exchange->head().queryParam("user").value_or("");
  if (!user.empty()) {
    const auto account = user == "*" ? nullptr : context.identity.directory().find(user);
    const bool own = account && account->person.id == request.person().id;
    if (!own && !context.identity.may(&*request.session, Permission::administer))
      return request.answer(
          Error{ErrorCode::permission_denied, "Only administrators see the tokens of others.", "/user"});
    if (user != "*" && !account)
      return request.answer(Error{ErrorCode::not_found, "There is no account \"" + user + "\".", ""});
    list = account ? tokens.of(account->person.id) : tokens.all();
  }
  std::string text;
  for (const auto& token : list) text += (text.empty() ? "" : ",") + tokenJson(context, *token);
  request.answerJson(200, "{\"tokens\":[" + text + "]}");
}

Result<identity::Tokens::New> readToken(const json::Object& body) {
  identity::Tokens::New wanted;
  const auto name = json::getString(body, "name");
  if (!name) return fail(name.error());
  wanted.name = *name;
  const auto permissions = body.getArray("permissions");
  if (!permissions) return fail(ErrorCode::invalid_argument, "\"permissions\" is a list of names.", "/permissions");
  for (std::size_t i = 0; i < permissions->size() && i < 64; ++i) {
    const auto item = permissions->get(static_cast<unsigned>(i));
    const std::string where = "/permissions/" + std::to_string(i);
    if (!item.isString()) return fail(ErrorCode::invalid_argument, "A permission is a name.", where);
    const auto permission = identity::readGrantable(item.convert<std::string>(), where);
    if (!permission) return fail(permission.error());
    wanted.permissions.push_back(*permission);
  }
  if (body.has("scopes") && !body.isNull("scopes")) {
    const auto scopes = body.getArray("scopes");
    if (!scopes) return fail(ErrorCode::invalid_argument, "\"scopes\" is a list.", "/scopes");
    for (std::size_t i = 0; i < scopes->size(); ++i) {
      const std::string where = "/scopes/" + std::to_string(i);
      const auto object = scopes->getObject(static_cast<unsigned>(i));
      if (!object) return fail(ErrorCode::invalid_argument, "A scope is an object.", where);
      const auto scope = readScope(*object, where);
      if (!scope) return fail(scope.error());
      wanted.scopes.push_back(*scope);
    }
  }
  if (body.has("expires_in_days")) {
    const auto days = json::getInt(body, "expires_in_days");
    if (!days) return fail(days.error());
    wanted.days = *days;
  }
  return wanted;
}

void addToken(Context& context, const Request& request) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  const auto wanted = readToken(**body);
  if (!wanted) return request.answer(wanted.error());
  PersonId owner = request.person().id;
  // The administrator at this machine has no account, and makes tokens for those who have one.
  if (const auto user = request.exchange->head().queryParam("user"); user && request.via == Via::local) {
    const auto account = context.identity.directory().find(*user);
    if (!account) return request.answer(Error{ErrorCode::not_found, "There is no account \"" + *user + "\".", ""});
    owner = account->person.id;
  }
  context.identity.tokens().add(owner, *wanted, request.actor(),
                                [&context, request](const Result<identity::Tokens::Issued>& issued) {
                                  if (!issued) return request.answer(issued.error());
                                  request.answerJson(201, "{\"token\":" + tokenJson(context, *issued->token) +
                                                              ",\"secret\":" + json::quote(issued->secret) + "}");
                                });
}

void removeToken(Context& context, const Request& request) {
  const Error none{ErrorCode::not_found, "There is no such token.", ""};
  const auto id = readNumber(request.params[0], none.message.c_str());
  if (!id) return request.answer(id.error());
  const auto token = context.identity.tokens().find(*id);
  // Another's token is not there for whoever is no administrator.
  if (!token ||
      (token->owner != request.person().id && !context.identity.may(&*request.session, Permission::administer)))
    return request.answer(none);
  context.identity.tokens().remove(*id, request.actor(), [request](const Status& removed) {
    if (!removed) return request.answer(removed.error());
    request.answer(net::HttpResponse::empty(204));
  });
}

}  // namespace

void addTokenRoutes(Router& router, Context& context) {
  router.add<Permission::signed_in, Ask::person>("GET", "/api/v1/tokens",
                                                 "One's own API tokens; administrators: ?user=NAME or ?user=*.",
                                                 [&context](Request request) { listTokens(context, request); });
  router.add<Permission::signed_in, Ask::person_confirmed>("POST", "/api/v1/tokens",
                                                           "Makes an API token; its secret is shown this once.",
                                                           [&context](Request request) { addToken(context, request); });
  router.add<Permission::signed_in, Ask::person>("DELETE", "/api/v1/tokens/{id}", "Removes an API token.",
                                                 [&context](Request request) { removeToken(context, request); });
  router.add<Permission::signed_in>(
      "POST", "/api/v1/tickets", "A ticket for one socket or stream, good once and for ten seconds.",
      [&context](Request request) {
        const auto ticket = context.identity.tickets().issue(*request.session);
        if (!ticket) return request.answer(ticket.error());
        request.answerJson(200, "{\"ticket\":" + json::quote(*ticket) +
                                    ",\"expires_in_ms\":" + std::to_string(toMs(identity::Tickets::kLifetime)) + "}");
      });
}

}  // namespace robohub::api
