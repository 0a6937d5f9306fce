// What holds for every request: paths and methods, bodies, origins, the shape of refusals, the fields of every answer.
#include <catch2/catch.hpp>
#include <set>

#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

// A refusal that a program can read and a person can understand.
void checkProblem(const Answer& answer, int status, const std::string& code) {
  INFO(answer.body);
  CHECK(answer.status == status);
  CHECK(answer.headers.get("Content-Type") == "application/problem+json");
  REQUIRE(answer.json);
  CHECK(answer.text("type") == "about:blank");
  CHECK(answer.json->getValue<int>("status") == status);
  CHECK(answer.text("code") == code);
  CHECK_FALSE(answer.text("title").empty());
  const std::string sentence = answer.text("detail");
  REQUIRE_FALSE(sentence.empty());
  CHECK((sentence.back() == '.' || sentence.back() == '!'));
  CHECK_FALSE(std::islower(static_cast<unsigned char>(sentence.front())));
  if (answer.json->has("pointer")) CHECK(answer.text("pointer").substr(0, 1) == "/");
}

std::set<std::string> allowed(const Answer& answer) {
  std::set<std::string> methods;
  std::string text(answer.headers.get("Allow"));
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(", ", at), text.size());
    CHECK(methods.insert(text.substr(at, end - at)).second);
    at = end + 2;
  }
  return methods;
}

}  // namespace

TEST_CASE("What is not there is 404, whatever is done to it") {
  TestHub hub;
  const std::string ada = hub.guest("Ada");
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
    INFO(method);
    checkProblem(hub.ask({.method = method, .target = "/api/v1/nothing", .cookie = ada}), 404, "not_found");
    checkProblem(hub.ask({.method = method, .target = "/api/v1/devices/d1/nothing/at/all", .cookie = ada}), 404,
                 "not_found");
  }
  checkProblem(hub.get("/api/v1/devices/", ada), 404, "not_found");
  checkProblem(hub.get("/api/v1/devices/d1", ada), 404, "not_found");
  checkProblem(hub.get("/plugins/test_good/1.0.0/nothing.js", ada), 404, "not_found");
  checkProblem(hub.get("/nothing.js"), 404, "not_found");
  checkProblem(hub.get("/api/v1/devices/%22%F0%9F%98%B8", ada), 404, "not_found");
}

TEST_CASE("The wrong method is 405 and says which ones there are") {
  TestHub hub;
  const std::string ada = hub.guest("Ada");
  const auto ask = [&](const char* method, const char* target) {
    const Answer answer = hub.ask({.method = method, .target = target, .cookie = ada});
    INFO(method << " " << target);
    checkProblem(answer, 405, "invalid_argument");
    return allowed(answer);
  };
  using Methods = std::set<std::string>;
  CHECK(ask("PUT", "/api/v1/session") == Methods{"GET", "HEAD", "POST", "DELETE"});
  CHECK(ask("DELETE", "/api/v1/devices") == Methods{"GET", "HEAD", "POST"});
  CHECK(ask("GET", "/api/v1/stop") == Methods{"POST"});
  CHECK(ask("GET", "/api/v1/setup") == Methods{"POST"});
  CHECK(ask("GET", "/api/v1/devices/d1/commands/add") == Methods{"POST"});
  CHECK(ask("POST", "/api/v1/live") == Methods{"GET", "HEAD"});
  CHECK(ask("POST", "/healthz") == Methods{"GET", "HEAD"});
  CHECK(ask("POST", "/anything") == Methods{"GET", "HEAD"});
}

TEST_CASE("A body must be JSON and say so") {
  TestHub hub;
  const auto post = [&](const std::string& body, const std::string& type) {
    return hub.ask({.method = "POST", .target = "/api/v1/session", .body = body, .content_type = type});
  };
  const std::string good = "{\"guest\":\"Ada\"}";
  checkProblem(post(good, "text/plain"), 415, "unsupported");
  checkProblem(post(good, "application/x-www-form-urlencoded"), 415, "unsupported");
  checkProblem(post(good, "application/jsonp"), 415, "unsupported");
  checkProblem(post(good, ""), 415, "unsupported");
  CHECK(post(good, "application/json; charset=utf-8").status == 200);
  CHECK(post(good, "Application/JSON ;charset=utf-8").status == 200);
}

TEST_CASE("Bodies that are no strict JSON object are refused with a sentence") {
  TestHub hub;
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  for (const std::string& body :
       {std::string("{"), std::string("[]"), std::string("null"), std::string("\"x\""), std::string("{\"guest\":}"),
        std::string("{\"guest\":\"Ada\",\"guest\":\"Bob\"}"), std::string("{\"guest\":\"Ada\"} x"),
        std::string("{\"guest\":\"\xff\"}"), "{\"guest\":" + deep + "}", std::string("{\"guest\":1e999}"),
        std::string("{\"guest\":18446744073709551616}"), std::string(1, '\0')}) {
    INFO(body);
    checkProblem(hub.post("/api/v1/session", body), 400, "invalid_argument");
  }
  for (const std::string& body : {std::string("{}"), std::string("{\"guest\":1}"), std::string("{\"guest\":\"\"}"),
                                  "{\"guest\":\"" + std::string(33, 'x') + "\"}", std::string("{\"username\":\"a\"}"),
                                  std::string("{\"username\":\"a\",\"password\":[]}")}) {
    INFO(body);
    const Answer answer = hub.post("/api/v1/session", body);
    checkProblem(answer, 400, "invalid_argument");
    CHECK(answer.text("pointer").find('/') == 0);
  }
}

TEST_CASE("A body over one mebibyte is refused, one of that size is read") {
  TestHub hub;
  const std::string frame = "{\"guest\":\"Ada\",\"x\":\"\"}";
  const auto of = [&](std::size_t bytes) {
    return "{\"guest\":\"Ada\",\"x\":\"" + std::string(bytes - frame.size(), 'x') + "\"}";
  };
  CHECK(hub.post("/api/v1/session", of(64 * 1024)).status == 200);
  checkProblem(hub.post("/api/v1/session", of(64 * 1024 + 1)), 413, "too_large");
  CHECK(hub.get("/healthz").status == 200);
}

TEST_CASE("A guest may send no more than a stranger, and nobody a body of ever so many values") {
  TestHub hub;
  const std::string guest = hub.guest("Ada"), root = hub.administrator();
  // As the person of `root` again, whose session goes on then.
  const auto send = [&](const std::string& cookie, const std::string& inside) {
    const std::string again = R"({"username":"root","password":"correct horse","x":[)" + inside + "]}";
    return hub.post("/api/v1/session", again, cookie);
  };
  const auto values = [](std::size_t count) {
    std::string text = "{}";
    for (std::size_t i = 1; i < count; ++i) text += ",{}";
    return text;
  };
  const std::string text = "\"" + std::string(70'000, 'x') + "\"";
  checkProblem(send(guest, text), 413, "too_large");
  CHECK(send(root, text).status == 200);
  CHECK(send(root, values(9'000)).status == 200);
  checkProblem(send(root, values(100'000)), 413, "too_large");
}

TEST_CASE("Pages of another origin change nothing and open no socket") {
  TestHub hub;
  hub.device("d1");
  const std::string ada = hub.guest("Ada");
  const std::string own = "http://127.0.0.1:" + std::to_string(hub.port);
  const auto stop = [&](const std::string& origin, const std::string& cookie) {
    return hub.ask({.method = "POST", .target = "/api/v1/stop", .cookie = cookie, .origin = origin});
  };
  for (const char* origin : {"http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1", "http://localhost",
                             "http://127.0.0.1.evil.example", "", "http://127.0.0.1:1"}) {
    INFO(origin);
    checkProblem(stop(origin, ada), 403, "permission_denied");
  }
  CHECK(hub.deviceState("d1")->getObject("stop")->getValue<std::string>("state") == "none");
  CHECK(stop(own, ada).status == 202);
  // Nor may they sign a visitor in.
  checkProblem(hub.ask({.method = "POST",
                        .target = "/api/v1/session",
                        .body = "{\"guest\":\"Eve\"}",
                        .origin = "http://evil.example"}),
               403, "permission_denied");

  const auto live = [&](const std::string& origin) {
    std::vector<std::string> headers{"Cookie: " + ada};
    if (!origin.empty()) headers.push_back("Origin: " + origin);
    return WebSocketPeer(hub.port, "/api/v1/live", headers);
  };
  for (const char* origin : {"http://evil.example", "null", "", "http://127.0.0.1"}) {
    INFO(origin);
    const auto refused = live(origin);
    CHECK(refused.status() == 403);
    checkProblem(refused.refusal(), 403, "permission_denied");
  }
  CHECK(live(own).status() == 101);
}

TEST_CASE("A page that is refused is told its origin and the setting that would let it in") {
  TestHub hub;
  const std::string name = "laser.example:" + std::to_string(hub.port), origin = "http://" + name;
  const Answer refused = hub.ask(
      {.method = "POST", .target = "/api/v1/session", .body = "{\"guest\":\"Ada\"}", .origin = origin, .host = name});
  checkProblem(refused, 403, "permission_denied");
  INFO(refused.body);
  CHECK(refused.text("detail").find("Pages of " + origin + " may not") != std::string::npos);
  CHECK(refused.text("detail").find("server.origins: [\"" + origin + "\"]") != std::string::npos);
  // What no browser writes is not repeated.
  for (const char* odd : {"null", "http://a.example/<b>", "javascript:x", "http://"}) {
    const Answer answer = hub.ask({.method = "POST", .target = "/api/v1/session", .body = "{}", .origin = odd});
    INFO(answer.body);
    CHECK(answer.text("detail").find("Pages of another origin") == 0);
    CHECK(answer.text("detail").find("server.origins") != std::string::npos);
  }
}

TEST_CASE("Origins that the settings list may change things and open sockets") {
  TestHub hub([](hub::Settings& settings) { settings.origins = {"https://hub.example"}; });
  const std::string ada = hub.guest("Ada");
  const auto stop = [&](const std::string& origin) {
    return hub.ask({.method = "POST", .target = "/api/v1/stop", .cookie = ada, .origin = origin}).status;
  };
  CHECK(stop("https://hub.example") == 200);
  CHECK(stop("https://hub.example:443") == 200);
  CHECK(stop("http://hub.example") == 403);
  CHECK(stop("https://hub.example.evil") == 403);
  CHECK(WebSocketPeer(hub.port, "/api/v1/live", {"Cookie: " + ada, "Origin: https://hub.example"}).status() == 101);
}

TEST_CASE("A stranger's name that points at the hub does not make his page the hub's own") {
  TestHub hub([](hub::Settings& settings) { settings.origins = {"https://hub.example"}; });
  const std::string ada = hub.guest("Ada");
  const auto port = ":" + std::to_string(hub.port);
  const auto signIn = [&](const std::string& host, const std::string& scheme = "http://") {
    return hub.ask({.method = "POST",
                    .target = "/api/v1/session",
                    .body = "{\"guest\":\"Eve\"}",
                    .origin = scheme + host,
                    .host = host});
  };
  const auto live = [&](const std::string& host) {
    return hub.ask({.target = "/api/v1/live", .cookie = ada, .origin = "http://" + host, .host = host}).status;
  };
  for (const std::string& host : {"evil.example" + port, std::string("evil.example"), "1.evil.example" + port,
                                  "localhost.evil.example" + port, "local.example" + port}) {
    INFO(host);
    checkProblem(signIn(host), 403, "permission_denied");
    CHECK(live(host) == 403);
  }
  for (const std::string& host : {"localhost" + port, "127.0.0.1" + port, "[::1]" + port, "192.0.2.1" + port,
                                  "raspberry" + port, "turret.local" + port, std::string("Hub.localhost")}) {
    INFO(host);
    CHECK(signIn(host).status == 200);
    CHECK(live(host) == 400);  // it is no upgrade; whose it is was looked at before
  }
  CHECK(signIn("hub.example", "https://").status == 200);
}

TEST_CASE("HEAD answers as GET does, without the body") {
  TestHub hub;
  const std::string ada = hub.guest("Ada");
  for (const char* target : {"/healthz", "/api/v1/session", "/api/v1/devices", "/", "/api/v1/openapi.json"}) {
    INFO(target);
    const Answer get = hub.get(target, ada);
    const Answer head = hub.ask({.method = "HEAD", .target = target, .cookie = ada});
    CHECK(head.status == 200);
    CHECK(head.headers.get("Content-Type") == get.headers.get("Content-Type"));
    CHECK(head.headers.get("Content-Length") == get.headers.get("Content-Length"));
  }
}

TEST_CASE("Every answer forbids what a browser could be talked into") {
  TestHub hub;
  hub.device("d1");
  const std::string ada = hub.guest("Ada");
  const Ask asks[] = {
      {.target = "/"},
      {.target = "/healthz"},
      {.target = "/nothing.js"},
      {.target = "/api/v1/session"},
      {.target = "/api/v1/devices"},
      {.target = "/api/v1/devices", .cookie = ada},
      {.target = "/api/v1/devices/unknown", .cookie = ada},
      {.method = "POST", .target = "/api/v1/devices", .cookie = ada},
      {.method = "PUT", .target = "/api/v1/session"},
      {.method = "POST", .target = "/api/v1/session", .body = "{}", .content_type = "text/plain"},
      {.method = "DELETE", .target = "/api/v1/session", .cookie = hub.guest("Bob")},
      {.target = "/api/v1/devices/d1/streams/nothing.mjpeg", .cookie = ada},
      {.target = "/plugins/x/y/z", .cookie = ada},
  };
  for (const Ask& ask : asks) {
    const Answer answer = hub.ask(ask);
    INFO(ask.method << " " << ask.target << " " << answer.status);
    CHECK(answer.headers.get("X-Content-Type-Options") == "nosniff");
    CHECK(answer.headers.get("Referrer-Policy") == "same-origin");
    CHECK(answer.headers.get("Cross-Origin-Resource-Policy") == "same-origin");
    CHECK(answer.headers.get("Cross-Origin-Opener-Policy") == "same-origin");
    const std::string policy(answer.headers.get("Content-Security-Policy"));
    CHECK(policy.find("default-src 'none'") == 0);
    CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(answer.headers.has("Cache-Control"));
  }
}

TEST_CASE("Any path without a dot is the page's own and so is that of a person, others are files") {
  TestHub hub;
  for (const char* target : {"/", "/devices/d1", "/a/b/c", "/index.html", "/admin/users/ada.lovelace"}) {
    INFO(target);
    const Answer answer = hub.get(target);
    CHECK(answer.status == 200);
    CHECK(answer.body.find("<title>robohub</title>") != std::string::npos);
  }
  CHECK(hub.get("/assets/gone-12345678.js").status == 404);
  CHECK(hub.get("/../../etc/passwd").status != 200);
  CHECK(hub.get("/%2e%2e/%2e%2e/etc/passwd").status != 200);
}

TEST_CASE("Without a built page the address says how to build it") {
  TestHub hub([](hub::Settings& settings) { settings.web = "/nonexistent"; });
  const Answer answer = hub.get("/");
  CHECK(answer.status == 503);
  CHECK(answer.body.find("npm") != std::string::npos);
  CHECK(hub.get("/healthz").status == 200);
}

TEST_CASE("A wrong token is nobody everywhere, whatever the cookie says; a right one needs no Origin") {
  TestHub hub;
  hub.device("d1");
  const std::string root = hub.administrator();
  const auto with = [&](const std::string& token, const char* method, const char* target, const std::string& cookie) {
    return hub.ask({.method = method,
                    .target = target,
                    .body = std::string(method) == "POST" ? "{}" : "",
                    .cookie = cookie,
                    .origin = "",
                    .more = {"Authorization: Bearer " + token}});
  };
  const std::string wrong = "rh_" + std::string(43, 'A');
  for (const char* target : {"/api/v1/session", "/api/v1/devices", "/healthz", "/"}) {
    INFO(target);
    checkProblem(with(wrong, "GET", target, root), 401, "unauthenticated");
  }
  checkProblem(with("other", "GET", "/api/v1/devices", root), 401, "unauthenticated");
  const Answer made = hub.post("/api/v1/tokens", R"({"name":"t","permissions":["watch"],"expires_in_days":1})", root);
  REQUIRE(made.status == 201);
  CHECK(with(made.text("secret"), "POST", "/api/v1/devices/d1/stop", "").status == 202);
  // What the token lacks is not taken from the cookie beside it.
  checkProblem(with(made.text("secret"), "GET", "/api/v1/users", root), 403, "permission_denied");
}
