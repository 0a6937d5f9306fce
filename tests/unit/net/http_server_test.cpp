#include "net/http_server.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "test_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using std::chrono::milliseconds;

namespace {

std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

std::string post(const std::string& path, const std::string& body, const std::string& fields = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         fields + "\r\n" + body;
}

}  // namespace

TEST_CASE("a request is answered and the connection kept for the next one") {
  TestServer hub;
  RawPeer peer(hub.port);
  peer.say(get("/one"));
  const auto first = peer.answer();
  CHECK_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(first, Contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"));
  CHECK_THAT(first, Contains("\r\nDate: "));
  CHECK_THAT(first, Contains("GET /one "));
  CHECK_THAT(first, !Contains("Connection: close"));
  peer.say(post("/two", "body"));
  CHECK_THAT(peer.answer(), Contains("POST /two body"));
  peer.say(get("/three", "Connection: close\r\n"));
  CHECK_THAT(peer.all(), Contains("Connection: close") && Contains("GET /three"));
  CHECK(hub.server.stats().requests == 3);
}

TEST_CASE("pipelined requests are answered one after another, in order, even when the answers come late") {
  TestServer hub;
  hub.app->on_request = [](std::shared_ptr<Exchange> exchange) {
    auto& loop = exchange->loop();
    const auto delay = exchange->head().path == "/0" ? milliseconds(30) : milliseconds(0);
    loop.after(delay, [exchange] { exchange->respond(HttpResponse::text(200, exchange->head().path)); });
  };
  RawPeer peer(hub.port);
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += i % 2 ? get("/" + std::to_string(i)) : post("/" + std::to_string(i), "x");
  peer.say(requests);
  for (int i = 0; i < 50; ++i) {
    const auto answer = peer.answer();
    CHECK(answer.substr(answer.find("\r\n\r\n") + 4) == "/" + std::to_string(i));
  }
}

TEST_CASE("heads and bodies that come byte by byte are understood") {
  TestServer hub;
  RawPeer peer(hub.port);
  for (const char c : post("/slow", "hello")) peer.say(std::string_view(&c, 1));
  CHECK_THAT(peer.answer(), Contains("POST /slow hello"));
  for (const char c :
       std::string("POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
    peer.say(std::string_view(&c, 1));
  CHECK_THAT(peer.answer(), Contains("POST /chunks abc"));
}

TEST_CASE("an answer to HEAD has the length but no body") {
  TestServer hub;
  RawPeer peer(hub.port);
  peer.say("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" + get("/y", "Connection: close\r\n"));
  const auto all = peer.all();
  CHECK_THAT(all, StartsWith("HTTP/1.1 200 OK\r\n") && Contains("Content-Length: 8"));
  CHECK_THAT(all, !Contains("HEAD /x"));
  CHECK_THAT(all, Contains("GET /y"));
}

TEST_CASE("a client that expects 100 is told to go on, unless the body would be refused") {
  TestServer hub;
  RawPeer peer(hub.port);
  peer.say("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(peer.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  peer.say("ok");
  CHECK_THAT(peer.answer(), Contains("POST /x ok"));
  peer.say("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n");
  CHECK_THAT(peer.all(), StartsWith("HTTP/1.1 413 "));
}

TEST_CASE("bodies over the application's limit are refused, announced or not") {
  TestServer hub;
  hub.app->on_request = [](std::shared_ptr<Exchange> exchange) {
    exchange->respond(HttpResponse::text(200, exchange->body().size() <= 1024 ? "taken" : "too much"));
  };
  RawPeer announced(hub.port), chunked(hub.port), fits(hub.port);
  announced.say(post("/", std::string(1025, 'x')));
  CHECK_THAT(announced.all(), StartsWith("HTTP/1.1 413 ") && Contains("too_large") && Contains("Connection: close"));
  chunked.say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 5; ++i) chunked.say("100\r\n" + std::string(256, 'x') + "\r\n");
  CHECK_THAT(chunked.all(), StartsWith("HTTP/1.1 413 "));
  fits.say(post("/", std::string(1024, 'x')));
  CHECK_THAT(fits.answer(), Contains("taken"));
}

TEST_CASE("a refused upgrade leaves nothing of its body to the next request") {
  TestServer hub;
  RawPeer peer(hub.port);
  peer.say("POST /x HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 20\r\n\r\n" +
           std::string(20, 'z') + post("/y", "ok"));
  const auto all = peer.all();
  CHECK_THAT(all, StartsWith("HTTP/1.1 400 ") && Contains("Connection: close"));
  CHECK_THAT(all, !Contains("zok") && !Contains("POST /y z"));
}

TEST_CASE("what is not HTTP is refused with a reason and the end of the connection") {
  TestServer hub;
  for (const auto& [bytes, status] : std::vector<std::pair<std::string, std::string>>{
           {"GET / HTTP/1.1\r\n\r\n", "400"},
           {"GET / HTTP/1.1\nHost: a\n\n", "400"},
           {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
           {"\x16\x03\x01\x02\x01\x01\x01\n", "400"},
           {"GET /" + std::string(17000, 'a'), "431"},
           {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505"},
           {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"}}) {
    RawPeer peer(hub.port);
    peer.say(bytes);
    const auto answer = peer.all();
    INFO(bytes);
    CHECK_THAT(answer, StartsWith("HTTP/1.1 " + status + " "));
    CHECK_THAT(answer, Contains("application/problem+json") && Contains("\"status\":" + status));
  }
  CHECK(hub.server.stats().bad_requests == 7);
  CHECK(hub.server.stats().requests == 0);
}

TEST_CASE("an answer may come from another thread, and an unanswered request is a 500") {
  TestServer hub;
  std::vector<std::thread> threads;
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    if (exchange->head().path == "/thread")
      threads.emplace_back([exchange] { exchange->respond(HttpResponse::text(200, "from afar")); });
    if (exchange->head().path == "/throw") throw std::runtime_error("oops");
  };
  RawPeer peer(hub.port);
  peer.say(get("/thread"));
  CHECK_THAT(peer.answer(), Contains("from afar"));
  peer.say(get("/forgotten"));
  CHECK_THAT(peer.answer(), StartsWith("HTTP/1.1 500 "));
  peer.say(get("/throw"));
  CHECK_THAT(peer.answer(), StartsWith("HTTP/1.1 500 "));
  for (auto& thread : threads) thread.join();
}

TEST_CASE("an answer cannot be split by what stands in its fields") {
  TestServer hub;
  hub.app->on_request = [](std::shared_ptr<Exchange> exchange) {
    auto response = HttpResponse::text(200, "x");
    response.headers.add("X-Name", "a\r\nSet-Cookie: stolen=1");
    exchange->respond(std::move(response));
  };
  RawPeer peer(hub.port);
  peer.say(get("/"));
  CHECK_THAT(peer.answer(), StartsWith("HTTP/1.1 500 ") && !Contains("stolen"));
}

TEST_CASE("the application hears that a peer has gone before it was answered") {
  TestServer hub;
  Signal asked, gone;
  std::shared_ptr<Exchange> kept;
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    exchange->onGone([&] { gone.raise(); });
    kept = std::move(exchange);
    asked.raise();
  };
  RawPeer peer(hub.port);
  peer.say(get("/"));
  REQUIRE(asked.wait());
  peer.reset();
  REQUIRE(gone.wait());
  hub.on(kept->loop(), [&] {
    CHECK(kept->gone());
    CHECK(kept->stream(HttpResponse()) == nullptr);
    kept->respond(HttpResponse::text(200, "nobody hears this"));
  });
}

TEST_CASE("a peer that ends its side after the request still gets the answer") {
  TestServer hub;
  hub.app->on_request = [](std::shared_ptr<Exchange> exchange) {
    exchange->loop().after(milliseconds(20), [exchange] { exchange->respond(HttpResponse::text(200, "late")); });
  };
  RawPeer peer(hub.port);
  peer.say(get("/"));
  peer.endWriting();
  CHECK_THAT(peer.all(), Contains("late"));
}

TEST_CASE("silent peers and half heads are ended by the deadline, while others are served") {
  HttpServerOptions options;
  options.head_deadline = milliseconds(400);
  options.keep_alive_idle = milliseconds(500);
  TestServer hub(options);
  RawPeer silent(hub.port), half(hub.port), dribble(hub.port), idle(hub.port);
  half.say("GET / HTTP/1.1\r\nHost: a\r\n");
  idle.say(get("/"));
  CHECK_THAT(idle.answer(), Contains("200 OK"));
  dribble.say("GET");
  CHECK(silent.all().empty());
  CHECK_THAT(half.all(), StartsWith("HTTP/1.1 408 "));
  CHECK_THAT(dribble.all(), StartsWith("HTTP/1.1 408 "));
  CHECK(idle.all().empty());
  CHECK(hub.server.stats().timeouts == 4);
}

TEST_CASE("a body that comes too slowly is given up") {
  HttpServerOptions options;
  options.body_grace = milliseconds(50);
  options.min_body_bytes_per_s = 1000;
  TestServer hub(options);
  RawPeer peer(hub.port);
  peer.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx");
  CHECK_THAT(peer.all(), StartsWith("HTTP/1.1 408 "));
}

TEST_CASE("connections are limited in all and by address, and places come back") {
  HttpServerOptions options;
  options.max_connections = 3;
  options.max_per_address = 2;
  TestServer hub(options);
  {
    RawPeer one(hub.port), two(hub.port);
    one.say(get("/"));
    CHECK_THAT(one.answer(), Contains("200 OK"));
    two.say(get("/"));
    CHECK_THAT(two.answer(), Contains("200 OK"));
    RawPeer three(hub.port);
    CHECK_THAT(three.all(), StartsWith("HTTP/1.1 503 "));
    RawPeer other(hub.port, 0, "127.0.0.2");
    other.say(get("/"));
    CHECK_THAT(other.answer(), Contains("200 OK"));
    RawPeer another(hub.port, 0, "127.0.0.3");
    CHECK_THAT(another.all(), StartsWith("HTTP/1.1 503 "));
    CHECK(hub.server.stats().refused_by_address == 1);
    CHECK(hub.server.stats().refused_total == 1);
  }
  // The places are free once the loops have noticed.
  for (int i = 0;; ++i) {
    REQUIRE(i < 1000);
    RawPeer again(hub.port);
    again.say(get("/", "Connection: close\r\n"));
    if (again.all().find("200 OK") != std::string::npos) break;
  }
}

TEST_CASE("the administrator's socket has a place when all others are taken") {
  HttpServerOptions options;
  options.max_connections = 1;
  TestServer hub(options);
  const auto path = std::filesystem::temp_directory_path() / ("rh-full-" + std::to_string(getpid()) + ".sock");
  REQUIRE(hub.server.listenUnix(path.string()));
  RawPeer flood(hub.port), refused(hub.port);
  CHECK_THAT(refused.all(), StartsWith("HTTP/1.1 503 "));
  RawPeer administrator(path.string());
  administrator.say(get("/"));
  CHECK_THAT(administrator.answer(), Contains("200 OK"));
}

TEST_CASE("thousands of pipelined requests leave others their turn") {
  HttpServerOptions options;
  TestServer hub(options, 1);
  std::atomic<int> greedy_served{0}, served_before_other{0};
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    if (exchange->head().path == "/other")
      served_before_other = greedy_served.load();
    else
      ++greedy_served;
    exchange->respond(HttpResponse::empty(204));
  };
  RawPeer greedy(hub.port), other(hub.port);
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += get("/g");
  // Both are there before the loop looks at either.
  hub.on(hub.loops.at(0), [&] {
    greedy.say(requests);
    other.say(get("/other"));
  });
  CHECK_THAT(other.until("\r\n\r\n"), StartsWith("HTTP/1.1 204 "));
  for (int i = 0; i < 2000; ++i) greedy.until("\r\n\r\n");
  CHECK(greedy_served == 2000);
  CHECK(served_before_other < 100);
}

TEST_CASE("a Unix socket is private, says who asks, and replaces what a dead server left") {
  const auto path = std::filesystem::temp_directory_path() / ("rh-net-" + std::to_string(getpid()) + ".sock");
  {
    TestServer hub;
    hub.app->on_request = [](std::shared_ptr<Exchange> exchange) {
      const auto& head = exchange->head();
      exchange->respond(
          HttpResponse::text(200, head.listener + " uid " + std::to_string(head.peer.uid().value_or(99999))));
    };
    REQUIRE(hub.server.listenUnix(path.string(), "admin"));
    struct stat info {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    RawPeer peer(path.string());
    peer.say(get("/"));
    CHECK_THAT(peer.answer(), Contains("admin uid " + std::to_string(getuid())));
    const auto second = hub.server.listenUnix(path.string(), "admin");
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::conflict);
  }
  CHECK_FALSE(std::filesystem::exists(path));
  {
    UniqueFd left(socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.string().size());
    REQUIRE(bind(left.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  REQUIRE(std::filesystem::exists(path));
  auto listener = Listener::local(path.string());
  CHECK(listener);
}

TEST_CASE("draining lets a request finish, closes idle connections and refuses new ones") {
  TestServer hub;
  Signal asked, drained;
  std::shared_ptr<Exchange> kept;
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    if (exchange->head().path != "/slow") return exchange->respond(HttpResponse::text(200, "quick"));
    kept = std::move(exchange);
    asked.raise();
  };
  RawPeer busy(hub.port), idle(hub.port);
  idle.say(get("/quick"));
  idle.answer();
  busy.say(get("/slow"));
  REQUIRE(asked.wait());
  hub.server.drain(std::chrono::seconds(5), [&] { drained.raise(); });
  CHECK(idle.all().empty());
  CHECK_THROWS(RawPeer(hub.port).answer());
  CHECK_FALSE(drained.wait(1, milliseconds(20)));
  std::exchange(kept, nullptr)->respond(HttpResponse::text(200, "finished"));
  CHECK_THAT(busy.all(), Contains("finished") && Contains("Connection: close"));
  busy.hangUp();
  CHECK(drained.wait());
}

TEST_CASE("what does not end while draining is cut at the limit") {
  TestServer hub;
  Signal drained, asked;
  std::shared_ptr<Exchange> kept;
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    kept = std::move(exchange);
    asked.raise();
  };
  RawPeer busy(hub.port), half(hub.port);
  half.say("GET / HT");
  busy.say(get("/never"));
  REQUIRE(asked.wait());
  hub.server.drain(milliseconds(30), [&] { drained.raise(); });
  REQUIRE(drained.wait());
  CHECK(busy.all().empty());
  CHECK(hub.server.stats().connections == 0);
  kept.reset();
}
