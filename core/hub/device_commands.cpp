#include "hub/device_commands.hpp"

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>

#include "base/json.hpp"
#include "device/agent_yaml.hpp"
#include "device/registry.hpp"
#include "hub/commands.hpp"
#include "hub/settings.hpp"
#include "net/http_client.hpp"
#include "store/data_folder.hpp"
#include "store/database.hpp"
#include "store/wait_for.hpp"

namespace robohub::hub {

namespace {

struct Options {
  std::vector<std::string> words;             // without options
  std::map<std::string, std::string> values;  // by name without dashes
  Settings settings;
};

int wrongUsage(const std::string& sentence) {
  std::cerr << "robohub: " << sentence << "; see robohub --help\n";
  return 2;
}

int refused(const Error& error) {
  std::cerr << "robohub: " << error.message << "\n";
  return 1;
}

// 0 when all is well, else the exit code.
int parse(const std::vector<std::string>& arguments, Options& options) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.starts_with("--")) {
      options.words.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    if (name != "type" && name != "name" && name != "data" && name != "config" && name != "hub-url")
      return wrongUsage("there is no option --" + name);
    if (equals != std::string::npos)
      options.values[name] = word.substr(equals + 1);
    else if (++i < arguments.size())
      options.values[name] = arguments[i];
    else
      return wrongUsage("--" + name + " needs a value");
  }
  if (options.values.count("config")) {
    const config::Errors errors = readSettingsFile(options.values["config"], options.settings);
    if (!errors.empty()) {
      std::cerr << config::format(errors);
      return 1;
    }
  }
  if (options.values.count("data")) options.settings.data = options.values["data"];
  return 0;
}

// What a hub answered: the body of a 2xx, or its problem as an error.
Result<std::string> askHub(const Options& options, const std::string& method, const std::string& target,
                           const std::string& body = {}) {
  net::ClientRequest request;
  request.endpoint = net::Endpoint::local((options.settings.data / "admin.sock").string());
  request.method = method;
  request.target = target;
  request.body = body;
  if (!body.empty()) request.headers.set("Content-Type", "application/json");
  auto response = net::httpRequestBlocking(std::move(request));
  if (!response) return fail(response.error());
  if (response->status >= 200 && response->status < 300) return response->body;
  const auto problem = json::parseObject(response->body);
  const auto detail = problem ? json::getString(**problem, "detail") : fail(problem.error());
  // Another code than unavailable: a hub is there and has said no.
  return fail(ErrorCode::conflict,
              detail ? *detail : "The hub answered with status " + std::to_string(response->status) + ".");
}

// The registry itself, while no hub holds the data folder.
struct Offline {
  SystemClock clock;
  std::unique_ptr<store::DataFolder> folder;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<device::Registry> registry;

  ~Offline() {
    if (database) database->close();
  }
  static Result<std::unique_ptr<Offline>> open(const Options& options) {
    auto offline = std::make_unique<Offline>();
    auto folder = store::DataFolder::open(options.settings.data, "robohub device");
    if (!folder) return fail(folder.error());
    offline->folder = std::move(*folder);
    auto database = store::Database::open(*offline->folder);
    if (!database) return fail(database.error());
    offline->database = std::move(*database);
    auto registry = device::Registry::load(*offline->database, options.settings.enrolment, offline->clock);
    if (!registry) return fail(registry.error());
    offline->registry = std::move(*registry);
    return offline;
  }
};

void printEnrolment(const std::string& id, const std::string& code, const std::string& yaml) {
  std::cout << "Enrolled " << id << ". Claim code (once, within its lifetime): " << code << "\n\n"
            << "Save this as agent.yaml on the device, fill in the driver's section, and run\n"
            << "robohub-agent --config agent.yaml\n\n"
            << yaml << std::flush;
}

int enrol(Options& options) {
  if (options.words.size() != 2 || !options.values.count("type"))
    return wrongUsage("device enrol takes an id and --type TYPE");
  const auto id = DeviceId::parse(options.words[1]);
  if (!id) return refused(id.error());
  const std::string& type = options.values["type"];
  std::string body = "{\"id\":" + json::quote(id->str()) + ",\"type\":" + json::quote(type);
  if (options.values.count("name")) body += ",\"name\":" + json::quote(options.values["name"]);
  if (options.values.count("hub-url")) body += ",\"hub_url\":" + json::quote(options.values["hub-url"]);
  const auto answer = askHub(options, "POST", "/api/v1/devices", body + "}");
  if (answer) {
    const auto object = json::parseObject(*answer);
    if (!object) return refused(object.error());
    printEnrolment(id->str(), json::getString(**object, "claim_code").value_or(""),
                   json::getString(**object, "agent_yaml").value_or(""));
    return 0;
  }
  if (answer.error().code != ErrorCode::unavailable) return refused(answer.error());
  auto offline = Offline::open(options);
  if (!offline) return refused(offline.error());
  const auto enrolment = store::waitFor<device::Enrolment>([&](auto done) {
    (*offline)->registry->enrol(*id, type, options.values.count("name") ? options.values["name"] : "", done);
  });
  if (!enrolment) return refused(enrolment.error());
  device::AgentYamlPlaces places;
  places.hub_url =
      options.values.count("hub-url") ? options.values["hub-url"] : "http://" + options.settings.listen.str();
  if (!options.settings.plugin_folders.empty()) places.plugin_path = options.settings.plugin_folders.front().string();
  printEnrolment(id->str(), enrolment->claim_code, device::agentYaml(*enrolment, places));
  return 0;
}

int list(const Options& options) {
  if (options.words.size() != 1) return wrongUsage("device list takes no argument");
  auto line = [](const std::string& id, const std::string& type, const std::string& presence, const std::string& name) {
    std::printf("%-24s %-20s %-8s %s\n", id.c_str(), type.c_str(), presence.c_str(), name.c_str());
  };
  const auto answer = askHub(options, "GET", "/api/v1/devices");
  if (answer) {
    const auto object = json::parseObject(*answer);
    if (!object) return refused(object.error());
    const auto devices = (*object)->getArray("devices");
    for (std::size_t i = 0; devices && i < devices->size(); ++i) {
      const auto device = devices->getObject(static_cast<unsigned>(i));
      auto text = [&](const char* key) { return json::getString(*device, key).value_or(""); };
      line(text("id"), text("type"), text("presence"), text("name"));
    }
    return 0;
  }
  if (answer.error().code != ErrorCode::unavailable) return refused(answer.error());
  auto offline = Offline::open(options);
  if (!offline) return refused(offline.error());
  for (const auto& [id, device] : *(*offline)->registry->snapshot())
    line(id.str(), device->type, "offline", device->name);
  return 0;
}

int revoke(const Options& options) {
  if (options.words.size() != 2) return wrongUsage("device revoke takes an id");
  const auto id = DeviceId::parse(options.words[1]);
  if (!id) return refused(id.error());
  const auto answer = askHub(options, "DELETE", "/api/v1/devices/" + id->str());
  if (!answer) {
    if (answer.error().code != ErrorCode::unavailable) return refused(answer.error());
    auto offline = Offline::open(options);
    if (!offline) return refused(offline.error());
    const auto done = store::waitFor<bool>([&](std::function<void(Result<bool>)> tell) {
      (*offline)->registry->revoke(*id, [tell](Status status) {
        if (status)
          tell(true);
        else
          tell(fail(status.error()));
      });
    });
    if (!done) return refused(done.error());
  }
  std::cout << "Revoked " << id->str() << ".\n";
  return 0;
}

}  // namespace

int runDeviceCommand(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::cout << usage();
    return 0;
  }
  Options options;
  if (const int wrong = parse(arguments, options)) return wrong;
  if (options.words.empty()) return wrongUsage("device takes enrol, list or revoke");
  if (options.words[0] == "enrol") return enrol(options);
  if (options.words[0] == "list") return list(options);
  if (options.words[0] == "revoke") return revoke(options);
  return wrongUsage("device has no command \"" + options.words[0] + "\"");
}

}  // namespace robohub::hub
