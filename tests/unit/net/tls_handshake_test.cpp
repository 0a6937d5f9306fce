// Handshakes with OpenSSL's own client: who gets in, and what a resumed session may still do.
#include <catch2/catch.hpp>

#include "tls_peer.hpp"
#include "tls_server.hpp"

using namespace robohub;
using namespace robohub::net;
using namespace robohub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Ask = TlsServerSettings::Ask;

namespace {

// Tells who asked.
struct Hub : TlsTestServer {
  Hub() {
    app->on_request = [](std::shared_ptr<Exchange> exchange) {
      const auto& head = exchange->head();
      exchange->respond(
          HttpResponse::text(200, head.scheme + " " + head.listener + " [" + head.client_fingerprint + "]"));
    };
  }
  void askClients(Ask ask, bool with_authority, std::map<std::string, ClientCertificate> known = {}) {
    {
      const std::lock_guard lock(mutex);
      verdicts = std::move(known);
    }
    TlsServerSettings settings;
    settings.ask = ask;
    if (with_authority) settings.client_ca = authority.certificate;
    settings.look_up = [this](const std::string& fingerprint) {
      const std::lock_guard lock(mutex);
      const auto found = verdicts.find(fingerprint);
      return found == verdicts.end() ? ClientCertificate::unknown : found->second;
    };
    server.setTls(context(settings));
  }
  void judge(const std::string& fingerprint, ClientCertificate verdict) {
    const std::lock_guard lock(mutex);
    verdicts[fingerprint] = verdict;
  }
  // The body of one answer; "" when the server does not want us.
  std::string ask(const PemFiles* certificate, int version = 0) {
    TlsTestPeer peer(tls_port, {.version = version, .certificate = certificate});
    if (!peer.shake()) return {};
    const auto answer = peer.get();
    const auto body = answer.find("\r\n\r\n");
    return body == std::string::npos ? std::string() : answer.substr(body + 4);
  }

  std::mutex mutex;
  std::map<std::string, ClientCertificate> verdicts;
};

}  // namespace

TEST_CASE("a request over TLS 1.3 and 1.2 is answered as https") {
  Hub hub;
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    TlsTestPeer peer(hub.tls_port, {.version = version});
    REQUIRE(peer.shake());
    const auto answer = peer.get();
    CHECK_THAT(answer, StartsWith("HTTP/1.1 200") && Contains("https tls []"));
    CHECK_THAT(answer, Contains("Strict-Transport-Security: max-age=31536000\r\n"));
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(peer.ssl(), &protocol, &size);
    CHECK(std::string(reinterpret_cast<const char*>(protocol), size) == "http/1.1");
    CHECK_THAT(peer.get(), StartsWith("HTTP/1.1 200"));
  }
  CHECK(hub.server.stats().tls_handshakes == 2);
  CHECK(hub.server.stats().tls_failures == 0);
}

TEST_CASE("browsers are not told to insist on a certificate that nobody else vouches for") {
  Hub hub;
  const auto self_signed = hub.maker.server();
  TlsServerSettings settings;
  settings.certificate = self_signed.certificate;
  settings.key = self_signed.key;
  hub.server.setTls(TlsServerContext::load(settings).value());
  TlsTestPeer peer(hub.tls_port);
  REQUIRE(peer.shake());
  CHECK_THAT(peer.get(), StartsWith("HTTP/1.1 200") && !Contains("Strict-Transport-Security"));
}

TEST_CASE("old versions and weak ciphers are refused") {
  Hub hub;
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION})
    CHECK_FALSE(TlsTestPeer(hub.tls_port, {.version = version}).shake());
  for (const auto* ciphers :
       {"AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384"}) {
    INFO(ciphers);
    CHECK_FALSE(TlsTestPeer(hub.tls_port, {.version = TLS1_2_VERSION, .ciphers = ciphers}).shake());
  }
  CHECK(TlsTestPeer(hub.tls_port, {.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}).shake());
  CHECK(hub.ask(nullptr) == "https tls []");
}

TEST_CASE("a client that asks for another protocol than HTTP/1.1 is refused") {
  Hub hub;
  TlsTestPeer peer(hub.tls_port);
  SSL_set_alpn_protos(peer.ssl(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  CHECK_FALSE(peer.shake());
}

TEST_CASE("a renegotiation is refused and harms nobody") {
  Hub hub;
  TlsTestPeer peer(hub.tls_port, {.version = TLS1_2_VERSION}), other(hub.tls_port);
  REQUIRE(peer.shake());
  REQUIRE(other.shake());
  CHECK_THAT(peer.get(), StartsWith("HTTP/1.1 200"));
  SSL_renegotiate(peer.ssl());
  ERR_clear_error();
  SSL_do_handshake(peer.ssl());
  peer.get();
  CHECK_THAT(other.get(), StartsWith("HTTP/1.1 200"));
  CHECK(hub.ask(nullptr) == "https tls []");
}

TEST_CASE("client certificates are taken from the authority's and the registered, and from nobody else") {
  Hub hub;
  const auto stranger_authority = hub.maker.authority("stranger");
  const auto good = hub.maker.client("good", &hub.authority),
             foreign = hub.maker.client("foreign", &stranger_authority);
  const auto self = hub.maker.client("self"), banned = hub.maker.client("banned", &hub.authority);
  const auto expired = hub.maker.make({"expired", {}, -20, -10, false, 0}, &hub.authority);
  const auto expired_self = hub.maker.make({"expired-self", {}, -20, -10, false, 0});
  std::map<std::string, ClientCertificate> known{{self.fingerprint, ClientCertificate::registered},
                                                 {expired_self.fingerprint, ClientCertificate::registered},
                                                 {banned.fingerprint, ClientCertificate::refused}};
  const auto said = [](const PemFiles& files) { return "https tls [" + files.fingerprint + "]"; };
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    for (const auto ask : {Ask::optional, Ask::required}) {
      hub.askClients(ask, true, known);
      CHECK(hub.ask(&good, version) == said(good));
      CHECK(hub.ask(&self, version) == said(self));
      CHECK(hub.ask(&foreign, version) == "");
      CHECK(hub.ask(&expired, version) == "");
      CHECK(hub.ask(&expired_self, version) == "");
      CHECK(hub.ask(&banned, version) == "");
      CHECK(hub.ask(nullptr, version) == (ask == Ask::optional ? "https tls []" : ""));
    }
  }
  // Without an authority only the registered; and who is not asked says nothing.
  hub.askClients(Ask::optional, false, known);
  CHECK(hub.ask(&good) == "");
  CHECK(hub.ask(&self) == said(self));
  hub.server.setTls(hub.context());
  CHECK(hub.ask(&foreign) == "https tls []");
}

TEST_CASE("a look-up that throws lets nobody in") {
  Hub hub;
  const auto client = hub.maker.client("client", &hub.authority);
  TlsServerSettings settings;
  settings.ask = Ask::optional;
  settings.client_ca = hub.authority.certificate;
  settings.look_up = [](const std::string&) -> ClientCertificate { throw std::runtime_error("broken"); };
  hub.server.setTls(hub.context(settings));
  CHECK(hub.ask(&client) == "");
  CHECK(hub.ask(nullptr) == "https tls []");
}

TEST_CASE("a bad client certificate costs no other connection anything") {
  Hub hub;
  const auto stranger = hub.maker.client("stranger");
  hub.askClients(Ask::optional, true);
  std::vector<std::unique_ptr<TlsTestPeer>> victims;
  for (int i = 0; i < 10; ++i) {
    victims.push_back(std::make_unique<TlsTestPeer>(hub.tls_port));
    REQUIRE(victims.back()->shake());
    REQUIRE_THAT(victims.back()->get(), StartsWith("HTTP/1.1 200"));
  }
  for (auto& victim : victims) {
    CHECK(hub.ask(&stranger) == "");
    CHECK_THAT(victim->get(), StartsWith("HTTP/1.1 200"));
  }
}

TEST_CASE("a resumed session keeps its certificate, and loses it when it is revoked or unregistered") {
  Hub hub;
  const auto issued = hub.maker.client("issued", &hub.authority), registered = hub.maker.client("registered");
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    for (const PemFiles* client : {&issued, &registered}) {
      hub.askClients(Ask::required, true, {{registered.fingerprint, ClientCertificate::registered}});
      SessionPtr session;
      {
        TlsTestPeer first(hub.tls_port, {.version = version, .certificate = client});
        REQUIRE(first.shake());
        REQUIRE_THAT(first.get(), Contains(client->fingerprint));
        CHECK_FALSE(first.resumed());
        session = first.session();
        first.closeNotify();
      }
      const auto again = [&] {
        // A copy: a session that was used and refused is spoilt for this client.
        const SessionPtr ticket(SSL_SESSION_dup(session.get()));
        TlsTestPeer peer(hub.tls_port, {.version = version, .session = ticket.get()});
        const bool shaken = peer.shake();
        const auto answer = shaken ? peer.get() : std::string();
        return std::make_pair(shaken && peer.resumed(), answer);
      };
      const auto well = again();
      CHECK(well.first);
      CHECK_THAT(well.second, Contains(client->fingerprint));
      if (client == &registered) {
        hub.judge(client->fingerprint, ClientCertificate::unknown);
        CHECK(again().second == "");
      }
      hub.judge(client->fingerprint, ClientCertificate::refused);
      CHECK(again().second == "");
      hub.judge(client->fingerprint, ClientCertificate::registered);
      CHECK_THAT(again().second, Contains(client->fingerprint));
      // A new context has new ticket keys: nothing of before is resumed.
      hub.askClients(Ask::required, true);
      CHECK_FALSE(again().first);
    }
  }
}
