// The door under TLS, by the real program: its own certificate, one from files, and another one after a reload.
#include <catch2/catch.hpp>

#include "identity/certificate_files.hpp"
#include "net/http_client.hpp"
#include "net/tls_client_context.hpp"
#include "unit/hub/process_hub.hpp"

using namespace robohub;
using namespace robohub::test;
using namespace std::chrono_literals;

namespace {

Result<net::ClientResponse> getOverTls(std::uint16_t port, const std::string& target, const std::string& fingerprint) {
  net::ClientRequest request;
  request.endpoint.host = "127.0.0.1";
  request.endpoint.port = port;
  request.endpoint.secure = true;
  net::TlsClientSettings settings;
  settings.fingerprint_sha256 = fingerprint;
  request.endpoint.tls = net::TlsClientContext::load(settings).value();
  request.target = target;
  return net::httpRequestBlocking(request);
}

// "sha256:AB:.." of the line that the hub prints.
std::string printedFingerprint(ProcessHub& hub) {
  const auto line = hub.process.line("robohub: certificate fingerprint ");
  if (!line) throw std::runtime_error("no fingerprint: " + hub.process.output());
  return line->substr(line->rfind(' ') + 1);
}

// The agent.yaml that enrolling a device prints.
std::string enrolledYaml(const ProcessHub& hub, const std::string& id) {
  return hub.asAdministrator("POST", "/api/v1/devices", "{\"id\":\"" + id + "\",\"type\":\"test_good\"}")
      .text("agent_yaml");
}

bool isFinding(const ProcessHub& hub, const std::string& id) {
  return hub.asAdministrator("GET", "/api/v1/health").body.find("\"id\":\"" + id + "\"") != std::string::npos;
}

}  // namespace

TEST_CASE("A hub that other machines reach makes a certificate, prints its fingerprint, and keeps it") {
  ProcessHub hub("");
  hub.configure("guests: {watch: true, play: true}\n", "  tls: {mode: on}\n");
  hub.start();
  CHECK(hub.url.starts_with("https://127.0.0.1:"));
  const std::string fingerprint = printedFingerprint(hub);
  CHECK(fingerprint.starts_with("sha256:"));
  const auto ready = getOverTls(hub.port, "/readyz", fingerprint);
  REQUIRE(ready);
  CHECK(ready->status == 200);
  CHECK_FALSE(getOverTls(hub.port, "/readyz", "sha256:" + std::string(64, '0')));
  CHECK_FALSE(isFinding(hub, "certificate"));
  CHECK_FALSE(isFinding(hub, "insecure"));
  CHECK_FALSE(isFinding(hub, "self-signed"));
  // What enrolment prints leads an agent here.
  const std::string yaml =
      hub.asAdministrator("POST", "/api/v1/devices", R"({"id":"d1","type":"test_good"})").text("agent_yaml");
  CHECK(yaml.find("https://127.0.0.1:") != std::string::npos);
  CHECK(yaml.find(fingerprint) != std::string::npos);
  CHECK(hub.process.end() == 0);
  hub.start();
  CHECK(printedFingerprint(hub) == fingerprint);
}

TEST_CASE("Another certificate comes with a reload, a bad one does not, and nobody is thrown out") {
  ProcessHub other("");
  other.configure("", "  tls: {mode: on}\n");
  other.start();
  const std::string second = printedFingerprint(other);
  CHECK(other.process.end() == 0);

  ProcessHub hub("");
  hub.configure("", "  tls: {mode: on}\n");
  hub.start();
  const std::string first = printedFingerprint(hub);
  CHECK(first != second);
  for (const char* name : {"self_signed.crt", "self_signed.key"})
    std::filesystem::copy_file(other.folder.path() / "data" / "tls" / name, hub.folder.path() / name);
  const std::string files = "  tls: {mode: on, certificate: self_signed.crt, key: self_signed.key}\n";
  hub.configure("", files);
  const auto outcome = hub.reload();
  CHECK(outcome->getValue<bool>("ok"));
  CHECK(outcome->getArray("needs_restart")->size() == 0);
  CHECK(outcome->getArray("changed")->size() == 2);
  CHECK(getOverTls(hub.port, "/readyz", second));
  CHECK_FALSE(getOverTls(hub.port, "/readyz", first));

  // A key that others may read, a key of another certificate, and no certificate at all.
  std::filesystem::permissions(hub.folder.path() / "self_signed.key", std::filesystem::perms(0644));
  CHECK_FALSE(hub.reload()->getValue<bool>("ok"));
  std::filesystem::permissions(hub.folder.path() / "self_signed.key", std::filesystem::perms(0600));
  CHECK(hub.reload()->getValue<bool>("ok"));
  const auto copy = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(hub.folder.path() / "data" / "tls" / "self_signed.key",
                             hub.folder.path() / "self_signed.key", copy);
  CHECK_FALSE(hub.reload()->getValue<bool>("ok"));
  std::ofstream(hub.folder.path() / "self_signed.crt") << "no certificate";
  const auto broken = hub.reload();
  CHECK_FALSE(broken->getValue<bool>("ok"));
  CHECK(broken->getArray("errors")->getObject(0)->getValue<std::string>("where").find("self_signed.crt") !=
        std::string::npos);
  CHECK(getOverTls(hub.port, "/readyz", second));

  // Back to the hub's own, which it has kept.
  hub.configure("", "  tls: {mode: on}\n");
  CHECK(hub.reload()->getValue<bool>("ok"));
  CHECK(getOverTls(hub.port, "/readyz", first));
}

TEST_CASE("A certificate that has expired keeps no other setting back, and none that has is put in its place") {
  ProcessHub hub("");
  const WallTime now = SystemClock().wall();
  const auto place = [&] {
    const auto made = identity::makeServerCertificate({"localhost"}, {now - 2400h, now - 1h}, nullptr);
    REQUIRE(made);
    REQUIRE(identity::writePemPair(hub.folder.path() / "old.crt", hub.folder.path() / "old.key", *made));
  };
  const std::string files = "  tls: {mode: on, certificate: old.crt, key: old.key}\n";
  place();
  hub.configure("", files);
  hub.start();
  const std::string shown = printedFingerprint(hub);
  CHECK(isFinding(hub, "certificate"));
  hub.configure("turns: {length: 5m}\n", files);
  const auto outcome = hub.reload();
  INFO(json::write(*outcome));
  CHECK(outcome->getValue<bool>("ok"));
  CHECK(outcome->getArray("changed")->size() == 1);

  place();
  const auto refused = hub.reload();
  CHECK_FALSE(refused->getValue<bool>("ok"));
  REQUIRE(refused->getArray("errors")->size() == 1);
  CHECK(refused->getArray("errors")->getObject(0)->getValue<std::string>("message").find("expired") !=
        std::string::npos);
  CHECK(getOverTls(hub.port, "/readyz", shown));
}

TEST_CASE("An enrolment pins the hub's own certificate as it is now, and no other") {
  ProcessHub other("");
  other.configure("", "  tls: {mode: on}\n");
  other.start();
  CHECK(other.process.end() == 0);
  ProcessHub hub("");
  for (const char* name : {"self_signed.crt", "self_signed.key"})
    std::filesystem::copy_file(other.folder.path() / "data" / "tls" / name, hub.folder.path() / name);
  const auto pin = [&](const std::string& id) {
    const std::string yaml = enrolledYaml(hub, id);
    const auto at = yaml.find("sha256:");
    return at == std::string::npos ? std::string() : yaml.substr(at, yaml.find_first_of("\" \n", at) - at);
  };
  const std::string own = "  tls: {mode: on}\n";
  const std::string files = "  tls: {mode: on, certificate: self_signed.crt, key: self_signed.key}\n";
  hub.configure("", own);
  hub.start();
  const std::string first = printedFingerprint(hub);
  CHECK(pin("d1") == first);

  hub.configure("", files);
  REQUIRE(hub.reload()->getValue<bool>("ok"));
  CHECK(pin("d2").empty());

  hub.configure("", own);
  REQUIRE(hub.reload()->getValue<bool>("ok"));
  CHECK(pin("d3") == first);

  // Made anew, as it is shortly before it expires.
  for (const char* name : {"self_signed.crt", "self_signed.key"})
    std::filesystem::remove(hub.folder.path() / "data" / "tls" / name);
  REQUIRE(hub.reload()->getValue<bool>("ok"));
  const std::string anew = pin("d4");
  CHECK(anew != first);
  CHECK(getOverTls(hub.port, "/readyz", anew));
}

TEST_CASE("A hub that people call by what no certificate can name makes its own all the same") {
  ProcessHub hub("");
  hub.configure("", "  tls: {mode: on}\n  origins: [\"https://my_hub.lan\", \"https://hub.example.\"]\n");
  hub.start();
  CHECK(getOverTls(hub.port, "/readyz", printedFingerprint(hub)));
}

TEST_CASE("A hub whose certificate is missing does not start, and says which file") {
  ProcessHub hub("");
  hub.configure("", "  tls: {mode: on, certificate: none.crt, key: none.key}\n");
  hub.process.start(TEST_ROBOHUB, {"serve", "--config", hub.file().string()});
  CHECK(hub.process.exitCode(std::chrono::seconds(10)).value_or(0) > 0);
  CHECK(hub.process.output().find("none.crt") != std::string::npos);
}
