#include "integration/support/hub_process.hpp"

#include <fstream>
#include <stdexcept>

namespace robohub::integration {
namespace {

std::string cookieOf(const net::Headers& headers) {
  const std::string set(headers.get("Set-Cookie"));
  return set.substr(0, set.find(';'));
}

}  // namespace

HubProcess::HubProcess(const std::filesystem::path& folder, const std::string& settings)
    : folder_(folder.string()), data_(folder_ + "/hub-data") {
  std::filesystem::create_directory(folder_ + "/web");
  std::ofstream(folder_ + "/web/index.html") << "<!doctype html><title>robohub</title>";
  std::ofstream(folder_ + "/robohub.yaml")
      << "server:\n  listen: 127.0.0.1:0\n  data: hub-data\n  web: web\nplugins:\n  path: [\"" << TEST_PLUGIN_FOLDER
      << "\", \"" << TEST_PLUGINS << "\"]\nguests:\n  watch: true\n  play: true\n"
      << settings;
}

void HubProcess::start() {
  std::vector<std::string> arguments{"serve", "--config", folder_ + "/robohub.yaml"};
  if (port_ != 0) {
    arguments.push_back("--port");
    arguments.push_back(std::to_string(port_));
  }
  process_.start(TEST_BIN "/robohub", arguments);
  const std::string ready = "robohub: listening at http://127.0.0.1:";
  const auto line = process_.line(ready);
  if (!line) throw std::runtime_error("the hub does not listen:\n" + process_.output());
  port_ = static_cast<std::uint16_t>(std::stoi(line->substr(ready.size())));
  const std::string code = "robohub: administrator code ";
  if (code_.empty())
    if (const auto told = process_.line(code, 0ms)) code_ = told->substr(code.size());
}

Answer HubProcess::request(const std::string& method, const std::string& target, const std::string& body,
                           const std::string& cookie) const {
  net::ClientRequest request;
  request.endpoint = net::Endpoint::tcp("127.0.0.1", port_);
  request.method = method;
  request.target = target;
  request.body = body;
  request.max_body_bytes = 8 * 1024 * 1024;
  // Hashing a password gives way to everything else on the machine, which may be busy.
  request.timeout = 60s;
  if (!body.empty() || method == "POST") request.headers.set("Content-Type", "application/json");
  if (!cookie.empty()) request.headers.set("Cookie", cookie);
  request.headers.set("Origin", url());
  auto response = net::httpRequestBlocking(std::move(request));
  if (!response) throw std::runtime_error(method + " " + target + ": " + response.error().message);
  Answer answer{response->status, response->body, nullptr, response->headers};
  if (auto parsed = json::parseObject(answer.body)) answer.json = *parsed;
  return answer;
}

std::string HubProcess::guest(const std::string& name) const {
  const auto answer = request("POST", "/api/v1/session", "{\"guest\":" + json::quote(name) + "}");
  if (answer.status != 200) throw std::runtime_error("no guest: " + answer.body);
  return cookieOf(answer.headers);
}

const std::string& HubProcess::administrator() {
  if (administrator_.empty()) {
    const auto answer =
        request("POST", "/api/v1/setup",
                "{\"code\":" + json::quote(code_) + R"(,"username":"root","password":"correct horse battery staple"})");
    if (answer.status != 200) throw std::runtime_error("no administrator: " + answer.body);
    administrator_ = cookieOf(answer.headers);
  }
  return administrator_;
}

std::string HubProcess::enrol(const std::string& id, const std::string& type) {
  const auto answer = request("POST", "/api/v1/devices",
                              "{\"id\":" + json::quote(id) + ",\"type\":" + json::quote(type) + "}", administrator());
  if (!answer.json || answer.status >= 300) throw std::runtime_error("not enrolled: " + answer.body);
  return json::getString(*answer.json, "claim_code").value();
}

json::Object::Ptr HubProcess::device(const std::string& id) {
  return request("GET", "/api/v1/devices/" + id, "", administrator()).json;
}

std::string HubProcess::presence(const std::string& id) {
  const auto one = device(id);
  return one ? json::getString(*one, "presence").value_or("") : "";
}

std::size_t HubProcess::timesOnline(const std::string& id) {
  const std::string history = request("GET", "/api/v1/devices/" + id + "/connections", "", administrator()).body;
  std::size_t count = 0;
  for (std::size_t at = 0; (at = history.find("\"connected\"", at)) != std::string::npos; ++at) ++count;
  return count;
}

std::string HubProcess::stopState(const std::string& id) {
  const auto one = device(id);
  const auto stop = one ? json::getObject(*one, "stop").value_or(nullptr) : nullptr;
  return stop ? json::getString(*stop, "state").value_or("") : "";
}

}  // namespace robohub::integration
