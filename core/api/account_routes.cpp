// One's own account: the password again, a new password, one's sessions.
#include "api/people_json.hpp"
#include "api/routes.hpp"

namespace robohub::api {

namespace {

// The account that asks; null and the request is answered when it is the administrator at this machine, who has none.
identity::AccountPtr ownAccount(const Context& context, const Request& request) {
  auto account = context.identity.directory().find(request.person().id);
  if (!account)
    request.answer(Error{ErrorCode::not_found, "The administrator at this machine is no account; name one.", ""});
  return account;
}

std::function<void(Status)> answerEmpty(const Request& request) {
  return [request](const Status& status) {
    if (!status) return request.answer(status.error());
    request.answer(net::HttpResponse::empty(204));
  };
}

void confirm(Context& context, const Request& request) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  auto password = json::getString(**body, "password");
  if (!password) return request.answer(password.error());
  context.identity.confirm(*request.session, std::move(*password), callerOf(request), answerEmpty(request));
}

void changePassword(Context& context, const Request& request) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  auto current = json::getString(**body, "current");
  if (!current) return request.answer(current.error());
  auto password = json::getString(**body, "password");
  if (!password) return request.answer(password.error());
  context.identity.changePassword(*request.session, std::move(*current), std::move(*password), callerOf(request),
                                  answerEmpty(request));
}

}  // namespace

void addAccountRoutes(Router& router, Context& context) {
  router.add<Permission::signed_in, Ask::person>(
      "POST", "/api/v1/session/confirm", "Gives the password again: for ten minutes what asks for it may be done.",
      [&context](Request request) { confirm(context, request); });
  router.add<Permission::signed_in, Ask::person>("GET", "/api/v1/account", "One's own account.",
                                                 [&context](Request request) {
                                                   if (const auto account = ownAccount(context, request))
                                                     request.answerJson(200, userJson(context, *account));
                                                 });
  router.add<Permission::signed_in, Ask::person>("PUT", "/api/v1/account/password",
                                                 "Changes one's own password; all other sessions end.",
                                                 [&context](Request request) { changePassword(context, request); });
  router.add<Permission::signed_in, Ask::person>(
      "GET", "/api/v1/account/sessions", "Where one is signed in.", [&context](Request request) {
        if (const auto account = ownAccount(context, request))
          request.answerJson(200,
                             sessionsJson(context.identity.sessionsOf(account->person.id), request.session->handle));
      });
  router.add<Permission::signed_in, Ask::person>(
      "DELETE", "/api/v1/account/sessions", "Ends all of one's sessions but this one.", [&context](Request request) {
        if (const auto account = ownAccount(context, request))
          context.identity.endSessions(account->person.id, request.session->handle, request.actor(),
                                       answerEmpty(request));
      });
  router.add<Permission::signed_in, Ask::person>(
      "DELETE", "/api/v1/account/sessions/{id}", "Ends one of one's sessions.", [&context](Request request) {
        if (const auto account = ownAccount(context, request))
          context.identity.endSession(account->person.id, request.params[0], request.actor(), answerEmpty(request));
      });
}

}  // namespace robohub::api
