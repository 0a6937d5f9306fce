// What one peer sends at once is handled in turns: others come in between, nothing changes its order, and nothing is
// lost when the socket ends or moves meanwhile.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <catch2/catch.hpp>

#include "net/websocket.hpp"
#include "test_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;

namespace {

constexpr std::size_t kMany = 1000;

std::string manyFrames() {
  std::string bytes;
  for (std::size_t i = 0; i < kMany; ++i) bytes += maskedFrame(0x81, std::to_string(i));
  return bytes;
}

// What the application has seen. Of the loop, until it has raised `done`.
struct Seen {
  std::vector<std::string> texts;
  int closed_code = 0;
  std::size_t before_the_end = 0;
  std::shared_ptr<WebSocket> socket;  // until it is over
  Signal first, go_on, done, closed;

  void complete() const {
    REQUIRE(texts.size() == kMany);
    for (std::size_t i = 0; i < kMany; ++i) CHECK(texts[i] == std::to_string(i));
  }
};

// A server on so many loops with one socket, whose messages `seen` takes.
struct Taker : TestServer {
  using OnText = std::function<void(std::string_view)>;
  Taker(Seen& seen, std::size_t loop_count, OnText then, WebSocketOptions options = {}) : TestServer({}, loop_count) {
    app->on_request = [&seen, then = std::move(then), options](std::shared_ptr<Exchange> exchange) {
      seen.socket = exchange->acceptWebSocket(options);
      seen.socket->onText([&seen, then](std::string_view text) {
        seen.texts.emplace_back(text);
        then(text);
        if (seen.texts.size() == kMany) seen.done.raise();
      });
      seen.socket->onClosed([&seen](std::uint16_t code, std::string_view) {
        seen.closed_code = code;
        seen.before_the_end = seen.texts.size();
        seen.socket.reset();
        seen.closed.raise();
      });
    };
  }
  // The loops end before what their callbacks use.
  ~Taker() { loops.stop(); }
};

RawPeer open(const TestServer& hub) {
  RawPeer peer(hub.port);
  peer.say(kUpgrade);
  peer.until("\r\n\r\n");
  return peer;
}

}  // namespace

TEST_CASE("what one peer sends at once gives way to others and keeps its order") {
  Seen seen;
  std::size_t before_others = 0;
  Taker hub(seen, 1, [&](std::string_view) {
    if (seen.texts.size() == 1) seen.socket->loop().post([&] { before_others = seen.texts.size(); });
  });
  auto peer = open(hub);
  peer.say(manyFrames());
  REQUIRE(seen.done.wait());
  hub.loops.stop();
  CHECK(before_others >= 1);
  CHECK(before_others <= 64);
  seen.complete();
}

TEST_CASE("what came before a connection broke is delivered before its end is told") {
  Seen seen;
  Taker hub(seen, 1, [&](std::string_view) {
    if (seen.texts.size() > 1) return;
    seen.first.raise();
    seen.go_on.wait();  // until the peer has gone: what it sent has been read by then
  });
  auto peer = open(hub);
  peer.say(manyFrames());
  REQUIRE(seen.first.wait());
  peer.reset();
  seen.go_on.raise();
  REQUIRE(seen.closed.wait());
  hub.loops.stop();
  CHECK(seen.before_the_end == kMany);
  CHECK(seen.closed_code == 1006);
  seen.complete();
}

TEST_CASE("what comes while the rest of a read waits is read before the connection is told to be broken") {
  Seen seen;
  Taker hub(seen, 1, [&](std::string_view) {
    if (seen.texts.size() > 1) return;
    seen.first.raise();
    seen.go_on.wait();
  });
  auto peer = open(hub);
  const int at_once = 1;  // or the kernel would hold the second text back, and drop it with the reset
  setsockopt(peer.fd(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  peer.say(manyFrames());
  REQUIRE(seen.first.wait());
  // Behind what the first read took: a stop, say, of a program that ends with it.
  peer.say(maskedFrame(0x81, "stop"));
  peer.reset();
  seen.go_on.raise();
  REQUIRE(seen.closed.wait());
  hub.loops.stop();
  CHECK(seen.before_the_end == kMany + 1);
  CHECK(seen.texts.back() == "stop");
}

TEST_CASE("what came before a peer was found too slow is delivered before its end is told") {
  Seen seen;
  WebSocketOptions options;
  options.limits.control_bytes = 10'000;
  const std::string answer(20'000, 'a');
  Taker hub(
      seen, 1,
      [&](std::string_view) {
        // Two within one iteration: nothing has left in between.
        if (seen.texts.size() == 1)
          for (int i = 0; i < 2; ++i) seen.socket->sendText(answer);
      },
      options);
  auto peer = open(hub);
  peer.say(manyFrames());
  REQUIRE(seen.closed.wait());
  hub.loops.stop();
  CHECK(seen.before_the_end == kMany);
  CHECK(seen.closed_code == 1013);
  seen.complete();
}

TEST_CASE("a close of the application takes back what was to be delivered") {
  Seen seen;
  Taker hub(seen, 1, [&](std::string_view) {
    if (seen.texts.size() == 1) seen.socket->close(4000, "enough");
  });
  auto peer = open(hub);
  peer.say(manyFrames() + maskedFrame(0x88, "\x0f\xa0"));
  REQUIRE(seen.closed.wait());
  hub.loops.stop();
  CHECK(seen.texts.size() == 1);
  CHECK(seen.closed_code == 4000);
}

TEST_CASE("a socket that moves while the rest of a read waits takes it along") {
  Seen seen;
  LoopPool* loops = nullptr;
  std::atomic<bool> right_loop{true}, moved{false};
  Taker hub(seen, 2, [&](std::string_view) {
    if (!seen.socket->loop().inLoop()) right_loop = false;
    if (seen.texts.size() != 1) return;
    // Runs behind the first turn, ahead of the next one.
    seen.socket->loop().post([&] {
      Loop* const to = &loops->at(1 - seen.socket->loop().index());
      seen.socket->moveTo(*to, [&, to] {
        if (!to->inLoop() || &seen.socket->loop() != to) right_loop = false;
        moved = true;
      });
    });
  });
  loops = &hub.loops;
  auto peer = open(hub);
  peer.say(manyFrames());
  REQUIRE(seen.done.wait());
  CHECK(moved);
  CHECK(right_loop);
  hub.loops.stop();
  seen.complete();
}

TEST_CASE("nobody takes over a socket that has ended before it could") {
  Seen seen;
  Signal ran;
  std::atomic<bool> arrived{false};
  Taker hub(seen, 1, [&](std::string_view) {
    if (seen.texts.size() > 1) return;
    // What is posted from within a post comes behind the next look at the sockets.
    seen.socket->loop().post([&] {
      seen.socket->moveTo(seen.socket->loop(), [&] { arrived = true; });
      seen.socket->loop().post([&] { ran.raise(); });
      seen.first.raise();
      seen.go_on.wait();
    });
  });
  auto peer = open(hub);
  peer.say(maskedFrame(0x81, "take me"));
  REQUIRE(seen.first.wait());
  peer.reset();
  seen.go_on.raise();
  REQUIRE(ran.wait());
  hub.loops.stop();
  CHECK(seen.closed_code == 1006);
  CHECK_FALSE(arrived);
}
