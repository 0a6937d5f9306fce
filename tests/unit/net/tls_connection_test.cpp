// One connection whose peer has sent everything before it is read, so that nothing but what TLS holds back can wake it.
#include <fcntl.h>
#include <catch2/catch.hpp>

#include "net/connection.hpp"
#include "net/loop_pool.hpp"
#include "net/tls_transport.hpp"
#include "tls_peer.hpp"
#include "tls_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;

namespace {

// The server's end; stops reading as soon as the handshake is done.
struct Reader final : ConnectionUser {
  void onSecured() override {
    connection->pauseReading(true);
    secured.raise();
  }
  void onBytes(std::span<char> bytes) override {
    received += bytes.size();
    if (on_bytes) on_bytes();
    got.raise();
    if (received >= wanted) whole.raise();
  }
  void onPeerEnd() override { ended.raise(); }
  void onTooSlow() override {}
  void onClosed(const Error& why) override {
    error = why.message;
    connection.reset();
    closed.raise();
  }

  std::shared_ptr<Connection> connection;
  std::function<void()> on_bytes;
  std::size_t received = 0, wanted = 0;
  std::string error;
  Signal secured, got, whole, ended, closed;
};

struct Rig {
  Rig() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("socketpair");
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    const int room = 1 << 20;
    for (const int end : ends) setsockopt(end, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    fd.reset(ends[1]);
    server_fd = ends[0];
    TlsServerSettings settings;
    const auto own = maker.server();
    settings.certificate = own.certificate;
    settings.key = own.key;
    auto transport = tlsServerTransport(UniqueFd(ends[0]), TlsServerContext::load(settings).value(), nullptr);
    reader->connection = Connection::create(std::move(transport), PeerAddress::local(0));
    loops.start();
    loops.at(0).post([this] { REQUIRE(reader->connection->start(loops.at(0), reader)); });
    context.reset(SSL_CTX_new(TLS_client_method()));
    ssl.reset(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), fd.get());
    if (SSL_connect(ssl.get()) != 1 || !reader->secured.wait()) throw std::runtime_error("no handshake");
  }
  ~Rig() { loops.stop(); }
  void write(const std::string& bytes) {
    if (SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) throw std::runtime_error("no room");
  }
  // One small record, then such that the loop's buffer ends inside the last one.
  void fillBuffer() {
    write(std::string(100, 'a'));
    write(std::string(Loop::kReadBufferBytes, 'b'));
    reader->wanted = Loop::kReadBufferBytes + 100;
  }
  void readOn() {
    loops.at(0).post([this] { reader->connection->pauseReading(false); });
  }

  CertificateMaker maker;
  UniqueFd fd;
  int server_fd = -1;
  SslContextPtr context;
  SslPtr ssl;
  std::shared_ptr<Reader> reader = std::make_shared<Reader>();
  LoopPool loops{2};
};

}  // namespace

TEST_CASE("what TLS still holds when the loop's buffer is full is read without a new byte") {
  Rig rig;
  rig.fillBuffer();
  rig.readOn();
  CHECK(rig.reader->whole.wait());
}

TEST_CASE("what TLS still holds is read after a pause") {
  Rig rig;
  rig.fillBuffer();
  rig.reader->on_bytes = [&] { rig.reader->connection->pauseReading(true); };
  rig.readOn();
  REQUIRE(rig.reader->got.wait());
  CHECK_FALSE(rig.reader->whole.wait(1, std::chrono::milliseconds(20)));
  rig.readOn();
  CHECK(rig.reader->whole.wait());
}

TEST_CASE("bytes that cannot be handled end their connection and leave the loop to others") {
  Rig rig;
  rig.reader->on_bytes = [] { throw std::out_of_range("behind the end"); };
  rig.write("hello");
  rig.readOn();
  REQUIRE(rig.reader->closed.wait());
  CHECK(rig.reader->error == "What came could not be handled: behind the end");
  Signal alive;
  rig.loops.at(0).post([&] { alive.raise(); });
  CHECK(alive.wait());
}

TEST_CASE("what TLS still holds is read on the loop that a connection moves to") {
  Rig rig;
  rig.fillBuffer();
  Signal arrived;
  rig.reader->on_bytes = [&] {
    rig.reader->on_bytes = nullptr;
    rig.reader->connection->moveTo(rig.loops.at(1), [&] { arrived.raise(); });
  };
  rig.readOn();
  CHECK(arrived.wait());
  CHECK(rig.reader->whole.wait());
}

TEST_CASE("an end that TLS has read together with the last bytes is told") {
  Rig rig;
  rig.write("bye");
  SSL_shutdown(rig.ssl.get());
  rig.reader->wanted = 3;
  rig.readOn();
  CHECK(rig.reader->whole.wait());
  CHECK(rig.reader->ended.wait());
  CHECK_FALSE(rig.reader->closed.wait(1, std::chrono::milliseconds(20)));  // it may still be answered
}

TEST_CASE("records without data are taken one at a time, so they cannot hold the loop") {
  Rig rig;
  constexpr int kUpdates = 100;
  for (int i = 0; i < kUpdates; ++i) {
    SSL_key_update(rig.ssl.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(rig.ssl.get());
  }
  rig.write("x");
  rig.reader->wanted = 1;
  const auto before = rig.loops.at(0).stats().iterations.load();
  rig.readOn();
  CHECK(rig.reader->whole.wait());
  CHECK(rig.loops.at(0).stats().iterations.load() - before >= kUpdates);
}

TEST_CASE("bytes that are no record of the connection end it, and say so") {
  Rig rig;
  const std::string junk = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'j');
  REQUIRE(send(rig.fd.get(), junk.data(), junk.size(), MSG_NOSIGNAL) > 0);
  rig.readOn();
  REQUIRE(rig.reader->closed.wait());
  CHECK_THAT(rig.reader->error, Catch::Matchers::Contains("makes no sense"));
}

TEST_CASE("the end is said also when the socket has no room for it yet") {
  for (std::size_t i = 0; i < 24; ++i) {
    Rig rig;
    const int little = 4608;  // what the kernel gives at least
    setsockopt(rig.server_fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    const std::size_t size = 1 + i * 499;
    rig.loops.at(0).post([&] {
      rig.reader->connection->send(shareBytes(std::string(size, 'e')), SendClass::control);
      rig.reader->connection->closeAfterFlush();
      rig.reader->got.raise();
    });
    REQUIRE(rig.reader->got.wait());
    // Read only once the server has filled the socket.
    Signal idle;
    rig.loops.at(0).post([&] { idle.raise(); });
    REQUIRE(idle.wait());
    char buffer[32768];
    std::size_t total = 0;
    int got;
    ERR_clear_error();
    while ((got = SSL_read(rig.ssl.get(), buffer, sizeof buffer)) > 0) total += static_cast<std::size_t>(got);
    CHECK(total == size);
    CHECK(SSL_get_error(rig.ssl.get(), got) == SSL_ERROR_ZERO_RETURN);
  }
}
