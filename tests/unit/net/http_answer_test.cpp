// Long answers: how slowly they may be taken, and what is held until they have left.
#include <catch2/catch.hpp>
#include <thread>

#include "test_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kMiB = 1024 * 1024;
// Of the peer, so that most of an answer waits in the server.
constexpr int kReceiveBuffer = 256 * 1024;

void answerWith(TestServer& hub, std::size_t bytes) {
  hub.app->on_request = [bytes](std::shared_ptr<Exchange> exchange) {
    exchange->respond(HttpResponse::text(200, std::string(bytes, 'x')));
  };
}

// Takes what comes, a mebibyte every tenth of a second, to the end of the connection. How much it was.
std::size_t takeSlowly(RawPeer& peer) {
  std::size_t taken = 0, pauses = 0;
  for (auto bytes = peer.more(); !bytes.empty(); bytes = peer.more()) {
    taken += bytes.size();
    if (taken / kMiB == pauses) continue;
    pauses = taken / kMiB;
    std::this_thread::sleep_for(milliseconds(100));
  }
  return taken;
}

}  // namespace

TEST_CASE("a peer that always takes a little of a long answer is closed when it has taken too long") {
  HttpServerOptions options;
  options.write_stall = milliseconds(600);
  options.min_answer_bytes_per_s = 64 * kMiB;  // 1.1 s for all; the peer wants three
  options.keep_alive_idle = milliseconds(500);
  TestServer hub(options, 1);
  answerWith(hub, 32 * kMiB);
  RawPeer peer(hub.port, kReceiveBuffer);
  peer.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(takeSlowly(peer) < 32 * kMiB);
}

TEST_CASE("the last answer of a connection arrives whole however long a peer takes it steadily") {
  HttpServerOptions options;
  options.write_stall = std::chrono::seconds(1);
  TestServer hub(options, 1);
  answerWith(hub, 24 * kMiB);
  RawPeer peer(hub.port, kReceiveBuffer);
  peer.say("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK(takeSlowly(peer) > 24 * kMiB);
}

TEST_CASE("what an answer holds is let go of when it has left, and when its connection is over") {
  Signal let_go;
  TestServer hub({}, 1);
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    auto response = HttpResponse::text(200, std::string(16 * kMiB, 'x'));
    response.held = std::shared_ptr<void>(&let_go, [](void* signal) { static_cast<Signal*>(signal)->raise(); });
    exchange->respond(std::move(response));
  };
  const std::string get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  RawPeer reads(hub.port, kReceiveBuffer);
  reads.say(get);
  reads.until("\r\n\r\n");
  CHECK_FALSE(let_go.wait(1, milliseconds(50)));
  reads.exactly(16 * kMiB);
  REQUIRE(let_go.wait(1));

  RawPeer leaves(hub.port, kReceiveBuffer);
  leaves.say(get);
  leaves.until("\r\n\r\n");
  CHECK_FALSE(let_go.wait(2, milliseconds(50)));
  leaves.reset();
  CHECK(let_go.wait(2));
}
