#include "api/router.hpp"

#include <unistd.h>

#include <charconv>

#include "api/problem.hpp"
#include "api/refused_pages.hpp"
#include "base/json_bounded.hpp"
#include "identity/cookie.hpp"
#include "media/captures.hpp"
#include "net/origin.hpp"
#include "net/security_fields.hpp"

namespace robohub::api {

namespace {

// Of a body's JSON, which is read on a loop.
constexpr std::size_t kMostValues = 20'000;

bool isParam(const std::string& segment) {
  return segment.size() > 2 && segment.front() == '{';
}
bool isRest(const std::string& segment) {
  return segment.size() > 5 && segment.ends_with("...}");
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
             std::vector<std::string>& params) {
  params.clear();
  // Most patterns begin alike and are told apart by their length or their end.
  const std::string& last = pattern.back();
  if (!isRest(last) && (pattern.size() != path.size() || (!isParam(last) && last != path.back()))) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (isRest(pattern[i])) {
      std::string rest;
      for (std::size_t j = i; j < path.size(); ++j) rest += (j > i ? "/" : "") + path[j];
      params.push_back(rest);
      return i < path.size();
    }
    if (i >= path.size()) return false;
    if (isParam(pattern[i]))
      params.push_back(path[i]);
    else if (pattern[i] != path[i])
      return false;
  }
  return pattern.size() == path.size();
}

bool changes(const std::string& method) {
  return method != "GET" && method != "HEAD";
}

// The administrator at this machine: whoever the kernel says is the user that the hub runs as.
std::optional<identity::Session> localAdministrator(const net::HttpHead& head, const Clock& clock) {
  const auto uid = head.peer.uid();
  if (!uid || (*uid != ::geteuid() && *uid != 0)) return std::nullopt;
  identity::Session session;
  session.handle = "local";
  session.person.id = *PersonId::parse("local");
  session.person.name = "local administrator";
  session.person.kind = identity::PersonKind::account;
  session.person.role = identity::Role::administrator;
  session.expires = clock.wall() + std::chrono::hours(1);
  return session;
}

}  // namespace

bool fromOwnPage(const net::HttpHead& head, const std::vector<std::string>& origins) {
  switch (net::checkOrigin(head, origins)) {
    case net::OriginCheck::listed: return true;
    case net::OriginCheck::same: return isOurName(head.host());
    case net::OriginCheck::absent:
    case net::OriginCheck::foreign: break;
  }
  return false;
}

void addSecurityHeaders(net::HttpResponse& response) {
  net::addSecurityFields(response);
}

const char* toString(Ask ask) {
  switch (ask) {
    case Ask::session: return "";
    case Ask::person: return "person";
    case Ask::confirmed: return "confirmed";
    case Ask::person_confirmed: return "person, confirmed";
  }
  return "";
}

identity::Actor Request::actor() const {
  const std::string address = exchange->head().peer.host();
  if (!session) return {"", "", address};
  return {session->person.id.str(), session->person.name, address};
}

void Request::answer(net::HttpResponse response) const {
  addSecurityHeaders(response);
  if (!response.headers.has("Cache-Control")) response.headers.set("Cache-Control", "no-store");
  exchange->respond(std::move(response));
}

void Request::answerJson(int status, std::string body) const {
  answer(net::HttpResponse::json(status, std::move(body)));
}

void Request::answer(const Error& error) const {
  answer(error, httpStatus(error.code));
}

void Request::answer(const Error& error, int status) const {
  answer(net::HttpResponse::problem(status, problemJson(error, status)));
}

Result<json::Object::Ptr> Request::body() const {
  if (exchange->body().empty()) return json::Object::Ptr(new json::Object);
  return json::parseObject(exchange->body(), kMostValues);
}

std::vector<std::string> Router::segmentsOf(std::string_view path) {
  std::vector<std::string> segments;
  std::size_t begin = 1;  // behind the leading '/'
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    segments.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

std::vector<std::string> Router::list() const {
  std::vector<std::string> lines;
  for (const Route& route : routes_) {
    std::string line = route.method + " " + route.pattern + " " + identity::toString(route.permission);
    if (route.of_device) line += " on device";
    if (route.of_capture) line += " on capture";
    if (route.ask != Ask::session) line += std::string(" ") + toString(route.ask);
    lines.push_back(std::move(line));
  }
  return lines;
}

Router::Route& Router::insert(Route route) {
  route.segments = segmentsOf(route.pattern);
  routes_.push_back(std::move(route));
  return routes_.back();
}

const Router::Route* Router::find(const net::HttpHead& head, std::vector<std::string>& params,
                                  std::string& allowed) const {
  const std::vector<std::string> path = segmentsOf(head.path);
  const std::string& method = head.method == "HEAD" ? std::string("GET") : head.method;
  for (const Route& route : routes_) {
    if (!matches(route.segments, path, params)) continue;
    // The page answers what is left, but not in the place of an address that is there and takes other methods.
    const bool is_left = isRest(route.segments.front());
    if (is_left && (!allowed.empty() || path.front() == "api" || path.front() == "plugins")) continue;
    if (route.method == method) return &route;
    allowed += (allowed.empty() ? "" : ", ") + route.method + (route.method == "GET" ? ", HEAD" : "");
  }
  return nullptr;
}

// Says who asks, into `request`. A program that names a token is that token or nobody: it must not fall back to what a
// cookie says.
std::optional<Error> Router::identify(const Route& route, Request& request) const {
  const net::HttpHead& head = request.exchange->head();
  if (head.peer.isLocal()) {
    request.session = localAdministrator(head, context_.clock);
    if (request.session) request.via = Via::local;
    return std::nullopt;
  }
  const std::string_view authorization = head.headers.get("Authorization");
  constexpr std::string_view kBearer = "Bearer ";
  if (net::equalsIgnoringCase(authorization.substr(0, kBearer.size()), kBearer)) {
    const std::string_view bearer = authorization.substr(kBearer.size());
    request.session = context_.identity.findToken(bearer);
    if (request.session) {
      request.token = bearer;
      request.via = Via::bearer;
      return std::nullopt;
    }
    // A secret of another kind may be for the route itself, which is public then.
    if (route.permission == Permission::public_ && !bearer.starts_with("rh_")) return std::nullopt;
    return Error{ErrorCode::unauthenticated, "The token is wrong, has expired or was revoked.", ""};
  }
  if (const auto ticket = route.takes_ticket ? head.queryParam("ticket") : std::nullopt) {
    request.session = context_.identity.redeemTicket(*ticket);
    if (!request.session)
      return Error{ErrorCode::unauthenticated, "The ticket was used already, or is older than ten seconds.", ""};
    request.via = Via::ticket;
    return std::nullopt;
  }
  if (auto token = identity::tokenFromCookies(head.headers.get("Cookie"), head.scheme == "https")) {
    request.session = context_.identity.find(*token);
    if (request.session) {
      request.token = std::move(*token);
      request.via = Via::cookie;
    }
  }
  if (request.session && request.person().kind == identity::PersonKind::guest) {
    context_.bans.remember(request.person(), head.peer.host());
    if (auto banned = context_.bans.refusal(request.person().id)) {
      request.session.reset();  // nobody, where nobody is let in
      request.token.clear();
      request.via = Via::cookie;
      if (route.permission != Permission::public_) return banned;
    }
  }
  return std::nullopt;
}

// A page of another site must not change anything with the visitor's cookie, nor sign him in. A token comes with no
// request by itself, and at this machine there are no pages.
std::optional<Error> Router::foreign(const net::HttpHead& head, const Request& request) const {
  if (head.peer.isLocal() || request.via == Via::bearer || request.via == Via::ticket) return std::nullopt;
  if (fromOwnPage(head, context_.policy()->origins)) return std::nullopt;
  if (head.headers.has("Origin")) {
    if (const auto line = context_.refused_pages->tell(head, context_.clock.now()))
      context_.devices.services().log(link::EventLevel::warning, *line);
    return refusedPage(head, "may not do this");
  }
  if (request.via != Via::cookie) return std::nullopt;  // a program without the cookie
  return Error{ErrorCode::permission_denied, "A request with the session cookie must carry its page's Origin.", ""};
}

namespace {

// Of a device or capture that is not there, or that whoever asks may not know of.
Error nothingThere(const Router::Route& route, const Request& request) {
  const std::string& id = request.params[0];
  if (route.of_capture) return {ErrorCode::not_found, "No capture \"" + id + "\" is kept here.", ""};
  return {ErrorCode::not_found, "No device \"" + id + "\" is enrolled here.", ""};
}

}  // namespace

// Why whoever asks may not have this route; `device` is null where the route concerns the hub.
std::optional<Error> Router::refusal(const Route& route, const Request& request, const live::LiveDevice* device) const {
  const identity::Session* session = request.session ? &*request.session : nullptr;
  if (!session && route.permission != Permission::public_)
    return Error{ErrorCode::unauthenticated, "Sign in first.", ""};
  const bool of_device = route.of_device || route.of_capture;
  if (of_device && !device) return nothingThere(route, request);
  const identity::Place place = device ? device->place() : identity::Place();
  const identity::Place* where = device ? &place : nullptr;
  if (!context_.identity.may(session, route.permission, where)) {
    // Whoever may not see it is not told that it is there.
    if (device && !context_.identity.may(session, Permission::watch, where)) return nothingThere(route, request);
    return Error{
        ErrorCode::permission_denied,
        std::string("You may not do this: it needs the right to ") + identity::toString(route.permission) + ".", ""};
  }
  const bool own = route.ask == Ask::person || route.ask == Ask::person_confirmed;
  if (own && session->person.kind != identity::PersonKind::account)
    return Error{ErrorCode::permission_denied, "This is for the account itself; guests and tokens may not do it.", ""};
  const bool confirms = route.ask == Ask::confirmed || route.ask == Ask::person_confirmed;
  if (confirms && request.via != Via::local && !context_.identity.confirmed(*session))
    return Error{ErrorCode::confirm_required, "Give your password again first.", ""};
  return std::nullopt;
}

// Null where the route names none, or one that is not there.
std::shared_ptr<const media::Capture> Router::captureOf(const Route& route, const Request& request) const {
  if (!route.of_capture || !context_.captures) return nullptr;
  const std::string& text = request.params[0];
  media::CaptureId id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return nullptr;
  return context_.captures->find(id);
}

void Router::handle(const std::shared_ptr<net::Exchange>& exchange) const {
  const net::HttpHead& head = exchange->head();
  Request request{exchange, std::nullopt, "", {}, Via::nobody};
  std::string allowed;
  const Route* route = find(head, request.params, allowed);
  if (!route) {
    if (allowed.empty())
      return request.answer(Error{ErrorCode::not_found, "There is nothing at " + head.path + ".", ""});
    net::HttpResponse response = net::HttpResponse::problem(
        405, problemJson(Error{ErrorCode::invalid_argument, head.path + " takes " + allowed + " only.", ""}, 405));
    response.headers.set("Allow", allowed);
    return request.answer(std::move(response));
  }

  if (auto error = identify(*route, request)) return request.answer(*error);
  if (changes(head.method))
    if (auto error = foreign(head, request)) return request.answer(*error);
  const auto capture = captureOf(*route, request);
  const auto device = capture            ? context_.devices.find(capture->device)
                      : route->of_device ? context_.devices.find(request.params[0])
                                         : nullptr;
  if (auto error = refusal(*route, request, device.get())) return request.answer(*error);
  if (changes(head.method) && !route->takes_any_body && !exchange->body().empty()) {
    const std::string_view type = head.headers.get("Content-Type");
    if (!net::equalsIgnoringCase(type.substr(0, type.find_first_of("; \t")), "application/json"))
      return request.answer(Error{ErrorCode::unsupported, "A body must be application/json.", ""}, 415);
  }
  if (route->of_device)
    route->of_device(std::move(request), device);
  else if (route->of_capture)
    route->of_capture(std::move(request), capture);
  else
    route->handler(std::move(request));
}

}  // namespace robohub::api
