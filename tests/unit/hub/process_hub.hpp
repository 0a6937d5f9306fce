// The real program with a settings file of its own, for tests of signals, disks and logs.
#pragma once
#include <signal.h>

#include "integration/support/process.hpp"
#include "unit/hub/test_hub.hpp"

namespace robohub::test {

class ProcessHub {
 public:
  // `text` is put behind server and plugins; relative paths are relative to folder.path().
  explicit ProcessHub(const std::string& text, const std::filesystem::path& data = {}) {
    data_ = data.empty() ? folder.path() / "data" : data;
    configure(text);
  }

  void configure(const std::string& text, const std::string& server = "") {
    std::ofstream(file()) << "server:\n  listen: 127.0.0.1:0\n  loops: 2\n  data: " << data_.string() << "\n"
                          << server << "plugins: {path: [" << TEST_PLUGINS << "]}\n"
                          << text;
  }
  std::filesystem::path file() const { return folder.path() / "hub.yaml"; }

  void start() {
    process.start(TEST_ROBOHUB, {"serve", "--config", file().string()});
    const auto line = process.line("robohub: listening at http");
    if (!line) throw std::runtime_error("no hub: " + process.output());
    url = line->substr(line->find("http"));
    port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }

  Answer ask(const Ask& ask) const {
    net::test::RawPeer peer(port);
    return answerOf(peer, ask, port);
  }
  Answer asAdministrator(const std::string& method, const std::string& target, const std::string& body = "") const {
    net::test::RawPeer peer((data_ / "admin.sock").string());
    return answerOf(peer, {.method = method, .target = target, .body = body}, port);
  }
  std::string guest(const std::string& name) const {
    return TestHub::cookieOf(
        ask({.method = "POST", .target = "/api/v1/session", .body = "{\"guest\":\"" + name + "\"}"}));
  }
  void device(const std::string& id, const std::string& type = "test_good") const {
    const Answer enrolled =
        asAdministrator("POST", "/api/v1/devices", "{\"id\":\"" + id + "\",\"type\":\"" + type + "\"}");
    const Answer claimed = ask({.method = "POST",
                                .target = "/api/v1/agent/claim",
                                .body = "{\"code\":\"" + enrolled.text("claim_code") + "\",\"device\":\"" + id +
                                        "\",\"key\":\"" + kKey + "\"}"});
    if (claimed.status != 200) throw std::runtime_error("not claimed: " + enrolled.body + claimed.body);
  }
  WebSocketPeer page(const std::string& cookie) const {
    return WebSocketPeer(port, "/api/v1/live",
                         {"Cookie: " + cookie, "Origin: http://127.0.0.1:" + std::to_string(port)});
  }
  // SIGHUP, and what GET /api/v1/config says of the reload that it brought.
  json::Object::Ptr reload() {
    const std::int64_t before = lastReloadMs();
    // Times are in milliseconds, and two reloads must not share one.
    while (toMs(SystemClock().wall()) <= before) {
    }
    process.signal(SIGHUP);
    json::Object::Ptr last;
    const bool came = eventually([&] {
      const Answer answer = asAdministrator("GET", "/api/v1/config");
      last = answer.json && !answer.json->isNull("last_reload") ? answer.json->getObject("last_reload") : nullptr;
      return last && last->getValue<std::int64_t>("at_ms") > before;
    });
    if (!came) throw std::runtime_error("the settings were not read again: " + process.output());
    return last;
  }

  TempFolder folder;
  integration::Process process;
  std::string url;
  std::uint16_t port = 0;

 private:
  std::int64_t lastReloadMs() const {
    const Answer answer = asAdministrator("GET", "/api/v1/config");
    if (!answer.json || answer.json->isNull("last_reload")) return 0;
    return answer.json->getObject("last_reload")->getValue<std::int64_t>("at_ms");
  }

  std::filesystem::path data_;
};

}  // namespace robohub::test
