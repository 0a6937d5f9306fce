#include <catch2/catch.hpp>

#include "net/http_server.hpp"
#include "test_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view kGet = "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n";

// A server that keeps every stream that it is asked for.
struct StreamServer : TestServer {
  StreamServer() : TestServer({}, 1) {
    app->on_request = [this](std::shared_ptr<Exchange> exchange) {
      HttpResponse head;
      head.content_type = "multipart/x-mixed-replace;boundary=b";
      auto stream = exchange->stream(std::move(head));
      if (stream) {
        stream->onClosed([this] { closed.raise(); });
        streams.push_back(stream);
      }
      opened.raise();
    };
  }
  ~StreamServer() {
    on(loops.at(0), [this] { streams.clear(); });
    loops.stop();
  }
  void send(std::size_t which, const std::string& head, const SharedBytes& body) {
    on(loops.at(0), [&] { streams.at(which)->send({shareBytes(head), body}, SendClass::picture); });
  }

  std::vector<std::shared_ptr<HttpStream>> streams;
  Signal opened, closed;
};

}  // namespace

TEST_CASE("a stream sends its head and then whole pictures") {
  StreamServer hub;
  RawPeer peer(hub.port);
  peer.say(kGet);
  REQUIRE(hub.opened.wait());
  const auto head = peer.until("\r\n\r\n");
  CHECK_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n") && Contains("multipart/x-mixed-replace;boundary=b") &&
                       Contains("Connection: close") && !Contains("Content-Length"));
  hub.send(0, "part ", shareBytes("picture\r\n"));
  CHECK(peer.until("\r\n") == "part picture\r\n");
  hub.on(hub.loops.at(0), [&] {
    hub.streams[0]->send({shareBytes("last "), shareBytes("one")}, SendClass::picture);
    hub.streams[0]->close();
    CHECK_FALSE(hub.streams[0]->open());
  });
  CHECK(peer.all() == "last one");
  CHECK_FALSE(hub.closed.wait(1, milliseconds(10)));
}

TEST_CASE("the application hears when a viewer leaves") {
  StreamServer hub;
  RawPeer peer(hub.port);
  peer.say(kGet);
  REQUIRE(hub.opened.wait());
  peer.hangUp();
  REQUIRE(hub.closed.wait());
  hub.on(hub.loops.at(0), [&] {
    CHECK_FALSE(hub.streams[0]->open());
    CHECK_FALSE(hub.streams[0]->send(shareBytes("x"), SendClass::picture));
  });
}

TEST_CASE("a stream that is dropped ends the connection") {
  StreamServer hub;
  RawPeer peer(hub.port);
  peer.say(kGet);
  REQUIRE(hub.opened.wait());
  hub.on(hub.loops.at(0), [&] { hub.streams.clear(); });
  CHECK_THAT(peer.all(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_CASE("a HEAD request for a stream gets its head only") {
  StreamServer hub;
  RawPeer peer(hub.port);
  peer.say("HEAD /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK_THAT(peer.all(), StartsWith("HTTP/1.1 200 OK"));
  REQUIRE(hub.opened.wait());
  CHECK(hub.streams.empty());
}

TEST_CASE("a slow viewer gets new pictures, whole ones, and a quick one all of them") {
  StreamServer hub;
  RawPeer slow(hub.port, 4096), quick(hub.port);
  slow.say(kGet);
  REQUIRE(hub.opened.wait(1));
  quick.say(kGet);
  REQUIRE(hub.opened.wait(2));
  quick.until("\r\n\r\n");
  slow.until("\r\n\r\n");
  std::string pixels(60'000, 'p');
  pixels.push_back('\n');
  const auto body = shareBytes(std::move(pixels));
  std::size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    const auto head = "<" + std::to_string(1000 + i) + ">";
    hub.on(hub.loops.at(0), [&] {
      for (auto& stream : hub.streams) REQUIRE(stream->send({shareBytes(head), body}, SendClass::picture));
      most = std::max(most, hub.streams[0]->queuedBytes());
    });
    REQUIRE(quick.until("\n").substr(0, 6) == head);
  }
  CHECK(most < 125'000);  // the one being sent and the newest
  hub.on(hub.loops.at(0), [&] {
    CHECK(hub.streams[0]->counts().replaced_pictures > 200);
    CHECK(hub.streams[1]->counts().replaced_pictures == 0);
  });
  // Now it reads: what it sees is whole, rising, and ends with the newest.
  int last = 0, pictures = 0;
  while (last != 1299) {
    const auto picture = slow.until("\n");
    REQUIRE(picture.size() == 6 + 60'001);
    const int number = std::stoi(picture.substr(1, 4));
    REQUIRE(number > last);
    last = number;
    ++pictures;
  }
  CHECK(pictures < 100);
}

TEST_CASE("draining ends streams and tells the application") {
  StreamServer hub;
  RawPeer peer(hub.port);
  peer.say(kGet);
  REQUIRE(hub.opened.wait());
  Signal drained;
  hub.server.drain(std::chrono::seconds(5), [&] { drained.raise(); });
  CHECK_THAT(peer.all(), StartsWith("HTTP/1.1 200 OK"));
  REQUIRE(hub.closed.wait());
  peer.hangUp();
  CHECK(drained.wait());
}

TEST_CASE("a stream whose length is known says it, also to HEAD, and is told when its queue has left") {
  TestServer server({}, 1);
  std::shared_ptr<HttpStream> stream;
  Signal drained;
  int pieces = 0;
  server.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    HttpResponse head;
    head.status = 206;
    head.headers.set("Content-Length", "9");
    stream = exchange->stream(std::move(head));
    if (!stream) return;
    stream->onDrained([&] {
      if (pieces < 3) return void(stream->send({shareBytes("abc")}, SendClass::control)), void(++pieces);
      stream->close();
      drained.raise();
    });
  };
  RawPeer asks(server.port);
  asks.say("HEAD /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto head = asks.all();
  CHECK_THAT(head, StartsWith("HTTP/1.1 206") && Contains("Content-Length: 9\r\n") && EndsWith("\r\n\r\n"));
  RawPeer reads(server.port);
  reads.say(kGet);
  CHECK_THAT(reads.until("\r\n\r\n"), Contains("Content-Length: 9\r\n") && Contains("Connection: close"));
  CHECK(reads.all() == "abcabcabc");
  CHECK(drained.wait());
  server.on(server.loops.at(0), [&] { stream.reset(); });
}

TEST_CASE("a stream whose end is told comes in chunks, and one that breaks off before it looks cut") {
  TestServer server({}, 1);
  server.app->on_request = [](std::shared_ptr<Exchange> exchange) {
    const auto stream = exchange->stream(HttpResponse::empty(200), StreamEnd::told);
    if (!stream) return;
    stream->send(shareBytes("abc"), SendClass::control);
    stream->send(shareBytes(""), SendClass::control);  // which is not the end
    stream->send({shareBytes("0123456789"), shareBytes(""), shareBytes("abcdef")}, SendClass::control);
    if (exchange->head().path == "/finished") stream->finish();
    if (exchange->head().path == "/closed") stream->close();
  };
  const auto ask = [&](const std::string& request) {
    RawPeer peer(server.port);
    peer.say(request + "\r\nHost: localhost\r\n\r\n");
    return peer.all();
  };
  const std::string body = "\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n";
  const auto whole = ask("GET /finished HTTP/1.1");
  CHECK_THAT(whole, StartsWith("HTTP/1.1 200 OK\r\n") && Contains("Transfer-Encoding: chunked\r\n") &&
                        Contains("Connection: close\r\n") && !Contains("Content-Length") &&
                        EndsWith(body + "0\r\n\r\n"));
  CHECK_THAT(ask("GET /closed HTTP/1.1"), EndsWith(body));
  CHECK_THAT(ask("GET /dropped HTTP/1.1"), EndsWith(body));
  // Who knows no chunks gets none.
  CHECK_THAT(ask("GET /finished HTTP/1.0"), !Contains("Transfer-Encoding") && EndsWith("\r\n\r\nabc0123456789abcdef"));
  CHECK_THAT(ask("HEAD /finished HTTP/1.1"), Contains("Transfer-Encoding: chunked\r\n") && EndsWith("\r\n\r\n"));
}

TEST_CASE("a stream whose end is told looks cut when the server ends before it") {
  TestServer hub({}, 1);
  std::shared_ptr<HttpStream> stream;
  Signal opened, closed, drained;
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    stream = exchange->stream(HttpResponse::empty(200), StreamEnd::told);
    stream->onClosed([&] { closed.raise(); });
    stream->send(shareBytes("abc"), SendClass::control);
    opened.raise();
  };
  RawPeer peer(hub.port);
  peer.say(kGet);
  REQUIRE(opened.wait());
  hub.server.drain(std::chrono::seconds(5), [&] { drained.raise(); });
  CHECK_THAT(peer.all(), EndsWith("\r\n3\r\nabc\r\n"));
  CHECK(closed.wait());
  peer.hangUp();
  CHECK(drained.wait());
  hub.on(hub.loops.at(0), [&] { stream.reset(); });
}

TEST_CASE("a slow client gets an answer in chunks whole, however large the pieces are") {
  TestServer hub({}, 1);
  std::shared_ptr<HttpStream> stream;
  int pieces = 0;
  Signal finished;
  const auto piece = shareBytes(std::string(1'500'000, 'p'));  // more than may wait beside something else
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    stream = exchange->stream(HttpResponse::empty(200), StreamEnd::told);
    stream->onDrained([&] {
      if (++pieces <= 3) return void(stream->send(piece, SendClass::data));
      stream->finish();
      finished.raise();
    });
  };
  RawPeer slow(hub.port, 4096);
  slow.say(kGet);
  CHECK_THAT(slow.until("\r\n\r\n"), Contains("Transfer-Encoding: chunked\r\n"));
  CHECK(slow.chunks().size() == 4'500'000);
  CHECK(finished.wait());
  CHECK(slow.all().empty());
  hub.on(hub.loops.at(0), [&] { stream.reset(); });
}

TEST_CASE("a length that is no number makes the answer a 500") {
  TestServer server({}, 1);
  server.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    HttpResponse head;
    head.headers.set("Content-Length", "9\t1");
    if (auto stream = exchange->stream(std::move(head))) stream->close();
  };
  RawPeer peer(server.port);
  peer.say(kGet);
  CHECK_THAT(peer.all(), StartsWith("HTTP/1.1 500"));
}
