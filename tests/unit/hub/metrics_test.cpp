// The text format by a strict reader of its own (Prometheus exposition format 0.0.4), and by promtool where it is.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <set>
#include <sstream>

#include "hub/metrics.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

bool isName(const std::string& name) {
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:") ==
             std::string::npos;
}

// Every sample by "name{labels}". Throws on what the format does not allow.
std::map<std::string, double> parsed(const std::string& text) {
  std::map<std::string, double> samples;
  std::map<std::string, std::string> types;
  std::set<std::string> helped;
  std::string family;
  if (!text.ends_with('\n')) throw std::runtime_error("no line end behind the last line");
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    std::istringstream words(line);
    if (line[0] == '#') {
      std::string hash, kind, name, rest;
      words >> hash >> kind >> name;
      std::getline(words, rest);
      if (kind == "HELP" && !helped.insert(name).second) throw std::runtime_error("HELP twice: " + line);
      if (kind == "TYPE") {
        if (!types.emplace(name, rest.substr(1)).second) throw std::runtime_error("TYPE twice: " + line);
        family = name;
      }
      continue;
    }
    const auto open = line.find('{'), space = line.rfind(' ');
    const std::string name = line.substr(0, std::min(open, line.find(' ')));
    if (!isName(name)) throw std::runtime_error("no name: " + line);
    if (!name.starts_with(family)) throw std::runtime_error("outside of its family: " + line);
    if (types[family] == "counter" && !name.ends_with("_total")) throw std::runtime_error("no _total: " + line);
    if (open != std::string::npos) {
      std::string labels = line.substr(open + 1, line.rfind('}') - open - 1);
      while (!labels.empty()) {
        const auto equals = labels.find("=\""), end = labels.find('"', equals + 2);
        if (equals == std::string::npos || end == std::string::npos || !isName(labels.substr(0, equals)))
          throw std::runtime_error("bad labels: " + line);
        labels.erase(0, end + 1);
        if (labels.starts_with(',')) labels.erase(0, 1);
      }
    }
    std::size_t used = 0;
    const std::string number = line.substr(space + 1);
    const double value = number == "+Inf" ? INFINITY : std::stod(number, &used);
    if (number != "+Inf" && used != number.size()) throw std::runtime_error("no number: " + line);
    if (!samples.emplace(line.substr(0, space), value).second) throw std::runtime_error("twice: " + line);
  }
  return samples;
}

double of(const std::map<std::string, double>& samples, const std::string& name) {
  const auto at = samples.find(name);
  if (at == samples.end()) throw std::runtime_error("no " + name);
  return at->second;
}

}  // namespace

TEST_CASE("There are no metrics while they are off") {
  TestHub hub;
  CHECK(hub.get("/metrics").status == 404);
  CHECK(hub.asAdministrator("GET", "/metrics").status == 404);
}

TEST_CASE("Metrics are for administrators and for the token that the settings name") {
  TestHub hub([](hub::Settings& settings) { settings.metrics = {true, "scrape-me-please"}; });
  const auto with = [&](const std::string& authorization) {
    return hub.ask({.target = "/metrics", .more = {"Authorization: " + authorization}}).status;
  };
  CHECK(hub.get("/metrics").status == 401);
  CHECK(hub.get("/metrics", hub.guest("Eve")).status == 401);
  CHECK(hub.get("/metrics", hub.administrator()).status == 200);
  CHECK(with("Bearer scrape-me-please") == 200);
  CHECK(with("Bearer scrape-me-pleasf") == 401);
  CHECK(with("Bearer scrape-me-please2") == 401);
  CHECK(with("Bearer ") == 401);
  CHECK(with("Basic scrape-me-please") == 401);
  // It opens nothing else.
  CHECK(hub.ask({.target = "/api/v1/health", .more = {"Authorization: Bearer scrape-me-please"}}).status == 401);
}

TEST_CASE("An empty token opens nothing") {
  TestHub hub([](hub::Settings& settings) { settings.metrics = {true, ""}; });
  CHECK(hub.ask({.target = "/metrics", .more = {"Authorization: Bearer "}}).status == 401);
  CHECK(hub.asAdministrator("GET", "/metrics").status == 200);
}

TEST_CASE("Metrics are strict Prometheus text and count what happens") {
  TestHub hub([](hub::Settings& settings) { settings.metrics.enabled = true; });
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  const std::string cookie = hub.guest("Ada");
  const auto samples = [&] {
    const Answer answer = hub.asAdministrator("GET", "/metrics");
    REQUIRE(answer.status == 200);
    CHECK(answer.headers.get("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    return parsed(answer.body);
  };
  const auto before = samples();
  CHECK(of(before, "robohub_devices") == 1);
  CHECK(of(before, "robohub_devices_online") == 1);
  CHECK(of(before, "robohub_turns_total") == 0);
  CHECK(of(before, "robohub_commands_total{state=\"succeeded\"}") == 0);
  CHECK(of(before, "robohub_http_requests_total{code=\"201\"}") == 1);

  auto page = hub.page(cookie);
  page.send(R"({"type":"watch","device":"d1"})");
  page.send(R"({"type":"join","device":"d1"})");
  page.get("you", [](const json::Object& you) { return json::getString(you, "state").value_or("") == "active"; });
  agent.control->get("grant");
  page.send(R"({"type":"command","device":"d1","name":"forget","params":{},"epoch":0,"key":"k1"})");
  agent.carryOut();
  page.get("command",
           [](const json::Object& command) { return json::getString(command, "state").value_or("") == "succeeded"; });
  CHECK(hub.post("/api/v1/devices/d1/stop", "", cookie).status == 202);
  CHECK(hub.get("/nothing.png").status == 404);

  const auto after = samples();
  CHECK(of(after, "robohub_turns_total") == 1);
  CHECK(of(after, "robohub_commands_total{state=\"succeeded\"}") == 1);
  CHECK(of(after, "robohub_stops_total") == 1);
  CHECK(of(after, "robohub_devices_stopped") == 1);
  CHECK(of(after, "robohub_live_sockets") == 1);
  CHECK(of(after, "robohub_people") == 1);
  CHECK(of(after, "robohub_command_seconds_count") == 1);
  CHECK(of(after, "robohub_command_seconds_bucket{le=\"+Inf\"}") == 1);
  CHECK(of(after, "robohub_command_seconds_sum") > 0);
  CHECK(of(after, "robohub_http_requests_total{code=\"404\"}") >= 1);
  CHECK(of(after, "robohub_connections") >= 2);
  CHECK(of(after, "robohub_loop_lag_seconds{loop=\"0\"}") >= 0);
  CHECK(of(after, "robohub_database_bytes") > 0);
  CHECK(of(after, "robohub_audit_lost_total") == 0);
  CHECK(of(after, "robohub_info{version=\"0.1.0\"}") == 1);
  CHECK(of(after, "process_resident_memory_bytes") > 1e6);
  CHECK(of(after, "process_open_fds") > 5);
  CHECK(of(after, "process_cpu_seconds_total") > 0);
  for (const auto& [name, value] : after) {
    CHECK(name.find("Ada") == std::string::npos);
    CHECK(name.find("d1") == std::string::npos);
  }

  // A second opinion, where the tool is installed.
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    WARN("left out: there is no promtool here");
    return;
  }
  const auto file = hub.folder.path() / "metrics.txt";
  std::ofstream(file) << hub.asAdministrator("GET", "/metrics").body;
  CHECK(std::system(("promtool check metrics <" + file.string() + " >" + file.string() + ".out 2>&1").c_str()) == 0);
}
