// A broker behind TLS: only the one that is meant gets the hub's password.
#include <catch2/catch.hpp>

#include "mqtt/stage.hpp"
#include "unit/net/test_certificates.hpp"

using namespace robohub;
using namespace robohub::integration;

TEST_CASE("over TLS the broker's certificate and its name are checked") {
  net::test::CertificateMaker maker;
  const auto ca = maker.authority(), stranger = maker.authority("stranger");
  const auto good = maker.server(&ca), elsewhere = maker.make({"elsewhere", {"DNS:elsewhere.example"}}, &ca);
  struct Try {
    const net::test::PemFiles& shown;
    const net::test::PemFiles& trusted;
    bool comes;
  };
  for (const Try& each : {Try{good, ca, true}, Try{good, stranger, false}, Try{elsewhere, ca, false}}) {
    test::TempFolder folder;
    Broker broker(folder.path());
    broker.tls(each.shown.certificate, each.shown.key);
    broker.start();
    HubProcess hub(folder.path(), broker.settings() + "  ca_file: \"" + each.trusted.certificate.string() + "\"\n");
    hub.start();
    const auto output = [&](const char* words) { return hub.process().output().find(words) != std::string::npos; };
    CHECK(eventually([&] { return output(each.comes ? "is there" : "is away: The broker cannot be reached"); }));
    CHECK(output("is there") == each.comes);
  }
}
