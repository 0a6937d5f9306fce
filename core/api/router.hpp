// Which request is answered by what, and who may make it. A route is declared together with its permission (there is no
// other way to declare one), and the router has checked it, the Origin of changing requests and the shape of the body
// before a route's code runs. A route of one device is declared with addDevice(): the router fetches the device and
// checks the permission on it, so that no route's code can forget to. Deny by default: what is not declared is 404.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"
#include "base/json.hpp"
#include "identity/audit.hpp"
#include "identity/person.hpp"
#include "net/http_server.hpp"

namespace robohub::api {

using identity::Permission;

// What a route asks for beside the permission.
enum class Ask {
  session,           // nothing
  person,            // an account itself: neither a guest nor a token
  confirmed,         // the password was given a short while ago; tokens and the administrator at this machine need none
  person_confirmed,  // both
};
const char* toString(Ask ask);

// How a request said who asks.
enum class Via { nobody, cookie, bearer, ticket, local };

// One request as a route gets it.
struct Request {
  std::shared_ptr<net::Exchange> exchange;
  std::optional<identity::Session> session;  // of whoever asks
  std::string token;                         // the cookie's or the program's; "" for a ticket and at this machine
  std::vector<std::string> params;           // what stood for {...} in the pattern, in order
  Via via = Via::nobody;

  const identity::Person& person() const { return session->person; }  // only where the permission asks for somebody
  // Whose hand it was, for the audit; without a session only the address is known.
  identity::Actor actor() const;
  // Once for each request. [any-thread]
  void answer(net::HttpResponse response) const;
  void answerJson(int status, std::string body) const;
  void answer(const Error& error) const;
  void answer(const Error& error, int status) const;
  // The body as a JSON object; a missing one is an empty object. Errors: invalid_argument, too_large.
  Result<json::Object::Ptr> body() const;
};

using RouteHandler = std::function<void(Request)>;
using DeviceHandler = std::function<void(Request, std::shared_ptr<live::LiveDevice>)>;
using CaptureHandler = std::function<void(Request, std::shared_ptr<const media::Capture>)>;

class Router {
 public:
  struct Route {
    std::string method, pattern, summary;
    Permission permission;
    Ask ask;
    std::vector<std::string> segments;
    RouteHandler handler;         // of a route that concerns the hub, or
    DeviceHandler of_device;      // the device that the first {name} of the pattern names
    CaptureHandler of_capture;    // or the capture, of some device, that it names
    bool takes_ticket = false;    // ?ticket= instead of a cookie
    bool takes_any_body = false;  // not only application/json
  };
  explicit Router(const Context& context) : context_(context) {}

  // `pattern` may hold {names}; the last may be {name...} and then takes the rest of the path. `summary` is a sentence
  // for the OpenAPI description. The permission is asked for on the whole hub, where only the role counts.
  template <Permission P, Ask A = Ask::session>
  Route& add(std::string method, std::string pattern, std::string summary, RouteHandler handler) {
    static_assert(P != Permission::public_ || A == Ask::session, "Nobody has no password.");
    return insert({std::move(method), std::move(pattern), std::move(summary), P, A, {}, std::move(handler), {}, {}});
  }
  // The first {name} of the pattern is a device, and the permission is asked for on it, as it is then. One that is not
  // there and one that the asker may not watch are both answered 404.
  template <Permission P, Ask A = Ask::session>
  Route& addDevice(std::string method, std::string pattern, std::string summary, DeviceHandler handler) {
    static_assert(P != Permission::public_ && P != Permission::signed_in, "A device asks for a right on it.");
    return insert({std::move(method), std::move(pattern), std::move(summary), P, A, {}, {}, std::move(handler), {}});
  }

  // The first {name} of the pattern is a capture, and the permission is asked for on its device. One that is not there
  // and one of a device that the asker may not watch are both answered 404.
  template <Permission P, Ask A = Ask::session>
  Route& addCapture(std::string method, std::string pattern, std::string summary, CaptureHandler handler) {
    static_assert(P != Permission::public_ && P != Permission::signed_in, "A capture asks for a right on its device.");
    return insert({std::move(method), std::move(pattern), std::move(summary), P, A, {}, {}, {}, std::move(handler)});
  }

  // Answers the request: by its route, or 401, 403, 404, 405, 415.
  void handle(const std::shared_ptr<net::Exchange>& exchange) const;
  const std::vector<Route>& routes() const { return routes_; }
  // Every declared route as "METHOD pattern permission[ on device|capture][ ask]", for the test that compares them with
  // a table kept by hand.
  std::vector<std::string> list() const;

 private:
  static std::vector<std::string> segmentsOf(std::string_view path);
  const Route* find(const net::HttpHead& head, std::vector<std::string>& params, std::string& allowed) const;
  Route& insert(Route route);
  std::optional<Error> identify(const Route& route, Request& request) const;
  std::optional<Error> foreign(const net::HttpHead& head, const Request& request) const;
  std::optional<Error> refusal(const Route& route, const Request& request, const live::LiveDevice* device) const;
  std::shared_ptr<const media::Capture> captureOf(const Route& route, const Request& request) const;

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
