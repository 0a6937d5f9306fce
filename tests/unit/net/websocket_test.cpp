#include "net/websocket.hpp"

#include <catch2/catch.hpp>

#include "net/websocket_handshake.hpp"
#include "test_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using std::chrono::milliseconds;
using Frame = std::pair<int, std::string>;

namespace {

// A server whose sockets echo and remember how they ended.
struct EchoServer : TestServer {
  explicit EchoServer(WebSocketOptions socket_options = {}, HttpServerOptions options = {})
      : TestServer(options, 2, application(*this, socket_options)) {}

  // The loops end before what their callbacks use.
  ~EchoServer() { loops.stop(); }

  static std::shared_ptr<LambdaApp> application(EchoServer& self, WebSocketOptions socket_options) {
    auto app = std::make_shared<LambdaApp>();
    app->on_request = [&self, socket_options](std::shared_ptr<Exchange> exchange) {
      if (!exchange->wantsWebSocket()) return exchange->respond(HttpResponse::text(200, "no socket"));
      auto socket = exchange->acceptWebSocket(socket_options);
      socket->onText([raw = socket.get()](std::string_view text) { raw->sendText(text); });
      socket->onBinary([raw = socket.get()](std::string_view bytes) { raw->sendBinary(bytes); });
      socket->onClosed([&self](std::uint16_t code, std::string_view reason) {
        {
          std::lock_guard lock(self.mutex);
          self.closed_code = code;
          self.closed_reason = reason;
        }
        self.closed.raise();
      });
      {
        std::lock_guard lock(self.mutex);
        self.socket = socket;
      }
      self.opened.raise();
    };
    return app;
  }

  Signal opened, closed;
  std::mutex mutex;  // two sockets may be on two loops
  std::atomic<int> closed_code{0};
  std::string closed_reason;
  std::weak_ptr<WebSocket> socket;
};

RawPeer open(const TestServer& hub, std::string_view behind = {}) {
  RawPeer peer(hub.port);
  peer.say(std::string(kUpgrade) + std::string(behind));
  CHECK_THAT(peer.until("\r\n\r\n"), StartsWith("HTTP/1.1 101 ") && Contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  return peer;
}

std::string closeCode(int code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
}

}  // namespace

TEST_CASE("a socket echoes text, binary, fragments and pings") {
  EchoServer hub;
  // Frames behind the request, in the same packet, are not lost.
  auto peer = open(hub, maskedFrame(0x81, "early"));
  CHECK(peer.frame() == Frame(0x81, "early"));
  peer.say(maskedFrame(0x82, std::string(60'000, 'b')));
  CHECK(peer.frame() == Frame(0x82, std::string(60'000, 'b')));
  peer.say(maskedFrame(0x01, "two ") + maskedFrame(0x89, "are you there") + maskedFrame(0x80, "parts"));
  CHECK(peer.frame() == Frame(0x8a, "are you there"));
  CHECK(peer.frame() == Frame(0x81, "two parts"));
}

TEST_CASE("a user takes the place of functions, hears the end once, and is let go of") {
  struct User final : WebSocketUser {
    std::shared_ptr<WebSocket> socket;
    std::atomic<int>& ended;
    std::shared_ptr<Signal> gone;
    User(std::shared_ptr<WebSocket> its, std::atomic<int>& ends, std::shared_ptr<Signal> dies)
        : socket(std::move(its)), ended(ends), gone(std::move(dies)) {}
    ~User() override { gone->raise(); }
    void onText(std::string_view text) override { socket->sendText("user: " + std::string(text)); }
    void onBinary(std::string_view) override { throw std::runtime_error("no such thing"); }
    void onClosed(std::uint16_t code, std::string_view) override { ended += code; }
  };
  EchoServer hub;
  std::atomic<int> ended{0};
  const auto gone = std::make_shared<Signal>();
  auto peer = open(hub);
  REQUIRE(hub.opened.wait());
  const auto socket = hub.socket.lock();
  hub.on(socket->loop(), [&] { socket->setUser(std::make_shared<User>(socket, ended, gone)); });
  peer.say(maskedFrame(0x01, "one ") + maskedFrame(0x00, "after ") + maskedFrame(0x80, "the other"));
  CHECK(peer.frame() == Frame(0x81, "user: one after the other"));
  peer.say(maskedFrame(0x82, "bytes"));
  CHECK(peer.frame() == Frame(0x88, closeCode(1011) + "The message could not be handled."));
  peer.say(maskedFrame(0x88, closeCode(1011)));
  CHECK(peer.all().empty());
  REQUIRE(gone->wait());
  CHECK(ended == 1011);
  CHECK_FALSE(hub.closed.wait(1, milliseconds(0)));  // the functions of before are no longer asked
}

TEST_CASE("the close handshake is kept from the peer's side") {
  EchoServer hub;
  auto peer = open(hub);
  peer.say(maskedFrame(0x88, closeCode(3001) + "enough") + maskedFrame(0x81, "ignored"));
  CHECK(peer.frame() == Frame(0x88, closeCode(3001)));
  CHECK(peer.all().empty());
  REQUIRE(hub.closed.wait());
  CHECK(hub.closed_code == 3001);
  CHECK(hub.closed_reason == "enough");
}

TEST_CASE("the close handshake is kept from the server's side") {
  EchoServer hub;
  auto peer = open(hub);
  REQUIRE(hub.opened.wait());
  const auto socket = hub.socket.lock();
  hub.on(socket->loop(), [&] {
    socket->close(4000, "replaced");
    CHECK_FALSE(socket->open());
    CHECK_FALSE(socket->sendText("too late"));
    CHECK_FALSE(hub.closed.wait(1, milliseconds(0)));  // never from within close()
  });
  CHECK(peer.frame() == Frame(0x88, closeCode(4000) + "replaced"));
  peer.say(maskedFrame(0x81, "not echoed any more") + maskedFrame(0x88, closeCode(4000)));
  CHECK(peer.all().empty());
  REQUIRE(hub.closed.wait());
  CHECK(hub.closed_code == 4000);
}

TEST_CASE("a peer that breaks the rules is told the code and cut off") {
  for (const auto& [bytes, code] :
       std::vector<std::pair<std::string, int>>{{encodeFrame(WebSocketOpcode::text, "unmasked"), 1002},
                                                {maskedFrame(0xc1, "reserved bit"), 1002},
                                                {maskedFrame(0x83, "reserved opcode"), 1002},
                                                {maskedFrame(0x09, "half ping"), 1002},
                                                {maskedFrame(0x81, "\xc0\x80"), 1007},
                                                {maskedFrame(0x82, std::string(65537, 'x')), 1009},
                                                {maskedFrame(0x88, closeCode(1005)), 1002}}) {
    EchoServer hub;
    auto peer = open(hub);
    peer.say(bytes);
    const auto answer = peer.frame();
    CHECK(answer.first == 0x88);
    CHECK(answer.second.substr(0, 2) == closeCode(code));
    CHECK(peer.all().empty());
    REQUIRE(hub.closed.wait());
    CHECK(hub.closed_code == code);
  }
}

TEST_CASE("a lost connection is 1006") {
  EchoServer hub;
  auto peer = open(hub);
  REQUIRE(hub.opened.wait());
  peer.reset();
  REQUIRE(hub.closed.wait());
  CHECK(hub.closed_code == 1006);
}

TEST_CASE("a message that the application cannot handle closes its socket only") {
  EchoServer hub;
  auto peer = open(hub), other = open(hub);
  REQUIRE(hub.opened.wait(2));
  const auto socket = hub.socket.lock();  // the second one's
  hub.on(socket->loop(), [&] { socket->onText([](std::string_view) { throw std::runtime_error("oops"); }); });
  other.say(maskedFrame(0x81, "x"));
  const auto frame = other.frame();
  CHECK(frame.first == 0x88);
  CHECK(frame.second.substr(0, 2) == closeCode(1011));
  peer.say(maskedFrame(0x81, "still here"));
  CHECK(peer.frame() == Frame(0x81, "still here"));
}

TEST_CASE("wrong upgrades never reach the application as sockets") {
  EchoServer hub;
  const auto ask = [&](const std::string& fields) {
    RawPeer peer(hub.port);
    peer.say("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n" + fields + "\r\n");
    return peer.answer();
  };
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", version = "Sec-WebSocket-Version: 13\r\n";
  const std::string upgrade = "Upgrade: websocket\r\n";
  CHECK_THAT(ask(upgrade + key + "Sec-WebSocket-Version: 8\r\n"),
             StartsWith("HTTP/1.1 426 ") && Contains("Sec-WebSocket-Version: 13"));
  CHECK_THAT(ask(upgrade + key), StartsWith("HTTP/1.1 426 "));
  CHECK_THAT(ask(upgrade + version), StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(ask(upgrade + version + "Sec-WebSocket-Key: short\r\n"), StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(ask(upgrade + version + key + key), StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(ask("Upgrade: h2c\r\n" + key + version), Contains("no socket"));
  RawPeer posted(hub.port);
  std::string request(kUpgrade);
  request.replace(0, 3, "POST");
  posted.say(request);
  CHECK_THAT(posted.answer(), StartsWith("HTTP/1.1 400 "));
}

TEST_CASE("a subprotocol is compared as it is written") {
  HttpHead head;
  head.headers.add("Sec-WebSocket-Protocol", "chat, robohub.agent.v1");
  CHECK(offersProtocol(head, "robohub.agent.v1"));
  CHECK_FALSE(offersProtocol(head, "Robohub.agent.v1"));
  CHECK_FALSE(offersProtocol(head, "robohub"));
}

TEST_CASE("a silent peer is pinged, and given up when it answers nothing") {
  WebSocketOptions options;
  options.ping_every = milliseconds(100);
  EchoServer hub(options);
  auto peer = open(hub);
  CHECK(peer.frame() == Frame(0x89, ""));
  peer.say(maskedFrame(0x8a, ""));  // alive after all: two more have to go unanswered
  const auto rest = peer.all();
  CHECK(rest.size() >= 4);
  for (std::size_t i = 0; i < rest.size(); ++i) CHECK(rest[i] == (i % 2 ? '\0' : '\x89'));
  REQUIRE(hub.closed.wait());
  CHECK(hub.closed_code == 1006);
}

TEST_CASE("a socket moves to another loop without losing what was sent or received") {
  TestServer hub;
  Signal arrived;
  std::shared_ptr<WebSocket> socket;
  std::vector<std::string> seen;
  std::atomic<bool> right_loop{true};
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    socket = exchange->acceptWebSocket({});
    Loop& from = exchange->loop();
    Loop& to = &from == &hub.loops.at(0) ? hub.loops.at(1) : hub.loops.at(0);
    socket->onText([&](std::string_view text) {
      seen.emplace_back(text);
      if (seen.size() == 1) {
        socket->sendText("before");
        socket->moveTo(to, [&] {
          right_loop = right_loop && to.inLoop();
          CHECK(&socket->loop() == &to);
          socket->sendText("arrived");
        });
        return;
      }
      right_loop = right_loop && to.inLoop();
      if (text == "last") arrived.raise();
    });
    socket->onClosed([&](std::uint16_t, std::string_view) { socket.reset(); });
  };
  RawPeer peer(hub.port);
  std::string burst(kUpgrade);
  burst += maskedFrame(0x81, "hello");
  for (int i = 0; i < 200; ++i) burst += maskedFrame(0x81, std::to_string(i));
  peer.say(burst);
  for (int i = 200; i < 400; ++i) peer.say(maskedFrame(0x81, std::to_string(i)));
  peer.say(maskedFrame(0x81, "last"));
  REQUIRE(arrived.wait());
  CHECK(right_loop);
  REQUIRE(seen.size() == 402);
  for (int i = 0; i < 400; ++i) CHECK(seen[static_cast<std::size_t>(i) + 1] == std::to_string(i));
  peer.until("\r\n\r\n");
  CHECK(peer.frame() == Frame(0x81, "before"));
  CHECK(peer.frame() == Frame(0x81, "arrived"));
  hub.loops.stop();
  CHECK_FALSE(socket);  // told the end
}

TEST_CASE("draining closes sockets with 1001 and waits for them") {
  EchoServer hub;
  auto peer = open(hub);
  REQUIRE(hub.opened.wait());
  Signal drained;
  hub.server.drain(std::chrono::seconds(5), [&] { drained.raise(); });
  const auto frame = peer.frame();
  CHECK(frame.first == 0x88);
  CHECK(frame.second.substr(0, 2) == closeCode(1001));
  peer.say(maskedFrame(0x88, closeCode(1001)));
  CHECK(peer.all().empty());
  peer.hangUp();
  CHECK(drained.wait());
}

TEST_CASE("a reader that stops holds a bounded queue, loses old data, and disturbs nobody") {
  WebSocketOptions options;
  options.limits.data_bytes = 100'000;
  TestServer hub;
  std::vector<std::shared_ptr<WebSocket>> sockets;
  Signal opened;
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    sockets.push_back(exchange->acceptWebSocket(options));
    opened.raise();
  };
  Loop& loop = hub.loops.at(0);
  // Both on one loop: connections are spread in turn.
  RawPeer stalled(hub.port, 4096), between(hub.port), reader(hub.port);
  stalled.say(kUpgrade);
  REQUIRE(opened.wait(1));
  reader.say(kUpgrade);
  REQUIRE(opened.wait(2));
  REQUIRE(&sockets[0]->loop() == &loop);
  REQUIRE(&sockets[1]->loop() == &loop);
  reader.until("\r\n\r\n");
  const auto frame = WebSocket::frameBinary(std::string(10'000, 'd'));
  std::size_t most = 0;
  for (int round = 0; round < 2000; ++round) {
    hub.on(loop, [&] {
      for (auto& socket : sockets) CHECK(socket->sendFrame(frame, SendClass::data));
      most = std::max(most, sockets[0]->queuedBytes());
    });
    REQUIRE(reader.frame().second.size() == 10'000);
  }
  hub.on(loop, [&] {
    CHECK(most <= 110'100);
    CHECK(sockets[0]->counts().dropped_data > 100);
    CHECK(sockets[1]->counts().dropped_data == 0);
    sockets.clear();
  });
}

TEST_CASE("control that a peer does not take closes it as too slow, and old pictures give way to new ones") {
  WebSocketOptions options;
  options.limits.control_bytes = 200'000;
  EchoServer hub(options);
  RawPeer stalled(hub.port, 4096);
  stalled.say(kUpgrade);
  REQUIRE(hub.opened.wait());
  const auto socket = hub.socket.lock();
  Loop& loop = socket->loop();
  const auto picture = WebSocket::frameBinary(std::string(100'000, 'p'));
  for (int i = 0; i < 100; ++i) hub.on(loop, [&] { socket->sendFrame(picture, SendClass::picture); });
  hub.on(loop, [&] {
    CHECK(socket->counts().replaced_pictures > 50);
    CHECK(socket->queuedBytes() < 201'000);
  });
  const std::string news(50'000, 'c');
  for (int i = 0; i < 8; ++i) hub.on(loop, [&] { socket->sendText(news); });
  hub.on(loop, [&] { CHECK_FALSE(socket->open()); });
  REQUIRE(hub.closed.wait());
  CHECK(hub.closed_code == 1013);
  // One that reads again soon learns why.
  stalled.until("\r\n\r\n");
  const auto all = stalled.all();
  CHECK_THAT(all.substr(all.size() - 12), Contains(closeCode(1013) + "too slow"));
}

TEST_CASE("a peer whose window stays shut is closed after a time") {
  WebSocketOptions options;
  options.write_stall = milliseconds(100);
  options.limits.control_bytes = 100'000'000;
  EchoServer hub(options);
  RawPeer stalled(hub.port, 4096);
  stalled.say(kUpgrade);
  REQUIRE(hub.opened.wait());
  const auto socket = hub.socket.lock();
  hub.on(socket->loop(), [&] { socket->sendBinary(std::string(20'000'000, 'x')); });
  REQUIRE(hub.closed.wait());
  CHECK(hub.closed_code == 1006);
}

TEST_CASE("data that stays behind for long closes the peer as too slow where that is wanted") {
  WebSocketOptions options;
  options.limits.data_bytes = 20'000;
  options.data_behind = milliseconds(50);
  EchoServer hub(options);
  RawPeer stalled(hub.port, 4096);
  stalled.say(kUpgrade);
  REQUIRE(hub.opened.wait());
  const auto socket = hub.socket.lock();
  const auto frame = WebSocket::frameBinary(std::string(50'000, 'd'));
  for (int i = 0; i < 2000 && !hub.closed.wait(1, milliseconds(1)); ++i)
    hub.on(socket->loop(), [&] { socket->sendFrame(frame, SendClass::data); });
  REQUIRE(hub.closed.wait());
  CHECK(hub.closed_code == 1013);
}

TEST_CASE("a loop that ends tells its sockets") {
  EchoServer hub;
  auto peer = open(hub);
  REQUIRE(hub.opened.wait());
  hub.loops.stop();
  CHECK(hub.closed.wait(1, milliseconds(0)));
  CHECK(hub.closed_code == 1006);
  CHECK(hub.socket.expired());
}
