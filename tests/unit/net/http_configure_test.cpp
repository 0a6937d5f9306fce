// What a running server is told anew, and who it takes a request to come from.
#include <catch2/catch.hpp>

#include "test_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct WhoServer : TestServer {
  explicit WhoServer(HttpServerOptions options = {}) : TestServer(std::move(options)) {
    app->on_request = [](std::shared_ptr<Exchange> exchange) {
      exchange->respond(HttpResponse::text(200, exchange->head().scheme + " " + exchange->head().peer.host()));
    };
  }
};

std::string ask(RawPeer& peer, const std::string& fields = {}) {
  peer.say("GET / HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n");
  return peer.answer();
}

HttpServerOptions withProxies(std::initializer_list<const char*> proxies) {
  HttpServerOptions options;
  for (const auto* proxy : proxies) options.trusted_proxies.push_back(Network::parse(proxy).value());
  return options;
}

constexpr const char* kForwarded = "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n";

}  // namespace

TEST_CASE("proxies are believed from the moment they are listed, also on connections that are there") {
  WhoServer hub;
  RawPeer peer(hub.port);
  CHECK_THAT(ask(peer, kForwarded), Contains("http 127.0.0.1"));
  hub.server.configure(withProxies({"127.0.0.1"}));
  CHECK_THAT(ask(peer), Contains("http 127.0.0.1"));  // the head may have been awaited before
  CHECK_THAT(ask(peer, kForwarded), Contains("https 192.0.2.7"));
  hub.server.configure(withProxies({"127.0.0.2"}));
  ask(peer);
  CHECK_THAT(ask(peer, kForwarded), Contains("http 127.0.0.1"));
  RawPeer proxy(hub.port, 0, "127.0.0.2");
  CHECK_THAT(ask(proxy, kForwarded), Contains("https 192.0.2.7"));
}

TEST_CASE("connections of a proxy do not count by address") {
  auto options = withProxies({"127.0.0.2"});
  options.max_per_address = 2;
  WhoServer hub(options);
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < 5; ++i) {
    peers.push_back(std::make_unique<RawPeer>(hub.port, 0, "127.0.0.2"));
    CHECK_THAT(ask(*peers.back()), StartsWith("HTTP/1.1 200"));
  }
  for (int i = 0; i < 3; ++i) {
    peers.push_back(std::make_unique<RawPeer>(hub.port));
    CHECK_THAT(ask(*peers.back()), StartsWith(i < 2 ? "HTTP/1.1 200" : "HTTP/1.1 503"));
  }
}

TEST_CASE("limits change for newcomers, and who is there stays") {
  WhoServer hub;
  RawPeer first(hub.port), second(hub.port);
  CHECK_THAT(ask(first), StartsWith("HTTP/1.1 200"));
  CHECK_THAT(ask(second), StartsWith("HTTP/1.1 200"));
  HttpServerOptions options;
  options.max_per_address = 1;
  options.max_head_bytes = 200;
  hub.server.configure(options);
  CHECK_THAT(ask(first), StartsWith("HTTP/1.1 200"));
  RawPeer third(hub.port);
  CHECK_THAT(third.all(), StartsWith("HTTP/1.1 503") && Contains("Retry-After: 5"));
  CHECK_THAT(ask(second), StartsWith("HTTP/1.1 200"));
  CHECK_THAT(ask(second, "X: " + std::string(300, 'x') + "\r\n"), StartsWith("HTTP/1.1 431"));
}

TEST_CASE("the door's own answers carry the security fields of every answer") {
  HttpServerOptions options;
  options.head_deadline = std::chrono::milliseconds(50);
  WhoServer hub(options);
  hub.app->body_limit = 10;
  const auto secured = [](const std::string& answer, const char* status) {
    CHECK_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + status));
    for (const auto* field : {"X-Content-Type-Options: nosniff", "Content-Security-Policy: default-src 'none'",
                              "Referrer-Policy: same-origin", "Cross-Origin-Resource-Policy: same-origin",
                              "Cross-Origin-Opener-Policy: same-origin", "Cache-Control: no-store"})
      CHECK_THAT(answer, Contains(field));
  };
  const auto says = [&](const std::string& request) {
    RawPeer peer(hub.port);
    peer.say(request);
    return peer.all();
  };
  secured(says("x\r\n\r\n"), "400");
  secured(says("GET / HTTP/1.1\r\n"), "408");
  secured(says("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"), "413");
  secured(says("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"), "431");
  hub.app->on_request = [](std::shared_ptr<Exchange>) { throw std::runtime_error("broken"); };
  RawPeer peer(hub.port);
  secured(ask(peer), "500");
}
