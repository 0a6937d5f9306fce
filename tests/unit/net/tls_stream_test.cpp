// Much data over TLS through little room: nothing is lost, torn or late, also where a queue drops what is old.
#include <catch2/catch.hpp>

#include "tls_peer.hpp"
#include "tls_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using std::chrono::milliseconds;

namespace {

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return text;
}

// "<number>:<size>:" and that many of one letter.
std::string numbered(int number, std::size_t size) {
  std::string head = std::to_string(number);
  head += ":" + std::to_string(size) + ":";
  return head + std::string(size, static_cast<char>('a' + number % 26));
}

// The number of the next such text; throws when it is torn.
int takeNumbered(TlsTestPeer& peer) {
  const int number = std::stoi(peer.until(":"));
  const auto size = std::stoul(peer.until(":"));
  if (peer.exactly(size) != std::string(size, static_cast<char>('a' + number % 26)))
    throw std::runtime_error("number " + std::to_string(number) + " is torn");
  return number;
}

}  // namespace

TEST_CASE("large bodies go both ways over TLS through tiny buffers") {
  TlsTestServer hub;
  hub.app->body_limit = 8 * 1024 * 1024;
  hub.app->on_request = [](std::shared_ptr<Exchange> exchange) {
    exchange->respond(HttpResponse::text(200, exchange->body()));
  };
  const auto body = pattern(3 * 1024 * 1024 + 7);
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    TlsTestPeer peer(hub.tls_port, {.version = version, .receive_buffer = 2048});
    REQUIRE(peer.shake());
    for (int i = 0; i < 2; ++i) {
      REQUIRE(peer.say("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
                       "\r\n\r\n" + body));
      peer.until("\r\n\r\n");
      CHECK(peer.exactly(body.size()) == body);
    }
  }
}

TEST_CASE("an answer before the end of a connection arrives whole, and its end is said") {
  TlsTestServer hub;
  const auto body = pattern(700'000);
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    auto response = HttpResponse::text(200, body);
    response.close = true;
    exchange->respond(std::move(response));
  };
  TlsTestPeer peer(hub.tls_port, {.receive_buffer = 4096});
  REQUIRE(peer.shake());
  // What comes behind the request is unread when the server closes.
  peer.say("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n" + std::string(5000, 'x'));
  peer.until("\r\n\r\n");
  CHECK(peer.all() == body);
  CHECK_FALSE(peer.failed());
}

TEST_CASE("pictures to a slow viewer over TLS are dropped whole and never torn") {
  TlsTestServer hub({}, 1);
  std::shared_ptr<HttpStream> stream;
  Signal opened;
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    stream = exchange->stream(HttpResponse::empty(200));
    opened.raise();
  };
  TlsTestPeer peer(hub.tls_port, {.receive_buffer = 2048});
  REQUIRE(peer.shake());
  peer.say("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  REQUIRE(opened.wait());
  peer.until("\r\n\r\n");
  constexpr int kPictures = 900;
  int newest = -1, seen = 0;
  const auto take = [&] {
    const int number = takeNumbered(peer);
    ++seen;
    if (number % 11 == 0) return;  // control overtakes
    CHECK(number > newest);
    newest = number;
  };
  OutputCounts counts;
  const std::vector<std::size_t> sizes{90'000, 17, 16'384, 40'000, 1, 5'000, 250'000};
  for (int i = 0; i < kPictures; ++i) {
    // Two in one iteration now and then, and a word that may not be dropped in between.
    hub.on(hub.loops.at(0), [&] {
      const auto picture = shareBytes(numbered(i, sizes[static_cast<std::size_t>(i) % sizes.size()]));
      stream->send(picture, i % 11 == 0 ? SendClass::control : SendClass::picture);
      counts = stream->counts();
    });
    if (i % 10 != 9) continue;
    take();
  }
  hub.on(hub.loops.at(0), [&] { stream->close(); });
  try {
    for (;;) take();
  } catch (const std::runtime_error& error) {
    CHECK_THAT(error.what(), Contains("ended; so far: "));
  }
  CHECK_FALSE(peer.failed());
  CHECK(counts.replaced_pictures > 100);
  CHECK(newest == kPictures - 1);
  CHECK(seen < kPictures);
  hub.on(hub.loops.at(0), [&] { stream.reset(); });
}

TEST_CASE("a WebSocket that moves to another loop takes along what TLS has read already") {
  TlsTestServer hub;
  Signal moved;
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    auto socket = exchange->acceptWebSocket({});
    Loop& other = &socket->loop() == &hub.loops.at(0) ? hub.loops.at(1) : hub.loops.at(0);
    auto count = std::make_shared<int>(0);
    socket->onText([&, raw = socket.get(), count](std::string_view text) {
      raw->sendText(text);
      if ((*count)++ == 0) {
        Loop& here = raw->loop();
        Loop& target = &here == &hub.loops.at(0) ? hub.loops.at(1) : hub.loops.at(0);
        raw->moveTo(target, [&] { moved.raise(); });
      }
    });
    socket->moveTo(other, [&] { moved.raise(); });
  };
  for (int round = 0; round < 10; ++round) {
    TlsTestPeer peer(hub.tls_port);
    REQUIRE(peer.shake());
    std::string all(kUpgrade), expected;
    for (int i = 0; i < 40; ++i) {
      const auto text = std::to_string(i) + pattern(9'000);
      all += maskedFrame(0x81, text);
      expected +=
          std::string("\x81\x7e", 2) + static_cast<char>(text.size() >> 8) + static_cast<char>(text.size() & 255);
      expected += text;
    }
    REQUIRE(peer.say(all));
    CHECK_THAT(peer.until("\r\n\r\n"), StartsWith("HTTP/1.1 101"));
    CHECK(peer.exactly(expected.size()) == expected);
  }
  CHECK(moved.wait(20));
}

TEST_CASE("a server that drains says goodbye over TLS too") {
  TlsTestServer hub;
  TlsTestPeer idle(hub.tls_port), unshaken(hub.tls_port);
  REQUIRE(idle.shake());
  REQUIRE_THAT(idle.get(), StartsWith("HTTP/1.1 200"));
  Signal drained;
  hub.server.drain(milliseconds(500), [&] { drained.raise(); });
  CHECK(idle.all().empty());
  CHECK(unshaken.raw().closedWithin(3000));
  CHECK(drained.wait());
}
