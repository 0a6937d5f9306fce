// Certificates over HTTP: what there is, issuing, revoking, and what goes with a device that is revoked.
#include <catch2/catch.hpp>

#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

json::Object::Ptr certificates(const TestHub& hub) {
  const Answer answer = hub.asAdministrator("GET", "/api/v1/certificates");
  REQUIRE(answer.status == 200);
  return answer.json;
}

json::Object::Ptr part(const json::Object::Ptr& object, const std::string& key) {
  return json::getObject(*object, key).value();
}

std::string issue(const TestHub& hub, const std::string& device) {
  const Answer answer = hub.asAdministrator("POST", "/api/v1/certificates", "{\"device\":\"" + device + "\"}");
  INFO(answer.body);
  REQUIRE(answer.status == 201);
  CHECK(answer.headers.get("Cache-Control") == "no-store");
  CHECK(answer.text("key_pem").starts_with("-----BEGIN PRIVATE KEY-----"));
  CHECK(answer.text("certificate_pem").starts_with("-----BEGIN CERTIFICATE-----"));
  CHECK(answer.text("authority_pem").starts_with("-----BEGIN CERTIFICATE-----"));
  return json::getString(*part(answer.json, "certificate"), "fingerprint").value();
}

}  // namespace

TEST_CASE("a device's certificate is issued with its key, listed without, and revoked once") {
  TestHub hub;
  hub.enrol("d1");
  CHECK(certificates(hub)->isNull("authority"));
  CHECK(certificates(hub)->isNull("server"));
  const std::string fingerprint = issue(hub, "d1");
  const auto all = certificates(hub);
  CHECK(json::getBool(*part(all, "authority"), "self_signed").value());
  const auto listed = all->getArray("devices");
  REQUIRE(listed->size() == 1);
  const auto one = listed->getObject(0);
  CHECK(json::getString(*one, "fingerprint").value() == fingerprint);
  CHECK(json::getString(*one, "device").value() == "d1");
  CHECK(one->isNull("revoked_at_ms"));
  CHECK(json::write(*all).find("PRIVATE") == std::string::npos);

  CHECK(hub.asAdministrator("DELETE", "/api/v1/certificates/" + fingerprint).status == 204);
  CHECK(hub.asAdministrator("DELETE", "/api/v1/certificates/" + fingerprint).status == 409);
  CHECK(hub.asAdministrator("DELETE", "/api/v1/certificates/" + std::string(64, 'a')).status == 404);
  CHECK(hub.asAdministrator("DELETE", "/api/v1/certificates/nonsense").status == 400);
  CHECK_FALSE(certificates(hub)->getArray("devices")->getObject(0)->isNull("revoked_at_ms"));
}

TEST_CASE("what cannot be issued is refused with its place") {
  TestHub hub;
  hub.enrol("d1");
  const auto [body, status, pointer] =
      GENERATE(table<std::string, int, std::string>({{R"({})", 400, ""},
                                                     {R"({"device":"nobody"})", 404, "/device"},
                                                     {R"({"device":"No Name"})", 400, "/device"},
                                                     {R"({"device":7})", 400, "/device"},
                                                     {R"({"device":"d1","days":0})", 400, "/days"},
                                                     {R"({"device":"d1","days":826})", 400, "/days"},
                                                     {R"({"device":"d1","days":"1"})", 400, "/days"},
                                                     {R"({"names":[]})", 400, "/names"},
                                                     {R"({"names":"hub"})", 400, "/names"},
                                                     {R"({"names":["good.example","a b"]})", 400, "/names/1"},
                                                     {R"({"names":[7]})", 400, "/names/0"},
                                                     {R"({"names":["hub.example"],"days":398})", 400, "/days"}}));
  const Answer answer = hub.asAdministrator("POST", "/api/v1/certificates", body);
  INFO(body << " " << answer.body);
  CHECK(answer.status == status);
  CHECK(answer.text("pointer") == pointer);
  CHECK(certificates(hub)->getArray("devices")->size() == 0);
}

TEST_CASE("a certificate for the hub's names is issued and not kept") {
  TestHub hub;
  const Answer answer = hub.asAdministrator("POST", "/api/v1/certificates", R"({"names":["Hub.Example","192.0.2.7"]})");
  REQUIRE(answer.status == 201);
  const auto names = part(answer.json, "certificate")->getArray("names");
  REQUIRE(names->size() == 2);
  CHECK(names->getElement<std::string>(0) == "hub.example");
  CHECK(certificates(hub)->getArray("devices")->size() == 0);
}

TEST_CASE("only administrators see and issue certificates") {
  TestHub hub;
  const std::string guest = hub.guest("Ada");
  CHECK(hub.get("/api/v1/certificates").status == 401);
  CHECK(hub.get("/api/v1/certificates", guest).status == 403);
  CHECK(hub.post("/api/v1/certificates", R"({"authority":true})", guest).status == 403);
  CHECK(
      hub.ask({.method = "DELETE", .target = "/api/v1/certificates/" + std::string(64, 'a'), .cookie = guest}).status ==
      403);
  CHECK(certificates(hub)->isNull("authority"));
}

TEST_CASE("a device that is revoked takes its certificates with it") {
  TestHub hub;
  hub.enrol("d1");
  issue(hub, "d1");
  CHECK(hub.asAdministrator("DELETE", "/api/v1/devices/d1").status == 204);
  CHECK_FALSE(certificates(hub)->getArray("devices")->getObject(0)->isNull("revoked_at_ms"));
}

TEST_CASE("where certificates are required an agent without one is refused, also with the right key") {
  TestHub hub([](hub::Settings& settings) { settings.client_certificates = gateway::ClientCertificates::required; });
  hub.device("d1");
  WebSocketPeer link(hub.port, "/api/v1/agent", ScriptedAgent::headers("d1"));
  CHECK(link.status() == 403);
  WebSocketPeer wrong(hub.port, "/api/v1/agent", ScriptedAgent::headers("d1", std::string(43, 'B')));
  CHECK(wrong.status() == 401);
}

TEST_CASE("where certificates are optional an agent without one comes in") {
  TestHub hub([](hub::Settings& settings) { settings.client_certificates = gateway::ClientCertificates::optional; });
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  CHECK(agent.online());
}
