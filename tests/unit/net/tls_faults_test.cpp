// Peers that are slow, wrong, silent or gone, and a certificate that changes under load.
#include <catch2/catch.hpp>
#include <thread>

#include "tls_peer.hpp"
#include "tls_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";

// A client whose bytes go through the test's hands.
class HandledPeer {
 public:
  HandledPeer() : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }
  bool shake() { return SSL_do_handshake(ssl_.get()) == 1; }
  void write(std::string_view text) { SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); }
  std::string read() {
    char buffer[16384];
    const int got = SSL_read(ssl_.get(), buffer, sizeof buffer);
    return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
  }
  std::string toSend() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &data);
    std::string bytes(data, static_cast<std::size_t>(size));
    (void)BIO_reset(SSL_get_wbio(ssl_.get()));
    return bytes;
  }
  void received(std::string_view bytes) {
    BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
  }

 private:
  SslContextPtr context_;
  SslPtr ssl_;
};

std::string clientHello() {
  HandledPeer peer;
  peer.shake();
  return peer.toSend();
}

bool within(milliseconds limit, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  return holds();
}

bool serves(TlsTestServer& hub) {
  TlsTestPeer peer(hub.tls_port);
  return peer.shake() && peer.get().substr(0, 12) == "HTTP/1.1 200";
}

}  // namespace

TEST_CASE("who speaks plain HTTP on a port of TLS is told so") {
  TlsTestServer hub;
  for (const auto* request : {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "P", "OPTIONS"}) {
    RawPeer peer(hub.tls_port);
    peer.say(request);
    const auto answer = peer.all();
    CHECK_THAT(answer, StartsWith("HTTP/1.1 400 ") && Contains("This port speaks TLS, use https://"));
    CHECK_THAT(answer, Contains("X-Content-Type-Options: nosniff") && Contains("Connection: close"));
  }
  CHECK(serves(hub));
}

TEST_CASE("garbage on a port of TLS ends that connection only") {
  TlsTestServer hub;
  TlsTestPeer witness(hub.tls_port);
  REQUIRE(witness.shake());
  auto torn = clientHello();
  torn[60] = static_cast<char>(torn[60] ^ 0x55);
  torn[torn.size() / 2] = static_cast<char>(torn[torn.size() / 2] ^ 0x55);
  for (const auto& bytes :
       {std::string("\x16"), std::string("\x16\x03\x01\xff\xff") + std::string(300, 'x'), std::string("\0\0\0\0", 4),
        std::string("\x80\x2e\x01\x03\x01", 5), std::string("\x15\x03\x01\x00\x02\x02\x28", 7), torn,
        clientHello() + "GET / HTTP/1.1\r\n\r\n", std::string(70000, '\x16')}) {
    RawPeer peer(hub.tls_port);
    peer.say(bytes);
    peer.endWriting();
    CHECK(peer.closedWithin(3000));
  }
  CHECK_THAT(witness.get(), StartsWith("HTTP/1.1 200"));
  CHECK(within(milliseconds(3000), [&] { return hub.server.stats().connections == 1; }));
  CHECK(within(milliseconds(3000), [&] { return hub.server.stats().tls_failures == 8; }));
}

TEST_CASE("a handshake that is not done in time is ended, and so is silence") {
  HttpServerOptions options;
  options.tls_handshake = milliseconds(150);
  TlsTestServer hub(options);
  RawPeer silent(hub.tls_port), half(hub.tls_port), slow(hub.tls_port);
  const auto hello = clientHello();
  half.say(hello.substr(0, hello.size() / 2));
  slow.say(hello);
  for (auto* peer : {&silent, &half, &slow}) CHECK(peer->closedWithin(3000));
  CHECK(within(milliseconds(3000), [&] { return hub.server.stats().tls_failures == 3; }));
  TlsTestPeer done(hub.tls_port);
  REQUIRE(done.shake());
  CHECK_THAT(done.get(), StartsWith("HTTP/1.1 200"));
  CHECK_FALSE(done.raw().closedWithin(300));  // once it is done the deadline is over
}

TEST_CASE("200 handshakes that stop half way leave a new client quick") {
  TlsTestServer hub({}, 1);
  const auto hello = clientHello();
  std::vector<std::unique_ptr<RawPeer>> half;
  for (int i = 0; i < 200; ++i) {
    half.push_back(std::make_unique<RawPeer>(hub.tls_port));
    half.back()->say(i % 2 ? hello : hello.substr(0, 100));
  }
  const auto begin = std::chrono::steady_clock::now();
  CHECK(serves(hub));
  CHECK(std::chrono::steady_clock::now() - begin < milliseconds(3000));
}

TEST_CASE("a crowd of handshakes is spread over the iterations of the loop") {
  TlsTestServer hub({}, 1);
  const auto hello = clientHello();
  std::vector<std::unique_ptr<RawPeer>> crowd;
  // The loop is held while all of them say hello, so that they are found at once.
  Signal held, go;
  hub.loops.at(0).post([&] {
    held.raise();
    go.wait();
  });
  REQUIRE(held.wait());
  const auto before = hub.loops.at(0).stats().iterations.load();
  for (int i = 0; i < 40; ++i) {
    crowd.push_back(std::make_unique<RawPeer>(hub.tls_port));
    crowd.back()->say(hello);
  }
  go.raise();
  for (auto& peer : crowd) CHECK(peer->more().front() == '\x16');
  CHECK(hub.loops.at(0).stats().iterations.load() - before >= 10);
}

TEST_CASE("a client that sends a byte at a time is served") {
  TlsTestServer hub;
  RawPeer raw(hub.tls_port);
  HandledPeer peer;
  const auto exchange = [&] {
    for (const char byte : peer.toSend()) raw.say({&byte, 1});
  };
  while (!peer.shake()) {
    exchange();
    peer.received(raw.more());
  }
  for (const char letter : kGet) peer.write({&letter, 1});
  exchange();
  std::string answer;
  while (answer.find("GET /x ") == std::string::npos) {
    peer.received(raw.more());
    for (auto bytes = peer.read(); !bytes.empty(); bytes = peer.read()) answer += bytes;
  }
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200"));
}

TEST_CASE("a peer that goes without a word is noticed") {
  TlsTestServer hub;
  for (int how = 0; how < 3; ++how) {
    TlsTestPeer peer(hub.tls_port);
    REQUIRE(peer.shake());
    REQUIRE_THAT(peer.get(), StartsWith("HTTP/1.1 200"));
    if (how == 0) peer.raw().hangUp();
    if (how == 1) peer.raw().reset();
    if (how == 2) peer.closeNotify();
    CHECK(within(milliseconds(3000), [&] { return hub.server.stats().connections == 0; }));
  }
  CHECK(hub.server.stats().tls_failures == 0);
}

TEST_CASE("endless changes of keys hold nobody up") {
  TlsTestServer hub({}, 1);
  TlsTestPeer peer(hub.tls_port), other(hub.tls_port);
  REQUIRE(peer.shake());
  REQUIRE(other.shake());
  for (int i = 0; i < 500; ++i) {
    SSL_key_update(peer.ssl(), i % 2 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(peer.ssl());
    if (i % 50 == 0) REQUIRE_THAT(other.get(), StartsWith("HTTP/1.1 200"));
  }
  CHECK_THAT(peer.get(), StartsWith("HTTP/1.1 200"));
}

TEST_CASE("the certificate changes under load without a connection lost") {
  TlsTestServer hub;
  const auto second = hub.maker.server(&hub.authority);
  TlsServerSettings settings;
  settings.certificate = second.certificate;
  settings.key = second.key;
  const auto first_context = hub.context(), second_context = TlsServerContext::load(settings).value();
  std::atomic<int> failures{0}, served{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> clients;
  clients.reserve(3);
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&, i] {
      TlsTestPeer lasting(hub.tls_port);
      if (!lasting.shake()) ++failures;
      while (!stop) {
        if (lasting.get().substr(0, 12) != "HTTP/1.1 200") ++failures;
        if (i > 0 && !serves(hub)) ++failures;
        ++served;
      }
    });
  }
  for (int i = 0; i < 40; ++i) {
    hub.server.setTls(i % 2 ? first_context : second_context);
    const int before = served;
    within(milliseconds(500), [&] { return served > before + 2; });
  }
  stop = true;
  for (auto& client : clients) client.join();
  CHECK(failures == 0);
  CHECK(served > 40);
  hub.server.setTls(second_context);
  TlsTestPeer newest(hub.tls_port);
  REQUIRE(newest.shake());
  const X509Ptr shown(SSL_get1_peer_certificate(newest.ssl()));
  CHECK(fingerprintOf(*shown) == second.fingerprint);
}
