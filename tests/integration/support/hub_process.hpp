// The hub under test: `robohub serve` on a free port with a data folder of its own, and its administrator.
#pragma once
#include <filesystem>
#include <string>

#include "base/json.hpp"
#include "integration/support/process.hpp"
#include "net/http_client.hpp"

namespace robohub::integration {

struct Answer {
  int status = 0;
  std::string body;
  json::Object::Ptr json;  // null when the body is none
  net::Headers headers;
};

class HubProcess {
 public:
  // `settings`: further lines for robohub.yaml.
  explicit HubProcess(const std::filesystem::path& folder, const std::string& settings = "");

  // Starts (again, on the same port and data) and waits until it listens. Throws when it does not.
  void start();
  Process& process() { return process_; }
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  const std::string& data() const { return data_; }

  // One request; with a cookie it carries the page's own Origin. Throws when there is no answer.
  Answer request(const std::string& method, const std::string& target, const std::string& body = "",
                 const std::string& cookie = "") const;
  // Signs in and returns the cookie.
  std::string guest(const std::string& name) const;
  const std::string& administrator();  // cookie; made by the one-time code

  // Enrols by HTTP; the claim code.
  std::string enrol(const std::string& id, const std::string& type);
  json::Object::Ptr device(const std::string& id);
  std::string presence(const std::string& id);
  std::string stopState(const std::string& id);
  std::size_t timesOnline(const std::string& id);  // as often as it came, by its history

 private:
  std::string folder_, data_;
  std::uint16_t port_ = 0;
  std::string code_, administrator_;
  Process process_;
};

}  // namespace robohub::integration
