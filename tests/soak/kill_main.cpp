// A hub under load is killed at random moments, again and again; a ledger outside knows what it had acknowledged.
// Usage: script/soak kill.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "integration/support/process.hpp"
#include "plugin/scan.hpp"
#include "soak/device.hpp"
#include "soak/load.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace std::chrono_literals;
using integration::Process;
using soak::Answer;
using soak::Ledger;
using Steady = std::chrono::steady_clock;

namespace {

constexpr const char* kKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";  // 32 bytes in base64url

double msSince(Steady::time_point began) {
  return std::chrono::duration<double, std::milli>(Steady::now() - began).count();
}

struct Soak {
  test::TempFolder folder;
  std::filesystem::path data = folder.path() / "data", config = folder.path() / "robohub.yaml";
  std::string programs, plugins;
  Ledger ledger;
  Process process;
  std::uint16_t port = 0;
  std::vector<double> ready_ms;
  std::string head;  // of the audit's chain, as it was verified last

  Soak(const std::string& bin, const std::string& plugin_folder)
      : programs(std::filesystem::absolute(bin)), plugins(std::filesystem::absolute(plugin_folder)) {
    std::filesystem::create_directory(folder.path() / "web");
    std::ofstream(folder.path() / "web/index.html") << "<!doctype html><title>robohub</title>";
    std::ofstream(config) << "server: {listen: \"127.0.0.1:0\", data: data, web: web}\n"
                          << "plugins: {path: [\"" << plugins << "\"]}\n"
                          << "guests: {watch: true, play: true}\n"
                          << "turns: {program_idle: 1s}\n"
                          << "log: {level: error}\n";
  }
  soak::Hub hub() const { return {(data / "admin.sock").string(), port}; }

  void launch() {
    std::vector<std::string> words{"serve", "--config", config.string()};
    if (port != 0) words.insert(words.end(), {"--port", std::to_string(port)});
    process.start(programs + "/robohub", words);
  }
  // From the start of the program to the first 200 of /readyz.
  void start() {
    const auto began = Steady::now();
    launch();
    if (port == 0) {
      const std::string start = "robohub: listening at http://127.0.0.1:";
      const auto line = process.line(start);
      if (!line) throw std::runtime_error("the hub does not start:\n" + process.output());
      port = static_cast<std::uint16_t>(std::stoi(line->substr(start.size())));
    }
    while (hub().ask("GET", "/readyz", "", "").status != 200) {
      if (!process.running()) throw std::runtime_error("the hub has ended:\n" + process.output());
      if (msSince(began) > 20'000) throw std::runtime_error("the hub is not ready:\n" + process.output());
    }
    ready_ms.push_back(msSince(began));
  }
  Answer must(const std::string& method, const std::string& target, const std::string& body = "",
              const std::string& cookie = "administrator") const {
    Answer answer = hub().ask(method, target, body, cookie);
    if (answer.status < 200 || answer.status > 299)
      throw std::runtime_error(method + " " + target + ": " + std::to_string(answer.status) + " " + answer.body);
    return answer;
  }
  std::string guest(const std::string& name) const {
    return must("POST", "/api/v1/session", "{\"guest\":\"" + name + "\"}", "").cookie;
  }
  // What is needed for the load: an account, and a device with an agent's key.
  void prepare() {
    must("POST", "/api/v1/users", R"({"username":"base","role":"member","password":"a long enough password"})");
    const Answer enrolled = must("POST", "/api/v1/devices", R"({"id":"t1","type":"test_good"})");
    const std::string code = json::getString(*enrolled.json, "claim_code").value_or("");
    must("POST", "/api/v1/agent/claim", "{\"code\":\"" + code + "\",\"device\":\"t1\",\"key\":\"" + kKey + "\"}", "");
  }

  using Facts = std::map<std::string, std::string>;
  static json::Array::Ptr listOf(const Answer& answer, const char* key) {
    auto list = answer.json ? answer.json->getArray(key) : nullptr;
    if (!list) throw std::runtime_error("no " + std::string(key) + " in " + answer.body.substr(0, 200));
    return list;
  }
  void compare() {
    Facts devices, stops, users, grants;
    const auto device_list = listOf(must("GET", "/api/v1/devices"), "devices");
    for (std::size_t i = 0; i < device_list->size(); ++i) {
      const auto device = device_list->getObject(static_cast<unsigned>(i));
      const std::string id = json::getString(*device, "id").value_or("");
      devices[id] = "";
      const auto stop = json::getObject(*device, "stop").value_or(nullptr);
      if (stop && json::getString(*stop, "state").value_or("") != "none") stops[id] = "latched";
    }
    const auto user_list = listOf(must("GET", "/api/v1/users"), "users");
    for (std::size_t i = 0; i < user_list->size(); ++i) {
      const auto user = user_list->getObject(static_cast<unsigned>(i));
      users[json::getString(*user, "username").value_or("")] = json::getString(*user, "role").value_or("");
    }
    const auto grant_list = listOf(must("GET", "/api/v1/users/base"), "grants");
    for (std::size_t i = 0; i < grant_list->size(); ++i) {
      const auto grant = grant_list->getObject(static_cast<unsigned>(i));
      const auto scope = json::getObject(*grant, "scope").value_or(nullptr);
      grants[std::to_string(json::getInt(*grant, "id").value_or(0)) + " " +
             (scope ? json::getString(*scope, "value").value_or("") : "")] = "";
    }
    ledger.compare("device", devices);
    ledger.compare("stop", stops);
    ledger.compare("user", users);
    ledger.compare("grant", grants);
  }
  void verifyAudit() {
    const Answer verdict = must("GET", "/api/v1/audit/verify" + (head.empty() ? "" : "?head=" + head));
    if (!json::getBool(*verdict.json, "good").value_or(false))
      ledger.violation("the audit does not verify: " + json::getString(*verdict.json, "message").value_or(""));
    head = json::getString(*verdict.json, "head").value_or("");
  }
};

void usage() {
  std::puts("Usage: soak_kill BIN PLUGINS [ROUNDS] [SEED]");
}

double at(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0
                        : values[std::min(values.size() - 1, static_cast<std::size_t>(part * double(values.size())))];
}

int run(const std::string& bin, const std::string& plugins, int rounds, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::printf("seed %llu, %d rounds\n", static_cast<unsigned long long>(seed), rounds);
  const auto began = Steady::now();
  Soak soak(bin, plugins);
  soak.start();
  soak.prepare();
  const auto found = plugin::scan(plugins);
  const auto* good = found ? plugin::findType(found->plugins, "test_good") : nullptr;
  if (!good) throw std::runtime_error("the plugin test_good is not in " + plugins);
  soak::Device device(soak.ledger, "t1", kKey, "test_good", good->manifest->hash);
  const std::vector<std::string> guests{soak.guest("Ada"), soak.guest("Bob"), soak.guest("Cyd")};
  soak.ready_ms.clear();  // the first start makes everything
  int early = 0;
  for (int round = 0; round < rounds; ++round) {
    device.connect(soak.port);
    {
      const soak::Hub hub = soak.hub();
      soak::Load load(hub, soak.ledger, guests, random());
      std::this_thread::sleep_for(std::chrono::microseconds(20'000 + random() % 300'000));
      soak.process.kill();
    }
    if (!integration::eventually([&] { return !device.online(); })) soak.ledger.violation("a link outlives its hub");
    soak.ledger.restarted();
    // Now and then killed again on its way up.
    if (random() % 8 == 0) {
      soak.launch();
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
      soak.process.kill();
      ++early;
    }
    soak.start();
    soak.compare();
    if (round % 10 == 9 || round + 1 == rounds) soak.verifyAudit();
    if (!soak.ledger.violations().empty()) break;
    if (round % 100 == 99)
      std::printf("%d rounds, %llu acknowledgements, ready p99 %.0f ms\n", round + 1,
                  static_cast<unsigned long long>(soak.ledger.acknowledgements()), at(soak.ready_ms, 0.99));
    std::fflush(stdout);
  }
  const bool ended = soak.process.end() == 0;
  if (!ended) soak.ledger.violation("the hub did not end well on SIGTERM");
  for (const auto& violation : soak.ledger.violations()) std::printf("VIOLATION: %s\n", violation.c_str());
  std::printf(
      "%zu kills under load and %d on the way up in %.0f s: %llu acknowledged changes, %llu turns; ready after a "
      "median "
      "of %.0f ms, p99 %.0f ms, at most %.0f ms\n",
      soak.ready_ms.size(), early, msSince(began) / 1000,
      static_cast<unsigned long long>(soak.ledger.acknowledgements()),
      static_cast<unsigned long long>(soak.ledger.turns()), at(soak.ready_ms, 0.5), at(soak.ready_ms, 0.99),
      at(soak.ready_ms, 1));
  if (soak.ledger.acknowledgements() < static_cast<std::uint64_t>(rounds) || soak.ledger.turns() == 0) {
    std::puts("VIOLATION: the load did next to nothing");
    return 1;
  }
  return soak.ledger.violations().empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 5) {
    usage();
    return 2;
  }
  try {
    const int rounds = argc > 3 ? std::atoi(argv[3]) : 20;
    const std::uint64_t seed = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : std::random_device{}();
    return run(argv[1], argv[2], std::max(rounds, 1), seed);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "soak_kill: %s\n", error.what());
    return 1;
  }
}
