// What administrators do with other people's accounts: roles, grants, passwords, sessions.
#include "api/people_json.hpp"
#include "api/routes.hpp"

namespace robohub::api {

namespace {

// The account that the path names; null and the request is answered 404.
identity::AccountPtr named(const Context& context, const Request& request) {
  auto account = context.identity.directory().find(request.params[0]);
  if (!account) request.answer(Error{ErrorCode::not_found, "There is no account \"" + request.params[0] + "\".", ""});
  return account;
}

std::function<void(Status)> answerEmpty(const Request& request) {
  return [request](const Status& status) {
    if (!status) return request.answer(status.error());
    request.answer(net::HttpResponse::empty(204));
  };
}

std::string madePassword(const identity::Identity::Given& given) {
  return given.made_password ? "\"password\":" + json::quote(*given.made_password) : std::string();
}

void addUser(Context& context, const Request& request) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  const auto username = json::getString(**body, "username");
  if (!username) return request.answer(username.error());
  const auto role = readRole(**body);
  if (!role) return request.answer(role.error());
  auto password = readPassword(**body);
  if (!password) return request.answer(password.error());
  context.identity.addUser(*username, *role, std::move(*password), request.actor(),
                           [&context, request](const Result<identity::Identity::Given>& given) {
                             if (!given) return request.answer(given.error());
                             const std::string made = madePassword(*given);
                             request.answerJson(201, "{\"user\":" + userJson(context, *given->account) +
                                                         (made.empty() ? "" : "," + made) + "}");
                           });
}

void changeUser(Context& context, const Request& request) {
  const auto account = named(context, request);
  if (!account) return;
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  identity::Directory::Change change;
  if ((*body)->has("role")) {
    const auto role = readRole(**body);
    if (!role) return request.answer(role.error());
    change.role = *role;
  }
  if ((*body)->has("disabled")) {
    const auto disabled = json::getBool(**body, "disabled");
    if (!disabled) return request.answer(disabled.error());
    change.disabled = *disabled;
  }
  if (!change.role && !change.disabled)
    return request.answer(Error{ErrorCode::invalid_argument, "What can be changed is \"role\" and \"disabled\".", ""});
  context.identity.directory().change(account->person.name, change, request.actor(),
                                      [&context, request](const Result<identity::AccountPtr>& changed) {
                                        if (!changed) return request.answer(changed.error());
                                        request.answerJson(200, userJson(context, **changed));
                                      });
}

void setPassword(Context& context, const Request& request) {
  const auto account = named(context, request);
  if (!account) return;
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  auto password = readPassword(**body);
  if (!password) return request.answer(password.error());
  context.identity.setPassword(account->person.name, std::move(*password), request.actor(),
                               [request](const Result<identity::Identity::Given>& given) {
                                 if (!given) return request.answer(given.error());
                                 request.answerJson(200, "{" + madePassword(*given) + "}");
                               });
}

void addGrant(Context& context, const Request& request) {
  const auto account = named(context, request);
  if (!account) return;
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  const auto text = json::getString(**body, "permission");
  if (!text) return request.answer(text.error());
  const auto permission = identity::readGrantable(*text, "/permission");
  if (!permission) return request.answer(permission.error());
  const auto object = json::getObject(**body, "scope");
  if (!object) return request.answer(object.error());
  if (!*object) return request.answer(Error{ErrorCode::invalid_argument, "A grant needs a \"scope\".", "/scope"});
  const auto scope = readScope(**object, "/scope");
  if (!scope) return request.answer(scope.error());
  context.identity.directory().addGrant(account->person.name, *permission, *scope, request.actor(),
                                        [request](const Result<identity::GrantRecord>& added) {
                                          if (!added) return request.answer(added.error());
                                          request.answerJson(201, grantJson(*added));
                                        });
}

void removeGrant(Context& context, const Request& request) {
  const auto account = named(context, request);
  if (!account) return;
  const auto id = readNumber(request.params[1], "There is no such grant.");
  if (!id) return request.answer(id.error());
  context.identity.directory().removeGrant(account->person.name, *id, request.actor(), answerEmpty(request));
}

}  // namespace

void addUserRoutes(Router& router, Context& context) {
  router.add<Permission::administer>("GET", "/api/v1/users", "Every account.",
                                     [&context](Request request) { request.answerJson(200, usersJson(context)); });
  router.add<Permission::administer, Ask::confirmed>("POST", "/api/v1/users", "Adds an account.",
                                                     [&context](Request request) { addUser(context, request); });
  router.add<Permission::administer>("GET", "/api/v1/users/{name}", "One account.", [&context](Request request) {
    if (const auto account = named(context, request)) request.answerJson(200, userJson(context, *account));
  });
  router.add<Permission::administer, Ask::confirmed>("PATCH", "/api/v1/users/{name}",
                                                     "Changes the role of an account, disables or enables it.",
                                                     [&context](Request request) { changeUser(context, request); });
  router.add<Permission::administer, Ask::confirmed>(
      "DELETE", "/api/v1/users/{name}", "Removes an account with its sessions, grants and tokens.",
      [&context](Request request) {
        context.identity.directory().remove(request.params[0], request.actor(),
                                            [done = answerEmpty(request)](const Result<identity::AccountPtr>& removed) {
                                              done(removed ? Status() : fail(removed.error()));
                                            });
      });
  router.add<Permission::administer, Ask::confirmed>("PUT", "/api/v1/users/{name}/password",
                                                     "Gives an account a new password and ends its sessions.",
                                                     [&context](Request request) { setPassword(context, request); });
  router.add<Permission::administer, Ask::confirmed>("POST", "/api/v1/users/{name}/grants",
                                                     "Gives an account a right on a device, a label or a room.",
                                                     [&context](Request request) { addGrant(context, request); });
  router.add<Permission::administer, Ask::confirmed>("DELETE", "/api/v1/users/{name}/grants/{id}",
                                                     "Takes a grant back.",
                                                     [&context](Request request) { removeGrant(context, request); });
  router.add<Permission::administer>(
      "GET", "/api/v1/users/{name}/sessions", "Where an account is signed in.", [&context](Request request) {
        if (const auto account = named(context, request))
          request.answerJson(200,
                             sessionsJson(context.identity.sessionsOf(account->person.id), request.session->handle));
      });
  router.add<Permission::administer>("DELETE", "/api/v1/users/{name}/sessions",
                                     "Ends all sessions of an account but the asker's own.",
                                     [&context](Request request) {
                                       if (const auto account = named(context, request))
                                         context.identity.endSessions(account->person.id, request.session->handle,
                                                                      request.actor(), answerEmpty(request));
                                     });
  router.add<Permission::administer>(
      "DELETE", "/api/v1/users/{name}/sessions/{id}", "Ends one session of an account.", [&context](Request request) {
        if (const auto account = named(context, request))
          context.identity.endSession(account->person.id, request.params[1], request.actor(), answerEmpty(request));
      });
}

}  // namespace robohub::api
