// The clients of this folder over TLS: whom they trust, and what they say when they do not.
#include <catch2/catch.hpp>
#include <thread>

#include "net/http_client.hpp"
#include "net/websocket_client.hpp"
#include "tls_peer.hpp"
#include "tls_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using std::chrono::milliseconds;

namespace {

Endpoint secure(std::uint16_t port, const TlsClientSettings& settings, const char* host = "127.0.0.1") {
  auto endpoint = Endpoint::tcp(host, port);
  endpoint.secure = true;
  endpoint.tls = TlsClientContext::load(settings).value();
  return endpoint;
}

Result<ClientResponse> ask(Endpoint endpoint, Duration timeout = std::chrono::seconds(5)) {
  ClientRequest request;
  request.endpoint = std::move(endpoint);
  request.target = "/x";
  request.timeout = timeout;
  return httpRequestBlocking(std::move(request));
}

// Accepts one connection and does with it what it is told to.
class OneShot {
 public:
  explicit OneShot(std::function<void(int)> use) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    (void)bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_.get(), 1);
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, use = std::move(use)] {
      const UniqueFd peer(accept(listener_.get(), nullptr, nullptr));
      use(peer.get());
    });
  }
  ~OneShot() { thread_.join(); }
  std::uint16_t port = 0;

 private:
  UniqueFd listener_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a client trusts by authority and name, or by fingerprint alone") {
  TlsTestServer hub;
  TlsClientSettings by_authority, by_fingerprint;
  by_authority.ca_file = hub.authority.certificate;
  by_fingerprint.fingerprint_sha256 = fingerprintText(hub.own.fingerprint);
  for (const auto* host : {"127.0.0.1", "localhost"}) {
    CHECK(ask(secure(hub.tls_port, by_authority, host))->body == "GET /x ");
    CHECK(ask(secure(hub.tls_port, by_fingerprint, host))->body == "GET /x ");
  }
  const auto lonely = hub.maker.make({"lonely", {"DNS:other.example"}, -20, -10, false, 0});
  TlsServerSettings settings;
  settings.certificate = lonely.certificate;
  settings.key = lonely.key;
  settings.check_dates = false;
  hub.server.setTls(TlsServerContext::load(settings).value());
  CHECK_FALSE(ask(secure(hub.tls_port, by_authority)));
  by_fingerprint.fingerprint_sha256 = lonely.fingerprint;  // no name, no date, no authority
  CHECK(ask(secure(hub.tls_port, by_fingerprint))->status == 200);
}

TEST_CASE("a server that is not trusted is named by its fingerprint, and hears no request") {
  TlsTestServer hub;
  std::atomic<int> heard{0};
  hub.app->on_request = [&](std::shared_ptr<Exchange> exchange) {
    ++heard;
    exchange->respond(HttpResponse::text(200, "x"));
  };
  const auto refused = [&](const TlsClientSettings& settings, const char* words) {
    const auto answer = ask(secure(hub.tls_port, settings));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::unauthenticated);
    CHECK_THAT(answer.error().message, Contains(words) && EndsWith(fingerprintText(hub.own.fingerprint) + "."));
  };
  refused({}, "not trusted");  // the system's authorities know nothing of it
  TlsClientSettings settings;
  settings.ca_file = hub.maker.authority("other").certificate;
  refused(settings, "not trusted");
  settings.ca_file = hub.authority.certificate;
  settings.server_name = "other.example";
  refused(settings, "not for \"other.example\"");
  settings.server_name = "127.0.0.2";
  refused(settings, "not for \"127.0.0.2\"");
  settings.fingerprint_sha256 = std::string(64, 'a');
  refused(settings, "not the one whose fingerprint is configured");
  CHECK(heard == 0);
  // Without anything to trust nothing is dialled.
  auto endpoint = Endpoint::tcp("127.0.0.1", hub.tls_port);
  endpoint.secure = true;
  CHECK(ask(endpoint).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a client hears why its certificate is not taken") {
  TlsTestServer hub;
  TlsServerSettings server;
  server.ask = TlsServerSettings::Ask::required;
  server.client_ca = hub.authority.certificate;
  hub.server.setTls(hub.context(server));
  hub.app->on_request = [](std::shared_ptr<Exchange> exchange) {
    exchange->respond(HttpResponse::text(200, exchange->head().client_fingerprint));
  };
  const auto with = [&](const PemFiles& files) {
    TlsClientSettings settings;
    settings.ca_file = hub.authority.certificate;
    settings.certificate_file = files.certificate;
    settings.key_file = files.key;
    return ask(secure(hub.tls_port, settings));
  };
  const auto good = hub.maker.client("good", &hub.authority);
  CHECK(with(good)->body == good.fingerprint);
  const auto foreign = with(hub.maker.client("foreign"));
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().code == ErrorCode::permission_denied);
  CHECK_THAT(foreign.error().message, Contains("does not know who signed it"));
  const auto expired = with(hub.maker.make({"expired", {}, -9, -5, false, 0}, &hub.authority));
  CHECK_THAT(expired.error().message, Contains("expired"));
  const auto none = with({});
  CHECK_THAT(none.error().message, Contains("wants one, and none is configured"));
}

TEST_CASE("a server that speaks no TLS, goes away or says nothing is told apart") {
  TlsTestServer hub;
  TlsClientSettings trust;
  trust.ca_file = hub.authority.certificate;
  const auto plain = ask(secure(hub.port, trust));
  CHECK(plain.error().code == ErrorCode::unsupported);
  CHECK_THAT(plain.error().message, Contains("does not speak TLS"));
  {
    OneShot gone([](int) {});
    CHECK(ask(secure(gone.port, trust)).error().code == ErrorCode::unavailable);
  }
  Signal over;
  OneShot mute([&](int) { over.wait(); });
  CHECK(ask(secure(mute.port, trust), milliseconds(200)).error().code == ErrorCode::timeout);
  over.raise();
}

TEST_CASE("an answer that is cut off over TLS is no answer") {
  CertificateMaker maker;
  const auto own = maker.server();
  for (const bool says_goodbye : {true, false}) {
    OneShot server([&](int fd) {
      const SslContextPtr context(SSL_CTX_new(TLS_server_method()));
      SSL_CTX_use_certificate_file(context.get(), own.certificate.c_str(), SSL_FILETYPE_PEM);
      SSL_CTX_use_PrivateKey_file(context.get(), own.key.c_str(), SSL_FILETYPE_PEM);
      const SslPtr ssl(SSL_new(context.get()));
      SSL_set_fd(ssl.get(), fd);
      if (SSL_accept(ssl.get()) != 1) return;
      char request[4096];
      SSL_read(ssl.get(), request, sizeof request);
      constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\n\r\npart of it";
      SSL_write(ssl.get(), kAnswer.data(), static_cast<int>(kAnswer.size()));
      if (says_goodbye) SSL_shutdown(ssl.get());
    });
    TlsClientSettings trust;
    trust.fingerprint_sha256 = own.fingerprint;
    const auto answer = ask(secure(server.port, trust));
    CHECK(answer.has_value() == says_goodbye);
  }
}

TEST_CASE("a WebSocket is dialled over TLS and carries both ways") {
  TlsTestServer hub;
  hub.app->on_request = [](std::shared_ptr<Exchange> exchange) {
    WebSocketOptions options;
    options.max_message_bytes = 1024 * 1024;
    auto socket = exchange->acceptWebSocket(options);
    socket->onText([raw = socket.get()](std::string_view text) { raw->sendText(text); });
  };
  TlsClientSettings trust;
  trust.ca_file = hub.authority.certificate;
  Loop loop;
  WebSocketRequest request;
  request.endpoint = secure(hub.tls_port, trust, "localhost");
  request.options.max_message_bytes = 1024 * 1024;
  std::string heard;
  const std::string text(600'000, 'w');
  auto pending = dialWebSocket(loop, request, [&](WebSocketDialled dialled) {
    if (!dialled.socket) return loop.stop();
    dialled.socket->onText([&](std::string_view back) {
      heard = back;
      loop.stop();
    });
    dialled.socket->sendText(text);
  });
  loop.run();
  CHECK(heard == text);
}
