// The agent and a hub behind TLS: claim and both links.
#include "net/certificate.hpp"
#include "unit/agent/agent_rig.hpp"
#include "unit/net/test_certificates.hpp"

using namespace robohub;
using namespace robohub::agent::test;
using Catch::Matchers::Contains;
using net::test::CertificateMaker;
using net::test::PemFiles;

namespace {

std::shared_ptr<const net::TlsServerContext> contextOf(const PemFiles& files, net::TlsServerSettings settings = {}) {
  settings.certificate = files.certificate;
  settings.key = files.key;
  return net::TlsServerContext::load(settings).value();
}

std::string key(const char* name, const std::string& value) {
  return std::string(", ") + name + ": \"" + value + "\"";
}

bool bulkIsUp(Rig& rig) {
  return rig.stage.until([&] { return rig.hub->bulk_hellos == 1; });
}

std::string faultsOf(const std::filesystem::path& file) {
  agent::Plan plan;
  return config::format(agent::makePlan(file, TEST_BIN, &plan));
}

}  // namespace

TEST_CASE("an agent claims and works over TLS, knowing its hub by an authority or by its fingerprint") {
  CertificateMaker maker;
  const auto authority = maker.authority(), own = maker.server(&authority), self = maker.server();
  for (const bool pinned : {false, true}) {
    Rig rig("test_good", "", contextOf(pinned ? self : own),
            pinned ? key("fingerprint", net::fingerprintText(self.fingerprint))
                   : key("ca", authority.certificate.string()));
    rig.startOnline();
    REQUIRE(bulkIsUp(rig));
    rig.hub->grant(1);
    REQUIRE(rig.energised());
    rig.hub->command("c-1", "on", R"({"on":true})", 1);
    CHECK(rig.becomes(true));
    const std::lock_guard lock(rig.stage.mutex);
    CHECK(rig.hub->claims.size() == 1);
    CHECK(rig.hub->certificates == std::vector<std::string>(3, ""));
  }
}

TEST_CASE("an agent shows its certificate on the claim and on both links") {
  CertificateMaker maker;
  const auto authority = maker.authority(), own = maker.server(&authority), mine = maker.client("d1", &authority);
  net::TlsServerSettings settings;
  settings.ask = net::TlsServerSettings::Ask::required;
  settings.client_ca = authority.certificate;
  Rig rig("test_good", "", contextOf(own, settings),
          key("ca", authority.certificate.string()) + key("certificate", mine.certificate.string()) +
              key("key", mine.key.string()));
  rig.startOnline();
  REQUIRE(bulkIsUp(rig));
  const std::lock_guard lock(rig.stage.mutex);
  CHECK(rig.hub->certificates == std::vector<std::string>(3, mine.fingerprint));
}

TEST_CASE("a hub that is not the one is told nothing, neither code nor key") {
  CertificateMaker maker;
  const auto self = maker.server(), other = maker.server();
  Rig rig("test_good", "", contextOf(self), key("fingerprint", other.fingerprint));
  rig.start();
  CHECK_FALSE(rig.stage.until([&] { return !rig.hub->claims.empty() || rig.online > 0; }, 700ms));
  const std::lock_guard lock(rig.stage.mutex);
  CHECK(rig.hub->certificates.empty());
}

TEST_CASE("the sentence about a hub that is not trusted says what to do") {
  CertificateMaker maker;
  const Error untrusted{ErrorCode::unauthenticated, "The server's certificate is not trusted.", {}};
  auto hub = agent::HubAddress::parse("https://hub.example").value();
  CHECK(hub.sentence(untrusted) == untrusted.message);
  net::TlsClientSettings trust;
  hub.endpoint.tls = net::TlsClientContext::load(trust).value();
  CHECK_THAT(hub.sentence(untrusted), Contains("printed, write it into agent.yaml as `hub.fingerprint`."));
  trust.fingerprint_sha256 = std::string(64, 'a');
  hub.endpoint.tls = net::TlsClientContext::load(trust).value();
  CHECK_THAT(hub.sentence(untrusted), Contains("got a new certificate"));
  CHECK(hub.sentence({ErrorCode::timeout, "Late.", {}}) == "Late.");
}

TEST_CASE("files of TLS are checked before anything starts") {
  CertificateMaker maker;
  const auto mine = maker.client("mine"), other = maker.client("other");
  const auto file = maker.path() / "agent.yaml";
  const auto with = [&](const std::string& trust) {
    std::ofstream(file) << "hub: {url: \"https://h\"" << trust << "}\ndevice: d1\nplugin: {type: test_good, path: \""
                        << TEST_PLUGINS << "\"}\n";
    return faultsOf(file);
  };
  CHECK(with("") == "");
  CHECK_THAT(with(key("ca", "absent.pem")), Contains("absent.pem") && Contains("`hub`"));
  CHECK_THAT(with(key("certificate", mine.certificate.string()) + key("key", other.key.string())),
             Contains("does not belong"));
  const auto open_key = maker.write("open.key", net::test::textOf(mine.key), 0640);
  CHECK_THAT(with(key("certificate", mine.certificate.string()) + key("key", open_key.string())),
             Contains("chmod 600") && Contains("open.key"));
  CHECK(with(key("certificate", mine.certificate.string()) + key("key", mine.key.string())) == "");
}
