// `robohub device ...`
#include <iostream>

#include "device/agent_yaml.hpp"
#include "device/registry.hpp"
#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"
#include "hub/own_url.hpp"
#include "identity/certificates.hpp"
#include "net/certificate.hpp"
#include "store/wait_for.hpp"

namespace robohub::hub {

namespace {

// The registry itself, while no hub holds the data folder. What it does is in the audit.
struct OfflineDevices {
  std::unique_ptr<Offline> base;
  std::unique_ptr<identity::Audit> audit;
  std::unique_ptr<device::Registry> registry;
  std::unique_ptr<identity::Certificates> certificates;  // null until somebody needs them

  OfflineDevices() = default;
  OfflineDevices(OfflineDevices&&) = default;
  OfflineDevices& operator=(OfflineDevices&&) = default;
  ~OfflineDevices() {
    if (base) base->database->close();  // what it still has to answer speaks of the registry
  }
  static Result<OfflineDevices> open(const CommandLine& line, WithoutData where_none = WithoutData::refuse) {
    OfflineDevices offline;
    auto base = Offline::open(line, where_none);
    if (!base) return fail(base.error());
    offline.base = std::move(*base);
    store::Database& database = *offline.base->database;
    offline.audit = std::make_unique<identity::Audit>(database, offline.base->clock);
    auto registry =
        device::Registry::load(database, line.settings().enrolment, offline.base->clock, offline.audit.get());
    if (!registry) return fail(registry.error());
    offline.registry = std::move(*registry);
    return offline;
  }
};

// Of the certificate that the hub shows from its next start on, where it makes one for itself; else "".
std::string fingerprintOf(const CommandLine& line, const Offline& base) {
  if (!line.settings().tlsOn() || !line.settings().tls.certificate.empty()) return "";
  const identity::Audit audit(*base.database, base.clock);
  const auto certificates = identity::Certificates::open(*base.folder, *base.database, audit, base.clock);
  if (!certificates) return "";
  const auto own = (*certificates)->ensureSelfSigned(certificateNames(line.settings()));
  return own ? net::fingerprintText(own->info.fingerprint) : "";
}

// `where`: "", or what was written without a hub.
void printEnrolment(const std::string& id, const std::string& code, const std::string& yaml,
                    const std::string& where = "") {
  std::cout << "Enrolled " << id << (where.empty() ? "" : " " + where)
            << ". Claim code (once, within its lifetime): " << code << "\n\n"
            << "Save this as agent.yaml on the device, fill in hub.url (as the device reaches the hub), plugin.path\n"
            << "(where the device has its plugins) and the driver's section, and run\n"
            << "robohub-agent --config agent.yaml\n\n"
            << yaml << std::flush;
}

void printForeign(const std::string& id, const std::string& link, const std::string& instructions) {
  std::cout << "Enrolled " << id << ", which comes by " << link << (instructions.empty() ? "." : ":") << "\n\n";
  if (instructions.empty())
    std::cout << "This hub does not listen for such devices: set " << link
              << ".listen in its settings and restart it. How the device's program is started then is in "
                 "docs/CLOUDTALKER.md."
              << std::endl;
  else
    std::cout << instructions << std::endl;
}

int enrol(CommandLine& line) {
  if (!line.has("type")) return wrongUsage("device enrol needs --type TYPE");
  const auto id = DeviceId::parse(line.arguments()[0]);
  if (!id) return refused(id.error());
  const std::string type = line.value("type");
  std::string body = "{\"id\":" + json::quote(id->str()) + ",\"type\":" + json::quote(type);
  if (line.has("name")) body += ",\"name\":" + json::quote(line.value("name"));
  const bool foreign = line.has("link");
  if (foreign) body += ",\"link\":" + json::quote(line.value("link"));
  if (line.has("fingerprint")) body += ",\"fingerprint\":" + json::quote(line.value("fingerprint"));
  if (line.has("hub-url")) body += ",\"hub_url\":" + json::quote(line.value("hub-url"));
  const auto answer = askHub(line, "POST", "/api/v1/devices", body + "}");
  if (answer) {
    if (line.json()) return printJson(*answer), kDone;
    const auto object = json::parseObject(*answer);
    if (!object) return refused(object.error());
    if (foreign) {
      printForeign(id->str(), line.value("link"), textOf(**object, "instructions"));
      return kDone;
    }
    printEnrolment(id->str(), textOf(**object, "claim_code"), textOf(**object, "agent_yaml"));
    return kDone;
  }
  if (!noHubRuns(answer.error())) return refused(answer.error());
  if (foreign)
    return refused(Error{ErrorCode::unavailable, "A device of another link is enrolled while the hub runs.", {}});
  auto offline = OfflineDevices::open(line, WithoutData::begin_where_named);
  if (!offline) return refused(offline.error());
  const auto enrolment = store::waitFor<device::Enrolment>(
      [&](auto done) { offline->registry->enrol(*id, type, line.value("name"), done, localActor()); });
  if (!enrolment) return refused(enrolment.error());
  device::AgentYamlPlaces places;
  places.hub_url = line.value("hub-url", ownUrl(line.settings(), line.settings().listen.port));
  places.fingerprint = fingerprintOf(line, *offline->base);
  if (!line.settings().plugin_folders.empty()) places.plugin_path = line.settings().plugin_folders.front().string();
  const std::string yaml = device::agentYaml(*enrolment, places);
  if (line.json())
    printJson("{\"id\":" + json::quote(id->str()) + ",\"type\":" + json::quote(type) +
              ",\"claim_code\":" + json::quote(enrolment->claim_code) + ",\"agent_yaml\":" + json::quote(yaml) + "}");
  else
    printEnrolment(id->str(), enrolment->claim_code, yaml, writtenWithoutHub(line));
  return kDone;
}

int list(CommandLine& line) {
  std::vector<std::vector<std::string>> rows{{"ID", "TYPE", "LINK", "PRESENCE", "NAME"}};
  const auto answer = askHub(line, "GET", "/api/v1/devices");
  if (answer) {
    if (line.json()) return printJson(*answer), kDone;
    const auto object = json::parseObject(*answer);
    if (!object) return refused(object.error());
    for (const auto& device : objectsOf(**object, "devices"))
      rows.push_back({textOf(*device, "id"), textOf(*device, "type"), textOf(*device, "link"),
                      textOf(*device, "presence"), textOf(*device, "name")});
    return printTable(rows), kDone;
  }
  if (!noHubRuns(answer.error())) return refused(answer.error());
  auto offline = OfflineDevices::open(line);
  if (!offline) return refused(offline.error());
  std::string objects;
  for (const auto all = offline->registry->snapshot(); const auto& [id, device] : *all) {
    rows.push_back({id.str(), device->type, device::toString(device->link), "offline", device->name});
    objects += std::string(objects.empty() ? "" : ",") + "{\"id\":" + json::quote(id.str()) +
               ",\"type\":" + json::quote(device->type) + ",\"link\":\"" + device::toString(device->link) +
               "\",\"presence\":\"offline\",\"name\":" + json::quote(device->name) + "}";
  }
  if (line.json())
    printJson("{\"devices\":[" + objects + "]}");
  else
    printTable(rows);
  return kDone;
}

Status waitUntil(const std::function<void(store::Done)>& start) {
  const auto done = store::waitFor<bool>([&](std::function<void(Result<bool>)> tell) {
    start([tell](Status status) {
      if (status)
        tell(true);
      else
        tell(fail(status.error()));
    });
  });
  return done ? Status{} : fail(done.error());
}

// The certificates first: a device that is enrolled again under this id must not be what an old one of them opens.
Status revokeOffline(const CommandLine& line, const DeviceId& id) {
  auto offline = OfflineDevices::open(line);
  if (!offline) return fail(offline.error());
  const Offline& base = *offline->base;
  auto certificates = identity::Certificates::open(*base.folder, *base.database, *offline->audit, base.clock);
  if (certificates) {
    offline->certificates = std::move(*certificates);
    if (Status done = waitUntil([&](auto tell) { offline->certificates->revokeAll(id, localActor(), tell); }); !done)
      return done;
  }
  const Status revoked = waitUntil([&](auto tell) { offline->registry->revoke(id, tell, localActor()); });
  // Its key is void in any case; the command fails so that nobody takes its certificates for void.
  return !revoked || certificates ? revoked : fail(certificates.error());
}

int revoke(CommandLine& line) {
  const auto id = DeviceId::parse(line.arguments()[0]);
  if (!id) return refused(id.error());
  const auto answer = askHub(line, "DELETE", "/api/v1/devices/" + id->str());
  if (!answer) {
    if (!noHubRuns(answer.error())) return refused(answer.error());
    if (const Status done = revokeOffline(line, *id); !done) return refused(done.error());
  }
  if (line.json())
    printJson("");
  else
    std::cout << "Revoked " << id->str() << "." << (answer ? "" : " " + writtenWithoutHub(line)) << "\n";
  return kDone;
}

int show(CommandLine& line) {
  return askAndShow(
      line, "GET", "/api/v1/devices/" + pathPart(line.arguments()[0]), "", [](const json::Object& device) {
        const auto plugin = json::getObject(device, "plugin").value_or(nullptr);
        const auto stop = json::getObject(device, "stop").value_or(nullptr);
        const auto turn = json::getObject(device, "turn").value_or(nullptr);
        const auto holder = turn ? json::getObject(*turn, "holder").value_or(nullptr) : nullptr;
        printTable({{"id", textOf(device, "id")},
                    {"name", textOf(device, "name")},
                    {"type", textOf(device, "type")},
                    {"presence", textOf(device, "presence") + " since " + timeText(numberOf(device, "since_ms"))},
                    {"plugin", plugin ? textOf(*plugin, "version") : "not seen yet"},
                    {"labels", textOf(device, "labels")},
                    {"room", textOf(device, "room")},
                    {"hazards", textOf(device, "hazards")},
                    {"stop", stop ? textOf(*stop, "state") : ""},
                    {"turn", holder ? textOf(*holder, "name") : "nobody"}});
      });
}

int change(CommandLine& line, const std::string& body, const std::string& sentence) {
  return askAndShow(line, "PATCH", "/api/v1/devices/" + pathPart(line.arguments()[0]), body,
                    [&](const json::Object&) { std::cout << sentence << "\n"; });
}

int rename(CommandLine& line) {
  const auto& typed = line.arguments();
  return change(line, "{\"name\":" + json::quote(typed[1]) + "}", typed[0] + " is called " + typed[1] + " now.");
}

int labels(CommandLine& line) {
  const auto& typed = line.arguments();
  std::string list, words;
  for (std::size_t i = 1; i < typed.size(); ++i) {
    list += (i > 1 ? "," : "") + json::quote(typed[i]);
    words += " " + typed[i];
  }
  return change(line, "{\"labels\":[" + list + "]}",
                typed[0] + (words.empty() ? " has no labels now." : " has these labels now:" + words));
}

int room(CommandLine& line) {
  const auto& typed = line.arguments();
  const std::string where = typed.size() > 1 ? typed[1] : "";
  return change(line, "{\"room\":" + json::quote(where) + "}",
                typed[0] + (where.empty() ? " is in no room now." : " is in " + where + " now."));
}

}  // namespace

std::vector<Command> deviceCommands() {
  return {
      {.words = "device enrol",
       .arguments = "ID --type TYPE [--name NAME] [--hub-url URL] [--link cloudtalker [--fingerprint HEX]]",
       .summary = "prints a one-time claim code and a ready agent.yaml, or how the older program is started",
       .options = {{"type", "TYPE", "the device type, as its plugin names it"},
                   {"name", "NAME", "what people see"},
                   {"hub-url", "URL", "how the device reaches the hub"},
                   {"link", "KIND", "cloudtalker: a camera that runs that older program"},
                   {"fingerprint", "HEX", "with --link: of its certificate, when others have signed it"}},
       .min_arguments = 1,
       .max_arguments = 1,
       .run = enrol,
       .details = "While no hub runs the device is written to the database itself, which is begun where --config or "
                  "--data names a folder without one."},
      {.words = "device list", .summary = "shows id, type, presence and name of each device", .run = list},
      {.words = "device show",
       .arguments = "ID",
       .summary = "shows one device",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = show},
      {.words = "device rename",
       .arguments = "ID NAME",
       .summary = "changes what people see",
       .min_arguments = 2,
       .max_arguments = 2,
       .run = rename},
      {.words = "device labels",
       .arguments = "ID [LABEL]...",
       .summary = "sets a device's labels, which grants may name; without any it has none",
       .min_arguments = 1,
       .max_arguments = 17,
       .run = labels},
      {.words = "device room",
       .arguments = "ID [ROOM]",
       .summary = "sets a device's room, which grants may name; without one it is in none",
       .min_arguments = 1,
       .max_arguments = 2,
       .run = room},
      {.words = "device revoke",
       .arguments = "ID",
       .summary = "voids the device's key and certificates and closes its links",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = revoke},
  };
}

}  // namespace robohub::hub
