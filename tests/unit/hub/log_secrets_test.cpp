// A day of everything that knows a secret, and then the log, the output and the database are searched for each of them.
#include <catch2/catch.hpp>

#include "unit/hub/process_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Of "name=value".
std::string valueOf(const std::string& cookie) {
  return cookie.substr(cookie.find('=') + 1);
}

}  // namespace

TEST_CASE("No secret that is used in a day is in the log, the output or the database") {
  for (const std::string format : {"text", "json"}) {
    ProcessHub hub("");
    std::ofstream(hub.folder.path() / "token") << "the-metrics-bearer-of-this-hub\n";
    std::filesystem::permissions(hub.folder.path() / "token", std::filesystem::perms(0600));
    const std::string settings =
        "guests: {watch: true, play: true}\nmetrics: {enabled: true, token_file: token}\n"
        "log: {level: debug, file: hub.log, format: " +
        format + "}\n";
    hub.configure(settings);
    hub.start();
    std::map<std::string, std::string> secrets{{"metrics token", "the-metrics-bearer-of-this-hub"},
                                               {"agent key", kKey},
                                               {"first password", "Correct-Horse-9"},
                                               {"wrong password", "Wrong-Horse-17"},
                                               {"user password", "Battery-Staple-4"},
                                               {"next password", "Staple-Battery-5"}};
    const auto post = [&](const std::string& target, const std::string& body, const std::string& cookie = "") {
      return hub.ask({.method = "POST", .target = target, .body = body, .cookie = cookie});
    };
    const auto code_line = hub.process.line("robohub: administrator code ");
    REQUIRE(code_line);
    const std::string code = code_line->substr(code_line->rfind(' ') + 1);
    CHECK(post("/api/v1/setup", R"({"code":"AAAA-BBBB-CCCC","username":"ada","password":"Correct-Horse-9"})").status ==
          403);
    const Answer setup =
        post("/api/v1/setup", "{\"code\":\"" + code + R"(","username":"ada","password":"Correct-Horse-9"})");
    REQUIRE(setup.status == 200);
    const std::string ada = TestHub::cookieOf(setup);
    secrets["account session"] = valueOf(ada);
    CHECK(post("/api/v1/session", R"({"username":"ada","password":"Wrong-Horse-17"})").status == 401);
    const Answer again = post("/api/v1/session", R"({"username":"ada","password":"Correct-Horse-9"})");
    secrets["second session"] = valueOf(TestHub::cookieOf(again));
    const std::string guest = hub.guest("Eve");
    secrets["guest session"] = valueOf(guest);

    const Answer user =
        post("/api/v1/users", R"({"username":"bob","role":"player","password":"Battery-Staple-4"})", ada);
    CHECK(user.status == 201);
    const Answer made = post("/api/v1/users", R"({"username":"eve","role":"viewer"})", ada);
    secrets["made password"] = made.text("password");
    const Answer token = post("/api/v1/tokens", R"({"name":"ci","permissions":["watch"],"expires_in_days":1})", ada);
    CHECK(token.status == 201);
    secrets["api token"] = token.text("secret");
    const Answer ticket = post("/api/v1/tickets", "", ada);
    secrets["ticket"] = ticket.text("ticket");
    const auto bearer = [&](const std::string& target, const std::string& text) {
      return hub.ask({.target = target, .more = {"Authorization: Bearer " + text}}).status;
    };
    CHECK(bearer("/api/v1/devices", token.text("secret")) == 200);
    CHECK(bearer("/api/v1/devices", token.text("secret") + "x") == 401);
    CHECK(bearer("/metrics", "the-metrics-bearer-of-this-hub") == 200);
    hub.ask({.target = "/api/v1/live?ticket=" + ticket.text("ticket")});
    hub.ask({.target = "/nothing?password=Wrong-Horse-17&token=" + token.text("secret")});

    const Answer enrolled = post("/api/v1/devices", R"({"id":"d1","type":"test_good"})", ada);
    secrets["claim code"] = enrolled.text("claim_code");
    REQUIRE(secrets["claim code"].size() == 14);
    const auto claim = [&](const std::string& device_code, const std::string& device) {
      return post("/api/v1/agent/claim",
                  "{\"code\":\"" + device_code + "\",\"device\":\"" + device + "\",\"key\":\"" + kKey + "\"}")
          .status;
    };
    CHECK(claim(secrets["claim code"], "other") == 403);
    CHECK(claim(secrets["claim code"], "d1") == 200);
    ScriptedAgent agent(hub.port, "d1");
    agent.online();
    WebSocketPeer stranger(hub.port, "/api/v1/agent", ScriptedAgent::headers("d1", std::string(42, 'Z') + "A"));
    CHECK(stranger.status() == 401);
    // A device that repeats what it should not: its words go to the log.
    agent.say(link::AgentEvent{link::EventLevel::error, "cannot reach https://cam:Battery-Staple-4@cam.example/ with rh_" +
                                                       std::string(43, 'x') + " password=Wrong-Horse-17"});
    {
      auto page = hub.page(ada);
      page.get("welcome");
    }
    hub.ask({.method = "PUT",
             .target = "/api/v1/account/password",
             .body = R"({"current":"Correct-Horse-9","password":"Staple-Battery-5"})",
             .cookie = ada});
    hub.asAdministrator("POST", "/api/v1/config/check",
                        R"({"text":"password: Wrong-Horse-17\nmetrics: {token_file: Battery-Staple-4}\n"})");
    hub.configure(settings + "turns: {length: 2m}\n");
    hub.reload();
    hub.ask({.method = "DELETE", .target = "/api/v1/session", .cookie = ada});

    CHECK(hub.process.end() == 0);
    const std::string log = contents(hub.folder.path() / "hub.log");
    CHECK(log.find("settings reloaded") != std::string::npos);
    std::string database;
    for (const auto& entry : std::filesystem::directory_iterator(hub.folder.path() / "data"))
      if (entry.path().filename().string().starts_with("hub.db")) database += contents(entry.path());
    REQUIRE(database.size() > 4096);
    for (const auto& [name, secret] : secrets) {
      INFO(name);
      REQUIRE(secret.size() > 5);
      CHECK(log.find(secret) == std::string::npos);
      CHECK(database.find(secret) == std::string::npos);
      CHECK(hub.process.output().find(secret) == std::string::npos);
    }
    // The first code is printed for the administrator, and stands nowhere else.
    CHECK(log.find(code) == std::string::npos);
    if (format == "json") {
      std::istringstream lines(log);
      for (std::string line; std::getline(lines, line);) CHECK(json::parseObject(line));
    }
  }
}
