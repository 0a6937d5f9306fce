// A whole hub in the test's own process: on port 0, with a data folder of its own and the plugins of tests/plugins.
#pragma once
#include <fstream>
#include <thread>

#include "hub/hub.hpp"
#include "link/messages.hpp"
#include "plugin/scan.hpp"
#include "support/slowness.hpp"
#include "unit/hub/web_peer.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::test {

inline constexpr const char* kKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";  // 32 bytes in base64url

class TestHub {
 public:
  explicit TestHub(const std::function<void(hub::Settings&)>& change = {}) {
    settings.listen = {"127.0.0.1", 0};
    settings.data = folder.path() / "data";
    settings.web = folder.path() / "web";
    settings.loops = 2;
    settings.disk.ballast_bytes = 0;
    settings.plugin_folders = {TEST_PLUGINS};
    settings.identity.access = {true, true};
    std::filesystem::create_directories(settings.web / "assets");
    std::ofstream(settings.web / "index.html") << "<!doctype html><title>robohub</title>";
    if (change) change(settings);
    start();
  }

  void start() {
    auto started = hub::Hub::start(settings);
    if (!started) throw std::runtime_error(started.error().message);
    hub = std::move(*started);
    const std::string& url = hub->url();
    port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  void stop() { hub.reset(); }

  Answer ask(const Ask& ask) const {
    net::test::RawPeer peer(port);
    return answerOf(peer, ask, port);
  }
  Answer get(const std::string& target, const std::string& cookie = "") const {
    return ask({.target = target, .cookie = cookie});
  }
  Answer post(const std::string& target, const std::string& body, const std::string& cookie = "") const {
    return ask({.method = "POST", .target = target, .body = body, .cookie = cookie});
  }
  // Over the administrator's socket.
  Answer asAdministrator(const std::string& method, const std::string& target, const std::string& body = "") const {
    net::test::RawPeer peer((settings.data / "admin.sock").string());
    return answerOf(peer, {.method = method, .target = target, .body = body}, port);
  }

  static std::string cookieOf(const Answer& answer) {
    const std::string field(answer.headers.get("Set-Cookie"));
    return field.substr(0, field.find(';'));
  }
  std::string guest(const std::string& name) const {
    const Answer answer = post("/api/v1/session", "{\"guest\":\"" + name + "\"}");
    if (answer.status != 200) throw std::runtime_error("no guest: " + answer.body);
    return cookieOf(answer);
  }
  // The first administrator's cookie, by the one-time code.
  std::string administrator() const {
    const Answer answer = post("/api/v1/setup", "{\"code\":\"" + hub->administratorCode().value_or("") +
                                                    "\",\"username\":\"root\",\"password\":\"correct horse\"}");
    if (answer.status != 200) throw std::runtime_error("no administrator: " + answer.body);
    return cookieOf(answer);
  }

  // Enrols and returns the claim code.
  std::string enrol(const std::string& id, const std::string& type = "test_good") const {
    const Answer answer =
        asAdministrator("POST", "/api/v1/devices", "{\"id\":\"" + id + "\",\"type\":\"" + type + "\"}");
    if (answer.status != 201) throw std::runtime_error("not enrolled: " + answer.body);
    return answer.text("claim_code");
  }
  // Enrols and claims with kKey.
  void device(const std::string& id, const std::string& type = "test_good") const {
    const Answer answer = post("/api/v1/agent/claim", "{\"code\":\"" + enrol(id, type) + "\",\"device\":\"" + id +
                                                          "\",\"key\":\"" + kKey + "\"}");
    if (answer.status != 200) throw std::runtime_error("not claimed: " + answer.body);
  }
  json::Object::Ptr deviceState(const std::string& id) const {
    return asAdministrator("GET", "/api/v1/devices/" + id).json;
  }

  WebSocketPeer page(const std::string& cookie, int receive_buffer = 0) const {
    return WebSocketPeer(port, "/api/v1/live",
                         {"Cookie: " + cookie, "Origin: http://127.0.0.1:" + std::to_string(port)}, receive_buffer);
  }

  TempFolder folder;
  hub::Settings settings;
  std::unique_ptr<hub::Hub> hub;
  std::uint16_t port = 0;
};

// Asks again and again until it holds; false when it does not in time.
inline bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5 * kSlowness);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// The agent of one device, played by the test.
class ScriptedAgent {
 public:
  ScriptedAgent(const TestHub& hub, std::string device, std::string type = "test_good", std::uint64_t nonce = 1)
      : ScriptedAgent(hub.port, std::move(device), std::move(type), nonce) {}
  // `port` is read when a link is opened.
  ScriptedAgent(const std::uint16_t& port, std::string device, std::string type = "test_good", std::uint64_t nonce = 1)
      : port_(port), device_(std::move(device)), type_(std::move(type)), nonce_{nonce, nonce} {}

  static std::vector<std::string> headers(const std::string& device, const std::string& key = kKey) {
    return {"Authorization: Robohub-Device " + device + ":" + key, "Sec-WebSocket-Protocol: robohub.agent.v1"};
  }
  link::Hello hello() const {
    link::Hello hello;
    hello.device = *DeviceId::parse(device_);
    hello.agent = "0.1.0";
    hello.boot = "0123456789abcdef";
    hello.nonce = nonce_;
    const auto found = plugin::scan(TEST_PLUGINS).value();
    hello.plugin = {type_, "1.0.0", plugin::findType(found.plugins, type_)->manifest->hash};
    return hello;
  }
  // Opens the control link and sends a first stamp. Returns the welcome.
  json::Object::Ptr online() {
    control = std::make_unique<WebSocketPeer>(port_, "/api/v1/agent", headers(device_));
    say(hello());
    const auto welcome = control->get("welcome");
    beat();
    return welcome;
  }
  bool bulk(const std::string& link) {
    bulk_link = std::make_unique<WebSocketPeer>(port_, "/api/v1/agent", headers(device_));
    bulk_link->send(link::encode(link::AgentMessage(link::BulkHello{*DeviceId::parse(device_), link})));
    try {
      bulk_link->get("welcome");
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  }
  void say(const link::AgentMessage& message) { control->send(link::encode(message)); }
  void beat() { say(link::AgentBeat{t_ns_ += 1'000'000, false, 0}); }
  // Takes the next command, acknowledges it and says that it succeeded. Its message.
  json::Object::Ptr carryOut(const std::string& value = "") {
    const auto command = control->get("command");
    const std::string id = json::getString(*command, "id").value();
    say(link::Ack{id});
    say(link::CommandResult{id, {link::FinalState::succeeded, std::nullopt, "", "", value}});
    return command;
  }

  std::unique_ptr<WebSocketPeer> control, bulk_link;

 private:
  const std::uint16_t& port_;
  const std::string device_, type_;
  const link::Nonce nonce_;
  std::int64_t t_ns_ = 1'000'000'000;
};

}  // namespace robohub::test
