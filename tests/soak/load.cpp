#include "soak/load.hpp"

#include <chrono>

#include "net/http_client.hpp"

namespace soak {

using namespace robohub;
using State = Ledger::State;

namespace {

constexpr std::size_t kKeep = 30;  // things of a kind, so that a round's comparison stays quick

std::atomic<std::uint64_t> next_name{0};

std::uint64_t activeTurn(const Answer& answer) {
  if (!answer.json) return 0;
  const auto you = json::getObject(*answer.json, "you").value_or(nullptr);
  if (!you || json::getString(*you, "state").value_or("") != "active") return 0;
  return static_cast<std::uint64_t>(json::getInt(*answer.json, "epoch").value_or(0));
}

}  // namespace

Answer Hub::ask(const std::string& method, const std::string& target, const std::string& body,
                const std::string& cookie) const {
  net::ClientRequest request;
  const bool administrator = cookie == "administrator";
  request.endpoint = administrator ? net::Endpoint::local(socket_) : net::Endpoint::tcp("127.0.0.1", port_);
  request.method = method;
  request.target = target;
  request.body = body;
  request.max_body_bytes = 8 * 1024 * 1024;
  if (!body.empty() || method == "POST") request.headers.set("Content-Type", "application/json");
  if (!administrator && !cookie.empty()) request.headers.set("Cookie", cookie);
  if (!administrator) request.headers.set("Origin", "http://127.0.0.1:" + std::to_string(port_));
  const auto response = net::httpRequestBlocking(std::move(request));
  Answer answer;
  if (!response) return answer;
  answer.status = response->status;
  answer.body = response->body;
  const std::string set(response->headers.get("Set-Cookie"));
  answer.cookie = set.substr(0, set.find(';'));
  if (auto parsed = json::parseObject(answer.body)) answer.json = *parsed;
  return answer;
}

Load::Load(const Hub& hub, Ledger& ledger, const std::vector<std::string>& guests, std::uint64_t seed)
    : hub_(hub), ledger_(ledger) {
  start(seed + 1, [this](std::mt19937_64& random) { devices(random); });
  start(seed + 2, [this](std::mt19937_64& random) { grants(random); });
  start(seed + 3, [this](std::mt19937_64& random) { users(random); });
  for (const std::string& guest : guests)
    start(seed + 5 + threads_.size(), [this, guest](std::mt19937_64& random) { turns(guest, random); });
}

void Load::start(std::uint64_t seed, Once once) {
  threads_.emplace_back([this, seed, once] {
    std::mt19937_64 random(seed);
    while (!ending_) once(random);
  });
}

void Load::end() {
  ending_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::string Load::fresh(const char* start) {
  return start + std::to_string(++next_name);
}

bool Load::change(const std::string& thing, State then, const std::string& value, const Answer& answer) {
  if (answer.status >= 200 && answer.status < 300) {
    ledger_.acknowledged(thing, then, value);
    return true;
  }
  if (answer.status == 0) {
    ending_ = true;  // the hub is gone, and this change stays unknown
    return false;
  }
  if (answer.status >= 500) return false;  // ending or at its limit: unknown as well
  ledger_.refused(thing);
  return false;
}

void Load::devices(std::mt19937_64& random) {
  const auto old = ledger_.pick("device", random);
  if (old && random() % 3 == 0) return stop(*old);
  if (old && ledger_.present("device").size() >= kKeep) {
    ledger_.asked("device:" + *old);
    ledger_.asked("stop:" + *old);
    std::erase(pressed_, *old);
    if (change("device:" + *old, State::absent, "", hub_.ask("DELETE", "/api/v1/devices/" + *old)))
      ledger_.acknowledged("stop:" + *old, State::absent);
    return;
  }
  const std::string id = fresh("d");
  ledger_.asked("device:" + id);
  if (!change("device:" + id, State::present, "",
              hub_.ask("POST", "/api/v1/devices", "{\"id\":\"" + id + "\",\"type\":\"test_good\"}")))
    return;
  for (const std::string& stopped : pressed_) ledger_.acknowledged("stop:" + stopped, State::present, "latched");
  pressed_.clear();
}

// Of a device without an agent: the latch is the hub's alone to remember. A stop is answered before it is on disk,
// since it must not wait for one; but the database writes in order, so it is there once a later change of anything is.
// By the one thread that also removes devices, so that what is asked of one device comes one after the other.
void Load::stop(const std::string& id) {
  ledger_.asked("stop:" + id);
  const Answer answer = hub_.ask("POST", "/api/v1/devices/" + id + "/stop", "{}");
  if (answer.status == 0) ending_ = true;
  if (answer.status == 200 || answer.status == 202) pressed_.push_back(id);
}

void Load::grants(std::mt19937_64& random) {
  const auto old = ledger_.pick("grant", random);
  if (old && ledger_.present("grant").size() >= kKeep) {
    ledger_.asked("grant:" + *old);
    const std::string number = old->substr(0, old->find(' '));
    change("grant:" + *old, State::absent, "", hub_.ask("DELETE", "/api/v1/users/base/grants/" + number));
    return;
  }
  // Its number is known with the answer only, so one without an answer is not in the ledger.
  const std::string room = fresh("room-");
  const Answer answer = hub_.ask("POST", "/api/v1/users/base/grants",
                                 R"({"permission":"watch","scope":{"kind":"room","value":")" + room + "\"}}");
  if (answer.status == 0) ending_ = true;
  if (answer.status == 201 && answer.json)
    ledger_.acknowledged("grant:" + std::to_string(json::getInt(*answer.json, "id").value_or(0)) + " " + room,
                         State::present);
}

void Load::users(std::mt19937_64& random) {
  const auto old = ledger_.pick("user", random);
  const auto dice = random() % 4;
  if (old && (dice == 0 || ledger_.present("user").size() >= kKeep)) {
    ledger_.asked("user:" + *old);
    change("user:" + *old, State::absent, "", hub_.ask("DELETE", "/api/v1/users/" + *old));
  } else if (old && dice < 3) {
    const std::string role = random() % 2 == 0 ? "viewer" : "player";
    ledger_.asked("user:" + *old);
    change("user:" + *old, State::present, role,
           hub_.ask("PATCH", "/api/v1/users/" + *old, "{\"role\":\"" + role + "\"}"));
  } else {
    const std::string name = fresh("u");
    ledger_.asked("user:" + name);
    change("user:" + name, State::present, "member",
           hub_.ask("POST", "/api/v1/users",
                    "{\"username\":\"" + name + R"(","role":"member","password":"a long enough password"})"));
  }
}

void Load::turns(const std::string& guest, std::mt19937_64& random) {
  const std::string path = "/api/v1/devices/t1/turn";
  Answer turn = hub_.ask("POST", path, "{}", guest);
  for (int i = 0; i < 50 && turn.status == 200 && activeTurn(turn) == 0 && !ending_; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // the others want to be heard as well
    turn = hub_.ask("GET", path, "", guest);
  }
  if (turn.status == 0) {
    ending_ = true;
    return;
  }
  if (const std::uint64_t epoch = activeTurn(turn); epoch != 0) {
    ledger_.turn("t1", epoch, guest);
    for (auto commands = random() % 4; commands > 0; --commands)
      (void)hub_.ask("POST", "/api/v1/devices/t1/commands/on?wait_ms=100", R"({"on":true})", guest);
  }
  if (random() % 8 != 0) (void)hub_.ask("DELETE", path, "", guest);
}

}  // namespace soak
