// The audit over HTTP, and what a whole hub writes into it.
#include <catch2/catch.hpp>
#include <thread>

#include "identity/audit_rows.hpp"
#include "support/slowness.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

std::vector<json::Object::Ptr> entriesOf(const Answer& answer) {
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  std::vector<json::Object::Ptr> out;
  const auto array = answer.json->getArray("entries");
  for (std::size_t i = 0; i < array->size(); ++i) out.push_back(array->getObject(static_cast<unsigned>(i)));
  return out;
}

std::string member(const json::Object::Ptr& entry, const std::string& key) {
  return json::getString(*entry, key).value_or("");
}

std::vector<json::Object::Ptr> find(const TestHub& hub, const std::string& query) {
  return entriesOf(hub.asAdministrator("GET", "/api/v1/audit?" + query));
}

// Entries of long ago, written between two starts.
void fill(TestHub& hub, int count, std::size_t detail_bytes = 0) {
  hub.stop();
  {
    auto folder = store::DataFolder::open(hub.settings.data, "test").value();
    auto database = store::Database::open(*folder).value();
    const std::string detail = "{\"x\":\"" + std::string(detail_bytes, 'x') + "\"}";
    REQUIRE(database->writeNow([&](store::Session& session) -> Status {
      for (int i = 1; i <= count; ++i)
        if (Status done = identity::appendRow(
                session, {{"u-9", "Grace", "192.0.2.1"}, "user.add", "n:" + std::to_string(i), {}, detail}, i);
            !done)
          return done;
      return {};
    }));
    database->close();
  }
  hub.start();
}

}  // namespace

TEST_CASE("the audit is shown page by page to administrators and to nobody else") {
  TestHub hub;
  fill(hub, 25);
  const auto first = hub.asAdministrator("GET", "/api/v1/audit?action=user.add&actor=u-9&limit=10");
  auto page = entriesOf(first);
  REQUIRE(page.size() == 10);
  CHECK(member(page[0], "object") == "n:25");
  CHECK(member(page[0], "hash").size() == 64);
  CHECK(member(page[0], "address") == "192.0.2.1");
  CHECK(member(page[0], "outcome") == "ok");
  CHECK(json::getString(*json::getObject(*page[0], "actor").value(), "name") == "Grace");
  const auto before = json::getInt(*first.json, "next_before").value();
  page = find(hub, "action=user.add&actor=u-9&limit=15&before=" + std::to_string(before));
  REQUIRE(page.size() == 15);
  CHECK(member(page[14], "object") == "n:1");
  const Answer last = hub.asAdministrator("GET", "/api/v1/audit?action=user.add&actor=u-9&limit=25");
  CHECK(last.json->isNull("next_before"));
  CHECK(find(hub, "from=3&to=5").size() == 2);
  CHECK(find(hub, "text=N%3A17").size() == 1);

  const std::string guest = hub.guest("Ada");
  for (const char* target : {"/api/v1/audit", "/api/v1/audit.ndjson", "/api/v1/audit/verify"}) {
    CHECK(hub.get(target).status == 401);
    CHECK(hub.get(target, guest).status == 403);
  }
}

TEST_CASE("a question about the audit that makes no sense is refused with a sentence") {
  TestHub hub;
  const std::string query =
      GENERATE(as<std::string>{}, "limit=0", "limit=x", "limit=-1", "before=1e3", "from=99999999999999999999", "to=-1",
               "after=%20", "text=" + std::string(300, 'x'));
  INFO(query);
  for (const char* path : {"/api/v1/audit?", "/api/v1/audit.ndjson?"}) {
    const Answer answer = hub.asAdministrator("GET", path + query);
    CHECK(answer.status == 400);
    CHECK(answer.text("detail").ends_with("."));
  }
  CHECK(hub.asAdministrator("GET", "/api/v1/audit/verify?head=12").status == 400);
}

TEST_CASE("all entries come as lines, oldest first, however many there are") {
  TestHub hub;
  fill(hub, 2300);
  net::test::RawPeer peer((hub.settings.data / "admin.sock").string());
  peer.say("GET /api/v1/audit.ndjson?action=user.add HTTP/1.1\r\nHost: x\r\n\r\n");
  const Answer head = headOf(peer.until("\r\n\r\n"));
  CHECK(head.status == 200);
  CHECK(head.headers.get("Content-Type") == "application/x-ndjson");
  const std::string body = peer.chunks();
  CHECK(peer.all().empty());
  int lines = 0;
  for (std::size_t begin = 0; begin < body.size(); ++lines) {
    const std::size_t end = body.find('\n', begin);
    REQUIRE(end != std::string::npos);
    const auto entry = json::parseObject(std::string_view(body).substr(begin, end - begin));
    REQUIRE(entry);
    CHECK(member(*entry, "object") == "n:" + std::to_string(lines + 1));
    begin = end + 1;
  }
  CHECK(lines == 2300);

  SECTION("and only so many as were asked for, from where the last part ended") {
    net::test::RawPeer again((hub.settings.data / "admin.sock").string());
    again.say("GET /api/v1/audit.ndjson?action=user.add&limit=700&after=1000 HTTP/1.1\r\nHost: x\r\n\r\n");
    again.until("\r\n\r\n");
    const std::string part = again.chunks();
    CHECK(std::count(part.begin(), part.end(), '\n') == 700);
  }
}

TEST_CASE("whoever reads the lines slowly holds up nobody and gets them all") {
  TestHub hub([](hub::Settings& settings) { settings.loops = 1; });
  fill(hub, 1500, 1000);  // 2 MB
  const std::string root = hub.administrator();
  net::test::RawPeer slow(hub.port, 4096);
  slow.say("GET /api/v1/audit.ndjson?action=user.add&actor=u-9 HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + root +
           "\r\n\r\n");
  CHECK(headOf(slow.until("\r\n\r\n")).status == 200);
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) CHECK(hub.get("/healthz").status == 200);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(2 * kSlowness));
  // Slower than the database where one page of 500 ends and the next one is wanted.
  for (int line = 0; line < 1500;) {
    INFO("line " << line);
    std::string text;
    REQUIRE_NOTHROW(text = slow.until("\n"));
    if (text.ends_with("\r\n")) continue;  // around a chunk
    if (line++ % 500 > 350) std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  CHECK(slow.all() == "\r\n0\r\n\r\n");
}

TEST_CASE("the lines end with the session that asked for them, and look cut") {
  TestHub hub;
  fill(hub, 6000, 1000);  // 7 MB
  const std::string root = hub.administrator();
  net::test::RawPeer slow(hub.port, 4096);
  slow.say("GET /api/v1/audit.ndjson?actor=u-9 HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + root + "\r\n\r\n");
  slow.until("\r\n\r\n");
  CHECK(hub.ask({.method = "DELETE", .target = "/api/v1/session", .cookie = root}).status == 204);
  const std::string got = slow.all();
  CHECK(got.size() < 5'000'000);
  CHECK_FALSE(got.ends_with("\r\n0\r\n\r\n"));
}

TEST_CASE("the chain is verified over HTTP, and a change by hand is found") {
  TestHub hub;
  fill(hub, 10);
  const Answer good = hub.asAdministrator("GET", "/api/v1/audit/verify");
  REQUIRE(good.status == 200);
  CHECK(json::getBool(*good.json, "good").value());
  CHECK(good.json->isNull("first_bad_seq"));
  const std::string head = good.text("head");
  CHECK(json::getBool(*hub.asAdministrator("GET", "/api/v1/audit/verify?head=" + head).json, "good").value());

  hub.stop();
  {
    auto folder = store::DataFolder::open(hub.settings.data, "test").value();
    auto database = store::Database::open(*folder).value();
    REQUIRE(database->writeNow([](store::Session& session) -> Status {
      if (auto dropped = session.runScript("DROP TRIGGER audit_keeps_text"); !dropped) return dropped;
      auto changed = session.run("UPDATE audit SET actor_name = 'Eve' WHERE object = 'n:4'");
      return changed ? Status{} : Status(fail(changed.error()));
    }));
    database->close();
  }
  hub.start();
  const Answer bad = hub.asAdministrator("GET", "/api/v1/audit/verify");
  CHECK_FALSE(json::getBool(*bad.json, "good").value());
  const auto named = find(hub, "object=n%3A4");
  REQUIRE(named.size() == 1);
  CHECK(json::getInt(*bad.json, "first_bad_seq").value() == json::getInt(*named[0], "seq").value());
}

TEST_CASE("a hub writes down that it started, with which plugins, and that it ended") {
  TestHub hub;
  // Nothing waits for these entries.
  REQUIRE(eventually([&] { return !find(hub, "action=plugin.load").empty(); }));
  CHECK(find(hub, "action=hub.start").size() == 1);
  const auto plugins = find(hub, "action=plugin.load");
  const auto detail = json::getObject(*plugins[0], "detail").value();
  CHECK(json::getString(*detail, "manifest").value().size() == 64);
  CHECK(json::getString(*detail, "sha256").value().size() == 64);
  hub.stop();
  hub.start();
  CHECK(find(hub, "action=hub.stop").size() == 1);
  CHECK(eventually([&] { return find(hub, "action=hub.start").size() == 2; }));
}

TEST_CASE("turns, stops, resets and commands that energise something are written down with who did it") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  const std::string ada = hub.guest("Ada");
  auto page = hub.page(ada);
  page.get("welcome");
  page.send(R"({"type":"watch","device":"d1"})");
  page.send(R"({"type":"join","device":"d1"})");
  const auto grant = agent.control->get("grant");
  const auto epoch = std::to_string(json::getInt(*grant, "epoch").value());
  const auto energise = [&](const std::string& key) {
    page.send(R"({"type":"command","device":"d1","name":"on","params":{"on":true},"epoch":)" + epoch + R"(,"key":")" +
              key + "\"}");
    agent.carryOut();
  };
  for (int i = 0; i < 5; ++i) energise("k" + std::to_string(i));
  page.send(R"({"type":"stop","device":"d1","reason":"a \"test\""})");
  const auto stop = agent.control->get("stop");
  agent.say(link::Stopped{member(stop, "id"), true, ""});
  REQUIRE(eventually([&] {
    return hub.asAdministrator("GET", "/api/v1/devices/d1").body.find("\"confirmed\"") != std::string::npos;
  }));
  CHECK(hub.asAdministrator("POST", "/api/v1/devices/d1/stop/reset").status == 202);
  const auto reset = agent.control->get("reset");
  agent.say(link::ResetDone{member(reset, "id"), true, ""});
  page.send(R"({"type":"leave","device":"d1"})");
  REQUIRE(eventually([&] { return find(hub, "action=turn.end").size() == 1; }));

  const auto begun = find(hub, "action=turn.begin");
  REQUIRE(begun.size() == 1);
  CHECK(member(begun[0], "object") == "device:d1");
  CHECK(member(json::getObject(*begun[0], "actor").value(), "name") == "Ada");
  CHECK(member(json::getObject(*find(hub, "action=turn.end")[0], "detail").value(), "reason") == "gave_back");

  const auto pressed = find(hub, "action=stop.press");
  REQUIRE(pressed.size() == 1);
  CHECK(member(json::getObject(*pressed[0], "actor").value(), "name") == "Ada");
  CHECK(member(json::getObject(*pressed[0], "detail").value(), "reason") == "a \"test\"");
  const auto resets = find(hub, "action=stop.reset");
  REQUIRE(resets.size() == 1);
  CHECK(member(json::getObject(*resets[0], "actor").value(), "id") == "local");
  CHECK(member(resets[0], "outcome") == "ok");

  // The first at once, the other four in one row when the turn ends.
  const auto commands = find(hub, "action=command.hazard");
  REQUIRE(commands.size() == 2);
  const auto rest = json::getObject(*commands[0], "detail").value();
  CHECK(json::getInt(*rest, "times").value() == 4);
  CHECK(member(rest, "command") == "on");
  CHECK(json::getBool(*json::getObject(*rest, "params").value(), "on").value());
  CHECK(member(rest, "state") == "succeeded");
  CHECK(json::getBool(*hub.asAdministrator("GET", "/api/v1/audit/verify").json, "good").value());
}

TEST_CASE("devices that are enrolled, claimed and revoked are written down with who did it") {
  TestHub hub;
  hub.device("d1");
  CHECK(hub.asAdministrator("DELETE", "/api/v1/devices/d1").status == 204);
  const auto all = find(hub, "action=device.&object=device%3Ad1");
  REQUIRE(all.size() == 3);
  CHECK(member(all[0], "action") == "device.revoke");
  CHECK(member(all[1], "action") == "device.claim");
  CHECK(member(all[2], "action") == "device.enrol");
  CHECK(member(json::getObject(*all[0], "actor").value(), "id") == "local");
  CHECK(member(json::getObject(*all[2], "actor").value(), "id") == "local");
}
