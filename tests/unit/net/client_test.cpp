#include <catch2/catch.hpp>
#include <filesystem>

#include "net/http_client.hpp"
#include "net/websocket_client.hpp"
#include "test_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Catch::Matchers::Contains;
using std::chrono::milliseconds;

namespace {

// Accepts one connection at a time, reads up to an empty line, and says what it is told to.
class CannedServer {
 public:
  explicit CannedServer(std::string answer, bool stay_open = false)
      : listener_(Listener::tcp("127.0.0.1", 0).value()), stay_open_(stay_open), answer_(std::move(answer)) {
    REQUIRE(listener_->start(loop_, [this](UniqueFd fd, PeerAddress) {
      auto holder = std::make_shared<UniqueFd>(std::move(fd));
      auto head = std::make_shared<std::string>();
      watches_.push_back(loop_
                             .watchFd(holder->get(), 1,
                                      [this, holder, head](std::uint32_t) {
                                        char buffer[4096];
                                        const auto got = recv(holder->get(), buffer, sizeof buffer, 0);
                                        if (got <= 0) return holder->reset();
                                        head->append(buffer, static_cast<std::size_t>(got));
                                        if (head->find("\r\n\r\n") == std::string::npos) return;
                                        head->clear();
                                        send(holder->get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
                                        if (!stay_open_) shutdown(holder->get(), SHUT_WR);
                                      })
                             .value());
    }));
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~CannedServer() {
    loop_.stop();
    thread_.join();
  }
  Endpoint endpoint() const { return Endpoint::tcp("127.0.0.1", listener_->port()); }

 private:
  Loop loop_;
  std::unique_ptr<Listener> listener_;
  const bool stay_open_;
  const std::string answer_;
  std::vector<std::unique_ptr<FdWatch>> watches_;
  std::thread thread_;
};

ClientRequest request(Endpoint endpoint, Duration timeout = std::chrono::seconds(5)) {
  ClientRequest wanted;
  wanted.endpoint = std::move(endpoint);
  wanted.timeout = timeout;
  return wanted;
}

WebSocketDialled dialBlocking(Endpoint endpoint, WebSocketOptions options = {},
                              std::function<void(Loop&, std::shared_ptr<WebSocket>)> use = {},
                              Duration timeout = std::chrono::seconds(5)) {
  Loop loop;
  WebSocketRequest wanted;
  wanted.endpoint = std::move(endpoint);
  wanted.target = "/ws";
  wanted.headers.add("Authorization", "Robohub-Device a:b");
  wanted.options = options;
  wanted.timeout = timeout;
  WebSocketDialled result;
  auto pending = dialWebSocket(loop, wanted, [&](WebSocketDialled dialled) {
    result = std::move(dialled);
    if (result.socket && use) return use(loop, result.socket);
    loop.stop();
  });
  loop.run();
  result.socket.reset();
  return result;
}

}  // namespace

TEST_CASE("a request over TCP and over a Unix socket is answered") {
  TestServer hub;
  const auto path = std::filesystem::temp_directory_path() / ("rh-client-" + std::to_string(getpid()) + ".sock");
  REQUIRE(hub.server.listenUnix(path.string()));
  for (auto endpoint :
       {Endpoint::tcp("127.0.0.1", hub.port), Endpoint::tcp("localhost", hub.port), Endpoint::local(path.string())}) {
    auto wanted = request(endpoint);
    wanted.method = "POST";
    wanted.target = "/claim?x=1";
    wanted.headers.add("Content-Type", "application/json");
    wanted.body = "{}";
    const auto answer = httpRequestBlocking(wanted);
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == "POST /claim {}");
    CHECK(answer->headers.get("content-type") == "text/plain; charset=utf-8");
  }
}

TEST_CASE("answers end by length, by chunks or with the connection") {
  for (const auto* raw : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloGARBAGE", "HTTP/1.0 200 OK\r\n\r\nhello",
                          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
                          "chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"}) {
    CannedServer server(raw);
    const auto answer = httpRequestBlocking(request(server.endpoint()));
    REQUIRE(answer);
    CHECK(answer->body == "hello");
  }
}

TEST_CASE("failures of a request say what happened") {
  const auto code = [](const std::string& raw, bool stay_open = false) {
    CannedServer server(raw, stay_open);
    auto wanted =
        request(server.endpoint(), stay_open ? Duration(milliseconds(200)) : Duration(std::chrono::seconds(5)));
    wanted.max_body_bytes = 100;
    const auto answer = httpRequestBlocking(wanted);
    REQUIRE_FALSE(answer);
    return answer.error().code;
  };
  CHECK(code("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel") == ErrorCode::corrupt);
  CHECK(code("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n") == ErrorCode::corrupt);
  CHECK(code("SSH-2.0-OpenSSH\r\n\r\n") == ErrorCode::corrupt);
  CHECK(code("") == ErrorCode::corrupt);
  CHECK(code("HTTP/1.1 200 OK\r\n\r\n" + std::string(200, 'x')) == ErrorCode::too_large);
  CHECK(code("HTTP/1.1 200 OK\r\nX: " + std::string(17'000, 'x')) == ErrorCode::too_large);
  CHECK(code("HTTP/1.1 200 OK\r\n", true) == ErrorCode::timeout);

  std::uint16_t free_port = Listener::tcp("127.0.0.1", 0).value()->port();
  CHECK(httpRequestBlocking(request(Endpoint::tcp("127.0.0.1", free_port))).error().code == ErrorCode::unavailable);
  CHECK(httpRequestBlocking(request(Endpoint::local("/nonexistent/socket"))).error().code == ErrorCode::unavailable);
  auto injected = request(Endpoint::tcp("127.0.0.1", free_port));
  injected.target = "/a b\r\nX: y";
  CHECK_FALSE(httpRequestBlocking(injected));
}

TEST_CASE("a name is looked up beside the loop, and an unknown one is unavailable") {
  auto wanted = request(Endpoint::tcp("no-such-host.invalid", 80));
  const auto answer = httpRequestBlocking(wanted);
  REQUIRE_FALSE(answer);
  const auto code = answer.error().code;
  CHECK((code == ErrorCode::unavailable || code == ErrorCode::timeout));
}

TEST_CASE("a request that is given up calls nobody back") {
  CannedServer server("", true);
  Loop loop;
  auto pending = httpRequest(loop, request(server.endpoint(), milliseconds(200)),
                             [](Result<ClientResponse>) { FAIL("called back"); });
  loop.post([&] {
    loop.after(milliseconds(50), [&] {
      pending.reset();
      loop.after(milliseconds(300), [&] { loop.stop(); });
    });
  });
  loop.run();
}

TEST_CASE("a socket is dialled, agreed on, and speaks masked") {
  TestServer hub;
  hub.app->on_request = [](std::shared_ptr<Exchange> exchange) {
    if (exchange->head().headers.get("Authorization") != "Robohub-Device a:b")
      return exchange->respond(HttpResponse::text(401, "who are you?"));
    WebSocketOptions options;
    options.protocol = "robohub.agent.v1";
    auto socket = exchange->acceptWebSocket(options);
    socket->sendText("welcome");  // perhaps in the same packet as the upgrade
    socket->onText([raw = socket.get()](std::string_view text) { raw->sendText(text); });
    socket->onBinary([raw = socket.get()](std::string_view bytes) { raw->close(4000, std::to_string(bytes.size())); });
  };
  WebSocketOptions options;
  options.protocol = "robohub.agent.v1";
  std::vector<std::string> seen;
  int closed_code = 0;
  std::string closed_reason;
  const auto dialled = dialBlocking(Endpoint::tcp("127.0.0.1", hub.port), options, [&](Loop& loop, auto socket) {
    socket->onText([&seen, socket](std::string_view text) {
      seen.emplace_back(text);
      if (seen.size() == 1) socket->sendText("f\xc3\xbcr dich");
      if (seen.size() == 2)
        socket->sendFrame(WebSocket::frameBinary("prefix", std::string(60'000, 'x')), SendClass::picture);
    });
    socket->onClosed([&](std::uint16_t code, std::string_view reason) {
      closed_code = code;
      closed_reason = reason;
      loop.stop();
    });
  });
  CHECK(dialled.http_status == 101);
  CHECK(seen == std::vector<std::string>{"welcome", "f\xc3\xbcr dich"});
  CHECK(closed_code == 4000);
  CHECK(closed_reason == "60006");
}

TEST_CASE("a refused socket says the status and the first words") {
  TestServer hub;
  hub.app->on_request = [](std::shared_ptr<Exchange> exchange) {
    exchange->respond(HttpResponse::text(401, std::string(5000, 'x')));
  };
  const auto dialled = dialBlocking(Endpoint::tcp("127.0.0.1", hub.port));
  CHECK_FALSE(dialled.socket);
  CHECK(dialled.error.code == ErrorCode::unauthenticated);
  CHECK(dialled.http_status == 401);
  CHECK(dialled.body_start == std::string(1024, 'x'));
}

TEST_CASE("servers that do not keep the handshake are refused") {
  const auto code = [](const std::string& raw, Duration timeout = std::chrono::seconds(5)) {
    CannedServer server(raw, true);
    return dialBlocking(server.endpoint(), {}, {}, timeout).error.code;
  };
  const std::string start = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  CHECK(code(start + "\r\n") == ErrorCode::corrupt);
  CHECK(code(start + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n") == ErrorCode::corrupt);
  CHECK(code("HTTP/1.1 101 Switching Protocols\r\n\r\n") == ErrorCode::corrupt);
  CHECK(code("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n") == ErrorCode::unsupported);
  CHECK(code("nonsense\r\n\r\n") == ErrorCode::corrupt);
  CHECK(code("HTTP/1.1 200 OK\r\n", milliseconds(200)) == ErrorCode::timeout);
}

TEST_CASE("addresses are split strictly") {
  const auto url = parseHttpUrl("http://camera.local:8080/stream?x=1#y");
  REQUIRE(url);
  CHECK(url->endpoint.host == "camera.local");
  CHECK(url->endpoint.port == 8080);
  CHECK(url->target == "/stream?x=1");
  CHECK(url->endpoint.hostField() == "camera.local:8080");
  CHECK(parseHttpUrl("ws://[::1]")->endpoint.hostField() == "[::1]");
  CHECK(parseHttpUrl("http://a?x")->target == "/?x");
  CHECK_FALSE(parseHttpUrl("ws://a/")->endpoint.secure);
  for (const auto* secure : {"https://a/", "wss://a/"}) {
    const auto tls = parseHttpUrl(secure);
    REQUIRE(tls);
    CHECK(tls->endpoint.secure);
    CHECK(tls->endpoint.port == 443);
    CHECK(tls->endpoint.hostField() == "a");
  }
  CHECK(parseHttpUrl("https://a:80")->endpoint.hostField() == "a:80");
  for (const auto* bad :
       {"", "a", "ftp://a/", "http://", "http://:80/", "http://a:0/", "http://a:65536/", "http://a:x/", "http://u:p@a/",
        "http://a b/", "http://a/\r\n", "http://[::1/", "http://[::1]x/"}) {
    INFO(bad);
    CHECK(parseHttpUrl(bad).error().code == ErrorCode::invalid_argument);
  }
}
