// Signing in at somebody else's: out to the issuer, and back with a session.
#include <map>

#include "api/people_json.hpp"
#include "api/routes.hpp"
#include "base/mutex.hpp"
#include "base/paced_line.hpp"
#include "identity/cookie.hpp"
#include "identity/oidc.hpp"

namespace robohub::api {

namespace {

constexpr const char* kBindingCookie = "robohub_oidc";

bool overTls(const Request& request) {
  return request.exchange->head().scheme == "https";
}

// It comes back with the redirect from the issuer's site, which a Strict cookie would not; so it is Lax, good for
// nothing else, and short-lived.
std::string bindingCookie(const Request& request, const std::string& value, int seconds) {
  std::string cookie = kBindingCookie;
  cookie += "=" + value + "; Path=/api/v1/oidc; HttpOnly; SameSite=Lax; Max-Age=" + std::to_string(seconds);
  if (overTls(request)) cookie += "; Secure";
  return cookie;
}

net::HttpResponse leadTo(const std::string& location) {
  auto response = net::HttpResponse::empty(303);
  response.headers.set("Location", location);
  return response;
}

// A browser is here, not a program: it is led back to the page, which says what went wrong in the person's own words.
void leadBack(const Request& request, const char* problem) {
  auto response = leadTo(std::string("/sign-in?problem=") + problem);
  response.headers.add("Set-Cookie", bindingCookie(request, "", 0));
  request.answer(std::move(response));
}

const char* problemOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::permission_denied: return "oidc_unknown";
    case ErrorCode::unauthenticated: return "oidc_refused";
    default: return "oidc_unavailable";
  }
}

// What the log is told of sign-ins that come to nothing: anybody may begin them, and come back with what he likes.
// Each text has a pace of its own, so that none hides another. Thread-safe.
class Faults {
 public:
  explicit Faults(const Context& context) : context_(context) {}
  void tell(link::EventLevel level, const Error& error) {
    const MonoTime now = context_.clock.now();
    std::optional<std::string> line;
    {
      Lock lock(mutex_);
      if (lines_.size() >= kMostTexts && !lines_.contains(error.message)) lines_.clear();
      line = lines_[error.message].tell(error.message, now);
    }
    if (line) context_.devices.services().log(level, *line);
  }

 private:
  static constexpr std::size_t kMostTexts = 32;
  const Context& context_;
  Mutex mutex_;
  std::map<std::string, PacedLine> lines_ RH_GUARDED_BY(mutex_);
};
using FaultsPtr = std::shared_ptr<Faults>;

void start(const Context& context, const Request& request, const FaultsPtr& faults) {
  if (!context.oidc)
    return request.answer(Error{ErrorCode::not_found, "No issuer to sign in at is configured on this hub.", ""});
  const std::string back = request.exchange->head().queryParam("return").value_or("/");
  context.oidc->begin(back, [request, faults](Result<identity::Oidc::Begun> begun) {
    if (!begun) {
      faults->tell(link::EventLevel::error, begun.error());
      return leadBack(request, problemOf(begun.error()));
    }
    auto response = leadTo(begun->location);
    response.headers.add("Set-Cookie", bindingCookie(request, begun->binding, 600));
    request.answer(std::move(response));
  });
}

void comeBack(Context& context, const Request& request, const FaultsPtr& faults) {
  if (!context.oidc)
    return request.answer(Error{ErrorCode::not_found, "No issuer to sign in at is configured on this hub.", ""});
  const net::HttpHead& head = request.exchange->head();
  // RFC 6749, 4.1.2.1: the person declined, or the issuer refuses us.
  if (head.queryParam("error")) return leadBack(request, "oidc_refused");
  context.oidc->finish(
      head.queryParam("state").value_or(""), head.queryParam("code").value_or(""),
      head.cookie(kBindingCookie).value_or(""), [&context, request, faults](Result<identity::OidcPerson> person) {
        if (!person) {
          faults->tell(link::EventLevel::warning, person.error());
          return leadBack(request, problemOf(person.error()));
        }
        const identity::OidcSettings& settings = context.oidc->settings();
        const auto role_of_new = settings.create_accounts ? std::optional(settings.role) : std::nullopt;
        context.identity.signInBySubject(
            person->subject, person->name_hint, role_of_new, callerOf(request),
            [&context, request, back = person->return_path](Result<identity::SignedIn> signed_in) {
              if (!signed_in) return leadBack(request, problemOf(signed_in.error()));
              const auto lifetime =
                  std::chrono::duration_cast<std::chrono::seconds>(signed_in->session.expires - context.clock.wall());
              auto response = leadTo(back);
              response.headers.add("Set-Cookie", bindingCookie(request, "", 0));
              response.headers.add("Set-Cookie", identity::setCookie(signed_in->token, lifetime, overTls(request)));
              request.answer(std::move(response));
            });
      });
}

}  // namespace

void addOidcRoutes(Router& router, Context& context) {
  const auto faults = std::make_shared<Faults>(context);
  router.add<Permission::public_>("GET", "/api/v1/oidc/start", "Leads to the issuer's sign-in.",
                                  [&context, faults](Request request) { start(context, request, faults); });
  router.add<Permission::public_>("GET", "/api/v1/oidc/callback", "Comes back from there, and signs in.",
                                  [&context, faults](Request request) { comeBack(context, request, faults); });
}

}  // namespace robohub::api
