// Every route and every message of the live socket, asked by everybody, on what is theirs and what is not, against the
// table beside this. Whoever adds a route or a message adds its rows there, or this fails.
#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "api/live_socket.hpp"
#include "store/database.hpp"
#include "unit/api/permission_table.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

constexpr const char* kColumns[] = {"nobody",
                                    "guest who may watch",
                                    "guest who may play",
                                    "guest banned from d1",
                                    "guest banned from the hub",
                                    "member without grants",
                                    "member, watch d1",
                                    "member, play d1",
                                    "member, publish d1",
                                    "member, moderate d1",
                                    "member, administer d1",
                                    "member, administer d2",
                                    "member, play label lab",
                                    "member, moderate room hall",
                                    "viewer",
                                    "player",
                                    "administrator",
                                    "token to watch",
                                    "token to administer d2",
                                    "token to administer"};
constexpr std::size_t kColumnCount = std::size(kColumns);

struct Row {
  std::string method, target, expected, body;
};
struct Table {
  std::set<std::string> routes, messages;  // as declared
  std::vector<Row> rows;
};

Table readTable() {
  Table table;
  std::istringstream lines(kPermissionTable);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Row row;
    if (!(words >> row.method)) continue;
    if (row.method == "#") {
      words >> row.method;
      const std::string declared = line.substr(2);
      if (row.method == "live")
        table.messages.insert(declared.substr(5));
      else if (row.method != "----" && row.method != "Who")
        table.routes.insert(declared);
      continue;
    }
    words >> row.target;
    if (row.method == "live") {
      std::string device;
      words >> device;
      row.target += " " + device;
    }
    for (std::string word; row.expected.size() < kColumnCount && words >> word;) row.expected += word;
    std::getline(words >> std::ws, row.body);
    if (row.expected.size() != kColumnCount) FAIL("not a row: " << line);
    table.rows.push_back(std::move(row));
  }
  return table;
}

// Who asks, and how.
struct Asker {
  std::string cookie, token;
  std::vector<std::string> headers() const {
    return token.empty() ? std::vector<std::string>{} : std::vector{"Authorization: Bearer " + token};
  }
};

// A hub with d1 (label lab, room hall), d2 and people of every kind.
class Matrix {
 public:
  explicit Matrix(bool guests_play)
      : hub([&](hub::Settings& settings) {
          settings.identity.access = {true, guests_play};
        }) {
    hub.device("d1");
    hub.device("d2");
    captures();
    done("PATCH", "/api/v1/devices/d1", R"({"labels":["lab"],"room":"hall"})");
  }
  json::Object::Ptr done(const std::string& method, const std::string& target, const std::string& body) {
    const Answer answer = hub.asAdministrator(method, target, body);
    if (answer.status >= 300) throw std::runtime_error(method + " " + target + ": " + answer.body);
    return answer.json;
  }
  Asker user(const std::string& name, const std::string& role) {
    done("POST", "/api/v1/users",
         R"({"username":")" + name + R"(","role":")" + role + R"(","password":"correct horse"})");
    const Answer in = hub.post("/api/v1/session", R"({"username":")" + name + R"(","password":"correct horse"})");
    if (in.status != 200) throw std::runtime_error("no sign-in: " + in.body);
    return {TestHub::cookieOf(in), ""};
  }
  std::string personOf(const Asker& asker) {
    const Answer session = hub.get("/api/v1/session", asker.cookie);
    return json::getString(*session.json->getObject("person"), "id").value();
  }
  std::string ban(const std::string& device) {
    const std::string person = personOf({hub.guest("Banned"), ""});
    if (device.empty())
      return std::to_string(
          json::getInt(*done("POST", "/api/v1/bans", R"({"person":")" + person + R"(","for_ms":600000})"), "id")
              .value());
    done("PUT", "/api/v1/devices/" + device + "/turn",
         R"({"action":"ban","for_ms":600000,"person":")" + person + "\"}");
    const auto bans = done("GET", "/api/v1/devices/" + device + "/bans", "")->getArray("bans");
    return std::to_string(json::getInt(*bans->getObject(static_cast<unsigned>(bans->size() - 1)), "id").value());
  }

  // One column, all rows. A live socket stays for the column.
  void ask(std::size_t column, const Asker& asker, const Table& table) {
    std::unique_ptr<WebSocketPeer> page;
    for (const Row& row : table.rows) {
      const char expected = row.expected[column];
      if (expected == '.') continue;
      INFO(kColumns[column] << ": " << row.method << " " << row.target << " " << row.body);
      std::string said;
      const char got = row.method == "live" ? askLive(page, asker, row, said) : askRoute(asker, row, said);
      INFO(said);
      if (expected == '?')
        CHECK((got == 'y' || got == 'n'));
      else
        CHECK(std::string(1, got) == std::string(1, expected));
    }
  }

  TestHub hub;
  std::string other_session, other_token;

 private:
  std::string filled(std::string target) {
    auto fill = [&](const std::string& name, const std::function<std::string()>& make) {
      if (const auto at = target.find(name); at != std::string::npos) target.replace(at, name.size(), make());
    };
    fill("{fresh}", [&] {
      const std::string id = "fresh" + std::to_string(++fresh_);
      hub.enrol(id);
      return id;
    });
    fill("{ban_d1}", [&] { return ban("d1"); });
    fill("{ban_hub}", [&] { return ban(""); });
    fill("{capture_d1}", [&] { return std::to_string(captures_ += 2); });  // odd ones are of d1
    fill("{capture_d2}", [&] { return std::to_string((captures_ += 2) + 1); });
    fill("{other_session}", [&] { return other_session; });
    fill("{other_token}", [&] { return other_token; });
    return target;
  }

  char askRoute(const Asker& asker, const Row& row, std::string& said) {
    const Answer answer = hub.ask({.method = row.method,
                                   .target = filled(row.target),
                                   .body = row.body,
                                   .cookie = asker.cookie,
                                   .more = asker.headers()});
    said = std::to_string(answer.status) + " " + answer.body.substr(0, 300);
    switch (answer.status) {
      case 401: return '1';
      case 403: return '3';
      case 404:
        return answer.text("detail").find("is enrolled here.") != std::string::npos ||
                       answer.text("detail").find("is kept here.") != std::string::npos
                   ? '4'
                   : 'n';
      case 405:
      case 500:
      case 501: return '!';
      default: return 'y';
    }
  }

  char askLive(std::unique_ptr<WebSocketPeer>& page, const Asker& asker, const Row& row, std::string& said) {
    if (!page) {
      std::vector<std::string> headers = asker.headers();
      if (!asker.cookie.empty()) headers.push_back("Cookie: " + asker.cookie);
      headers.push_back("Origin: http://127.0.0.1:" + std::to_string(hub.port));
      page = std::make_unique<WebSocketPeer>(hub.port, "/api/v1/live", headers);
    }
    if (page->status() == 401) return '1';
    if (page->status() == 403) return '3';
    if (page->status() != 101) return '!';
    const std::string type = row.target.substr(0, row.target.find(' ')), device = row.target.substr(type.size() + 1);
    const std::string ref = "r" + std::to_string(++refs_);
    std::string message = R"({"type":")" + type + R"(","ref":")" + ref + "\"";
    if (device != "-") message += R"(,"device":")" + device + "\"";
    if (row.body.size() > 2) message += "," + row.body.substr(1, row.body.size() - 2);
    page->send(message + "}");
    const auto mine = [&](const json::Object& each) { return json::getString(each, "ref").value_or("") == ref; };
    const auto answer = page->answerTo(mine);
    page->forget();
    said = json::write(*answer);
    const std::string code = json::getString(*answer, "code").value_or("");
    if (code == "permission_denied") return '3';
    if (code == "not_found") return '4';
    return code == "internal" || code == "unsupported" ? '!' : 'y';
  }

  // Of d1 and d2 in turn; the first of each has its files.
  void captures() {
    hub.stop();
    {
      auto folder = store::DataFolder::open(hub.settings.data, "test").value();
      auto database = store::Database::open(*folder).value();
      const Status written = database->writeNow([](store::Session& session) -> Status {
        for (int i = 1; i <= 150; ++i)
          if (auto row =
                  session.run("INSERT INTO captures (device, source_key, trigger, started_ms, created_ms, state, "
                              "bytes) VALUES ($1, $2, 'pir', 1, 1, 'ready', 1)",
                              i % 2 ? "d1" : "d2", "k" + std::to_string(i));
              !row)
            return fail(row.error());
        return {};
      });
      if (!written) throw std::runtime_error(written.error().message);
    }
    for (const char* each : {"1", "2"}) {
      const auto files = hub.settings.data / "captures" / each;
      std::filesystem::create_directories(files);
      for (const char* name : {"video.mp4", "still.jpg"}) std::ofstream(files / name) << "x";
    }
    hub.start();
  }

  int fresh_ = 0, refs_ = 0, captures_ = 1;
};

}  // namespace

TEST_CASE("Every route and message answers exactly those who may, on one's own and on others' things") {
  const Table table = readTable();
  {
    Matrix watched(false);
    watched.other_session = "s-0";
    watched.other_token = "999999";
    watched.ask(1, {watched.hub.guest("Wanda"), ""}, table);
  }
  Matrix matrix(true);
  const Asker root{matrix.hub.administrator(), ""};
  const Asker viewer = matrix.user("vera", "viewer"), player = matrix.user("paul", "player");
  const Asker member = matrix.user("mia", "member"), other = matrix.user("otto", "member");
  const auto token = [&](const std::string& rest) {
    const Answer made =
        matrix.hub.post("/api/v1/tokens", R"({"name":"t","expires_in_days":1,)" + rest + "}", root.cookie);
    if (made.status != 201) throw std::runtime_error(made.body);
    return Asker{"", made.text("secret")};
  };
  const Asker t_watch = token(R"("permissions":["watch"])");
  const Asker t_scope = token(R"("permissions":["administer"],"scopes":[{"kind":"device","value":"d2"}])");
  const Asker t_all = token(R"("permissions":["administer"])");
  const Answer others = matrix.hub.get("/api/v1/account/sessions", other.cookie);
  matrix.other_session = json::getString(*others.json->getArray("sessions")->getObject(0), "id").value();
  const Answer tokens = matrix.hub.get("/api/v1/tokens", root.cookie);
  matrix.other_token = std::to_string(json::getInt(*tokens.json->getArray("tokens")->getObject(0), "id").value());

  matrix.ask(0, {}, table);
  matrix.ask(2, {matrix.hub.guest("Gus"), ""}, table);
  const Asker banned{matrix.hub.guest("Bea"), ""}, out{matrix.hub.guest("Hal"), ""};
  matrix.done("PUT", "/api/v1/devices/d1/turn",
              R"({"action":"ban","for_ms":600000,"person":")" + matrix.personOf(banned) + "\"}");
  matrix.done("POST", "/api/v1/bans", R"({"for_ms":600000,"person":")" + matrix.personOf(out) + "\"}");
  matrix.ask(3, banned, table);
  matrix.ask(4, out, table);

  // One member whose only grant changes: what he had before must not linger.
  const char* grants[] = {"",
                          R"({"permission":"watch","scope":{"kind":"device","value":"d1"}})",
                          R"({"permission":"play","scope":{"kind":"device","value":"d1"}})",
                          R"({"permission":"publish","scope":{"kind":"device","value":"d1"}})",
                          R"({"permission":"moderate","scope":{"kind":"device","value":"d1"}})",
                          R"({"permission":"administer","scope":{"kind":"device","value":"d1"}})",
                          R"({"permission":"administer","scope":{"kind":"device","value":"d2"}})",
                          R"({"permission":"play","scope":{"kind":"label","value":"lab"}})",
                          R"({"permission":"moderate","scope":{"kind":"room","value":"hall"}})"};
  std::string granted;
  for (std::size_t i = 0; i < std::size(grants); ++i) {
    if (!granted.empty()) matrix.done("DELETE", "/api/v1/users/mia/grants/" + granted, "");
    if (i > 0)
      granted = std::to_string(json::getInt(*matrix.done("POST", "/api/v1/users/mia/grants", grants[i]), "id").value());
    matrix.ask(5 + i, member, table);
  }
  matrix.ask(14, viewer, table);
  matrix.ask(15, player, table);
  matrix.ask(16, root, table);
  matrix.ask(17, t_watch, table);
  matrix.ask(18, t_scope, table);
  matrix.ask(19, t_all, table);

  const auto routes = matrix.hub.hub->routes();
  CHECK(std::set<std::string>(routes.begin(), routes.end()) == table.routes);
  CHECK(routes.size() == table.routes.size());
  const auto messages = api::liveMessages();
  CHECK(std::set<std::string>(messages.begin(), messages.end()) == table.messages);
}

TEST_CASE("Whoever may not watch is refused the live socket before it opens") {
  TestHub hub;
  CHECK(hub.page("robohub_session=nothing").status() == 401);
  CHECK(hub.page(hub.guest("Ada")).status() == 101);
}
