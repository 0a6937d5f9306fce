#include "net/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "test_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using std::chrono::milliseconds;

TEST_CASE("port 0 takes a free port and says which, for IPv4 and IPv6") {
  const auto four = Listener::tcp("127.0.0.1", 0), six = Listener::tcp("::1", 0);
  REQUIRE(four);
  CHECK((*four)->port() != 0);
  CHECK((*four)->name() == "127.0.0.1:" + std::to_string((*four)->port()));
  if (six) CHECK((*six)->name() == "[::1]:" + std::to_string((*six)->port()));
  const auto taken = Listener::tcp("127.0.0.1", (*four)->port());
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::conflict);
}

TEST_CASE("what is no address is refused with a sentence") {
  for (const auto* host : {"", "robots.example", "1.2.3", "127.0.0.1 ", "[::1]"})
    CHECK(Listener::tcp(host, 0).error().code == ErrorCode::invalid_argument);
  CHECK(Listener::local("").error().code == ErrorCode::invalid_argument);
  CHECK(Listener::local("/tmp/" + std::string(200, 'x')).error().code == ErrorCode::invalid_argument);
  CHECK_FALSE(Listener::local("/nonexistent/folder/socket"));
}

TEST_CASE("what is said to a newcomer is never held back to be joined with more") {
  Loop loop;
  auto listener = Listener::tcp("127.0.0.1", 0);
  REQUIRE(listener);
  int no_delay = 0;
  std::string host;
  REQUIRE((*listener)->start(loop, [&](UniqueFd fd, PeerAddress peer) {
    socklen_t size = sizeof no_delay;
    getsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
    host = peer.host();
    loop.stop();
  }));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons((*listener)->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  UniqueFd client(socket(AF_INET, SOCK_STREAM, 0));
  REQUIRE(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  loop.run();
  CHECK(no_delay != 0);
  CHECK(host == "127.0.0.1");
  CHECK(PeerAddress::parse("255.10.0.199")->host() == "255.10.0.199");
}

TEST_CASE("running out of descriptors refuses newcomers promptly, does not spin, and passes") {
  TestServer hub({}, 1);
  std::vector<UniqueFd> hoard;
  {
    RawPeer before(hub.port);
    before.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    before.answer();
  }
  // Its descriptor must be given back before the last ones are counted.
  for (int i = 0; hub.server.stats().connections > 0; ++i) {
    REQUIRE(i < 1000);
    hub.on(hub.loops.at(0), [] {});
    poll(nullptr, 0, 1);
  }
  // The client's own socket is made before the last descriptors are taken.
  UniqueFd client(socket(AF_INET, SOCK_STREAM, 0));
  rlimit before_limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before_limit) == 0);
  rlimit low = before_limit;
  low.rlim_cur = 128;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(hub.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

  // Nothing is asserted while there are no descriptors: the sanitizers' own checks need some.
  const bool limited = setrlimit(RLIMIT_NOFILE, &low) == 0;
  while (limited) {
    UniqueFd fd(open("/dev/null", O_RDONLY));
    if (!fd) break;
    hoard.push_back(std::move(fd));
  }
  const bool connected = connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  pollfd waiting{client.get(), POLLIN, 0};
  const int ready = poll(&waiting, 1, 5000);
  char byte;
  const auto got = recv(client.get(), &byte, 1, MSG_DONTWAIT);
  const auto iterations = hub.loops.at(0).stats().iterations.load();
  Signal later;
  hub.loops.at(0).post([&] { hub.loops.at(0).after(milliseconds(200), [&] { later.raise(); }); });
  const bool alive = later.wait();
  const auto spun = hub.loops.at(0).stats().iterations.load() - iterations;
  hoard.clear();
  setrlimit(RLIMIT_NOFILE, &before_limit);

  REQUIRE(limited);
  REQUIRE(connected);
  CHECK(ready == 1);  // closed, not left hanging
  CHECK(got <= 0);
  REQUIRE(alive);
  CHECK(spun < 50);
  RawPeer after(hub.port);
  after.say("GET /again HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_THAT(after.answer(), Catch::Matchers::Contains("GET /again"));
}

TEST_CASE("addresses compare by host, and IPv6 neighbours count as one") {
  const auto address = [](const char* text) {
    sockaddr_storage storage{};
    auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
    auto& in4 = reinterpret_cast<sockaddr_in&>(storage);
    if (inet_pton(AF_INET, text, &in4.sin_addr) == 1)
      storage.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
      storage.ss_family = AF_INET6;
    return PeerAddress::from(storage);
  };
  CHECK(address("::ffff:192.0.2.7").host() == "192.0.2.7");
  CHECK(address("::ffff:192.0.2.7").limitKey() == address("192.0.2.7").limitKey());
  CHECK(address("192.0.2.7").limitKey() != address("192.0.2.8").limitKey());
  CHECK(address("2001:db8::1").limitKey() == address("2001:db8::ffff:1").limitKey());
  CHECK(address("2001:db8::1").limitKey() != address("2001:db8:0:1::1").limitKey());
  CHECK(address("127.3.4.5").isLoopback());
  CHECK(address("::1").isLoopback());
  CHECK_FALSE(address("192.0.2.7").isLoopback());
  CHECK(PeerAddress::local(1000).toString() == "unix uid 1000");
}
