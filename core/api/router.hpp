// Which request is answered by what, and who may make it. A route is declared together with its permission (there is no
// other way to declare one), and the router has checked it, the Origin of changing requests and the shape of the body
// before a route's code runs. Deny by default: what is not declared is 404.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"
#include "base/json.hpp"
#include "identity/person.hpp"
#include "net/http_server.hpp"

namespace robohub::api {

using identity::Permission;

// One request as a route gets it.
struct Request {
  std::shared_ptr<net::Exchange> exchange;
  std::optional<identity::Session> session;  // of the cookie, or of the local administrator
  std::string token;                         // of the cookie; "" for the local administrator
  std::vector<std::string> params;           // what stood for {...} in the pattern, in order

  const identity::Person& person() const { return session->person; }  // only where the permission asks for somebody
  // Once for each request. [any-thread]
  void answer(net::HttpResponse response) const;
  void answerJson(int status, std::string body) const;
  void answer(const Error& error) const;
  void answer(const Error& error, int status) const;
  // The body as a JSON object; a missing one is an empty object. Errors: invalid_argument.
  Result<json::Object::Ptr> body() const;
};

using RouteHandler = std::function<void(Request)>;

class Router {
 public:
  struct Route {
    std::string method, pattern, summary;
    Permission permission;
    std::vector<std::string> segments;
    RouteHandler handler;
  };
  explicit Router(const Context& context) : context_(context) {}

  // `pattern` may hold {names}; the last may be {name...} and then takes the rest of the path. `summary` is a sentence
  // for the OpenAPI description.
  template <Permission P>
  void add(std::string method, std::string pattern, std::string summary, RouteHandler handler) {
    routes_.push_back({std::move(method), std::move(pattern), std::move(summary), P, {}, std::move(handler)});
    routes_.back().segments = segmentsOf(routes_.back().pattern);
  }

  // Answers the request: by its route, or 401, 403, 404, 405, 415.
  void handle(const std::shared_ptr<net::Exchange>& exchange) const;
  const std::vector<Route>& routes() const { return routes_; }
  // Every declared route as "METHOD pattern permission", for the test that compares them with a table kept by hand.
  std::vector<std::string> list() const;

 private:
  static std::vector<std::string> segmentsOf(std::string_view path);
  const Route* find(const net::HttpHead& head, std::vector<std::string>& params, std::string& allowed) const;
  std::optional<Error> foreign(const net::HttpHead& head, const Request& request) const;

  const Context& context_;
  std::vector<Route> routes_;
};

// Whether the request comes from the hub's own page or from one of the configured origins. A page is the hub's own when
// its Origin is the address it asked, and that address is a number, `localhost`, a name without dots or one of .local:
// any other name could be a stranger's that points here (DNS rebinding), and has to be configured.
bool fromOwnPage(const net::HttpHead& head, const std::vector<std::string>& origins);

// Header fields of every answer that a browser may show or run.
void addSecurityHeaders(net::HttpResponse& response);

}  // namespace robohub::api
