// Signing in and out: guests, accounts, the first administrator.
#include "api/people_json.hpp"
#include "api/routes.hpp"
#include "identity/cookie.hpp"
#include "identity/oidc.hpp"

namespace robohub::api {

namespace {

bool overTls(const Request& request) {
  return request.exchange->head().scheme == "https";
}

// One browser, one person: what its cookie held before ends, and what is open under that with it; nobody could sign it
// out any more, while another window of the browser would go on as that person.
void endFormer(Context& context, const Request& request, const identity::Caller& caller, const identity::Session& now) {
  if (request.via != Via::cookie || !request.session || request.session->person.id == now.person.id) return;
  context.identity.signOut(*request.session, caller, [log = context.devices.services().log](const Status& status) {
    if (status) return;
    log(link::EventLevel::error, "A former session was not ended on the disk: " + status.error().message);
  });
}

void answerSignedIn(const Request& request, Context& context, const Result<identity::SignedIn>& signed_in) {
  if (!signed_in) return request.answer(signed_in.error());
  const identity::Caller caller = callerOf(request);
  const auto lifetime =
      std::chrono::duration_cast<std::chrono::seconds>(signed_in->session.expires - context.clock.wall());
  auto response = net::HttpResponse::json(200, sessionJson(context, &signed_in->session));
  response.headers.set("Set-Cookie", identity::setCookie(signed_in->token, lifetime, overTls(request)));
  request.answer(std::move(response));
  endFormer(context, request, caller, signed_in->session);
}

void signIn(Context& context, const Request& request) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  if ((*body)->has("guest")) {
    const auto name = json::getString(**body, "guest");
    if (!name) return request.answer(name.error());
    return answerSignedIn(request, context, context.identity.signInGuest(*name, callerOf(request)));
  }
  const auto username = json::getString(**body, "username");
  if (!username) return request.answer(username.error());
  auto password = json::getString(**body, "password");
  if (!password) return request.answer(password.error());
  context.identity.signIn(
      *username, std::move(*password), callerOf(request),
      [&context, request](Result<identity::SignedIn> signed_in) { answerSignedIn(request, context, signed_in); });
}

void setUp(Context& context, const Request& request) {
  const auto body = request.body();
  if (!body) return request.answer(body.error());
  const auto code = json::getString(**body, "code");
  if (!code) return request.answer(code.error());
  const auto username = json::getString(**body, "username");
  if (!username) return request.answer(username.error());
  auto password = json::getString(**body, "password");
  if (!password) return request.answer(password.error());
  context.identity.setup(
      *code, *username, std::move(*password), callerOf(request),
      [&context, request](Result<identity::SignedIn> signed_in) { answerSignedIn(request, context, signed_in); });
}

void signOut(Context& context, const Request& request) {
  const auto answer = [request](const Status& status) {
    if (!status) return request.answer(status.error());
    auto response = net::HttpResponse::empty(204);
    response.headers.set("Set-Cookie", identity::clearCookie(overTls(request)));
    request.answer(std::move(response));
  };
  // Only what a cookie holds can be signed out of; that of a banned guest holds nobody.
  if (request.via != Via::cookie || !request.session) return answer({});
  context.identity.signOut(*request.session, callerOf(request), answer);
}

const char* boolText(bool value) {
  return value ? "true" : "false";
}

}  // namespace

std::string personJson(const identity::Person& person) {
  return "{\"id\":" + json::quote(person.id.str()) + ",\"name\":" + json::quote(person.name) + ",\"kind\":\"" +
         identity::toString(person.kind) + "\",\"role\":\"" + identity::toString(person.role) + "\"}";
}

std::string canJson(const Context& context, const identity::Session* session, const identity::Place* place) {
  auto can = [&](Permission permission) { return boolText(context.identity.may(session, permission, place)); };
  return std::string("{\"watch\":") + can(Permission::watch) + ",\"play\":" + can(Permission::play) +
         ",\"stop\":" + can(Permission::stop) + ",\"moderate\":" + can(Permission::moderate) +
         ",\"administer\":" + can(Permission::administer) + "}";
}

namespace {
// What the sign-in page offers beside a password.
std::string oidcJson(const Context& context) {
  if (!context.oidc) return "null";
  return "{\"title\":" + json::quote(context.oidc->settings().title) + "}";
}
}  // namespace

std::string sessionJson(const Context& context, const identity::Session* session) {
  const identity::Access access = context.identity.settings().access;
  const auto confirmed = session ? context.identity.confirmedUntil(*session) : std::nullopt;
  return "{\"person\":" + (session ? personJson(session->person) : std::string("null")) +
         ",\"can\":" + canJson(context, session) + ",\"guests\":{\"watch\":" + boolText(access.guests_watch) +
         ",\"play\":" + boolText(access.guests_watch && access.guests_play) +
         "},\"confirmed_until_ms\":" + (confirmed ? std::to_string(toMs(*confirmed)) : "null") +
         ",\"oidc\":" + oidcJson(context) + ",\"setup_needed\":" + boolText(context.identity.setupNeeded()) +
         ",\"version\":" + json::quote(context.version) + "}";
}

void addSessionRoutes(Router& router, Context& context) {
  router.add<Permission::public_>(
      "GET", "/api/v1/session", "Who is signed in, and what they may do.", [&context](Request request) {
        request.answerJson(200, sessionJson(context, request.session ? &*request.session : nullptr));
      });
  router.add<Permission::public_>("POST", "/api/v1/session", "Signs in: a guest by name, or an account.",
                                  [&context](Request request) { signIn(context, request); });
  router.add<Permission::public_>("DELETE", "/api/v1/session", "Signs out.",
                                  [&context](Request request) { signOut(context, request); });
  router.add<Permission::public_>("POST", "/api/v1/setup", "Makes the first administrator with the one-time code.",
                                  [&context](Request request) { setUp(context, request); });
}

}  // namespace robohub::api
