// `robohub certificate ...`: the hub's own authority, certificates for its names and for agents.
#include <fstream>
#include <iostream>
#include <sstream>

#include "device/registry.hpp"
#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"
#include "hub/issued_files.hpp"
#include "hub/own_url.hpp"
#include "identity/certificates.hpp"
#include "net/certificate.hpp"
#include "store/wait_for.hpp"

namespace robohub::hub {

namespace {

using identity::CertificateInfo;

// The authority itself, while no hub holds the data folder.
struct OfflineCertificates {
  std::unique_ptr<Offline> base;
  std::unique_ptr<identity::Audit> audit;
  std::unique_ptr<device::Registry> registry;
  std::unique_ptr<identity::Certificates> certificates;

  OfflineCertificates() = default;
  OfflineCertificates(OfflineCertificates&&) = default;
  OfflineCertificates& operator=(OfflineCertificates&&) = default;
  ~OfflineCertificates() {
    if (base) base->database->close();  // what it still has to answer speaks of the others
  }
  static Result<OfflineCertificates> open(const CommandLine& line, WithoutData where_none = WithoutData::refuse) {
    OfflineCertificates all;
    auto base = Offline::open(line, where_none);
    if (!base) return fail(base.error());
    all.base = std::move(*base);
    store::Database& database = *all.base->database;
    all.audit = std::make_unique<identity::Audit>(database, all.base->clock);
    auto registry = device::Registry::load(database, line.settings().enrolment, all.base->clock);
    if (!registry) return fail(registry.error());
    all.registry = std::move(*registry);
    auto certificates = identity::Certificates::open(*all.base->folder, database, *all.audit, all.base->clock);
    if (!certificates) return fail(certificates.error());
    all.certificates = std::move(*certificates);
    return all;
  }
};

struct Wanted {
  std::string device;              // or
  std::vector<std::string> names;  // of the hub
  std::optional<int> days;
};

std::string bodyOf(const Wanted& wanted) {
  std::string body = "{";
  if (!wanted.device.empty()) {
    body += "\"device\":" + json::quote(wanted.device);
  } else {
    body += "\"names\":[";
    for (std::size_t i = 0; i < wanted.names.size(); ++i) body += (i ? "," : "") + json::quote(wanted.names[i]);
    body += "]";
  }
  return body + (wanted.days ? ",\"days\":" + std::to_string(*wanted.days) : std::string()) + "}";
}

// `link`: how the device comes, of a device's certificate.
Result<identity::IssuedCertificate> issueOffline(const CommandLine& line, const Wanted& wanted, device::Link* link) {
  auto offline = OfflineCertificates::open(line, WithoutData::begin_where_named);
  if (!offline) return fail(offline.error());
  identity::Certificates& certificates = *offline->certificates;
  if (wanted.device.empty())
    return store::waitFor<identity::IssuedCertificate>([&](auto done) {
      certificates.issueServer(wanted.names, wanted.days.value_or(identity::kServerDays), localActor(), done);
    });
  const auto id = DeviceId::parse(wanted.device);
  if (!id) return fail(id.error());
  const auto found = offline->registry->find(*id);
  if (!found) return fail(ErrorCode::not_found, "No device \"" + id->str() + "\" is enrolled here; enrol it first.");
  *link = found->link;
  return store::waitFor<identity::IssuedCertificate>([&](auto done) {
    certificates.issueDevice(*id, wanted.days.value_or(identity::kDeviceDays), localActor(), done);
  });
}

Result<identity::IssuedCertificate> issue(const CommandLine& line, const Wanted& wanted, bool* without_hub,
                                          device::Link* link) {
  const auto answer = askHubObject(line, "POST", "/api/v1/certificates", bodyOf(wanted));
  *without_hub = !answer && noHubRuns(answer.error());
  if (*without_hub) return issueOffline(line, wanted, link);
  if (!answer) return fail(answer.error());
  if (!wanted.device.empty())
    if (const auto found = askHubObject(line, "GET", "/api/v1/devices/" + pathPart(wanted.device)))
      *link = device::linkNamed(textOf(**found, "link")).value_or(device::Link::agent);
  identity::IssuedCertificate issued;
  issued.pair = {textOf(**answer, "certificate_pem"), textOf(**answer, "key_pem")};
  issued.authority_pem = textOf(**answer, "authority_pem");
  auto info = identity::describeCertificate(issued.pair.certificate_pem);
  if (!info) return fail(std::move(info.error()));
  issued.info = std::move(*info);
  return issued;
}

Result<std::optional<int>> daysOf(const CommandLine& line) {
  if (!line.has("days")) return std::nullopt;
  const std::string text = line.value("days");
  if (text.empty() || text.size() > 3 || text.find_first_not_of("0123456789") != std::string::npos)
    return fail(ErrorCode::invalid_argument, "--days is a number from 1 to 825.");
  return std::stoi(text);
}

void printInfo(const CertificateInfo& info) {
  std::cout << "  fingerprint " << net::fingerprintText(info.fingerprint) << "\n"
            << "  good until  " << timeText(toMs(info.expires)) << "\n";
}

// What is left to do with a device's pair.
void printForDevice(const CommandLine& line, const std::string& certificate, const std::string& key,
                    device::Link link) {
  std::cout << "Move certificate and key to the device (this machine needs neither) ";
  if (link == device::Link::cloudtalker) {
    const std::string address = cameraAddress(line.settings(), line.settings().cloudtalker.listen.port);
    std::cout << "and start its program with them:\n  cloudtalker -c " << certificate << " -k " << key << " -e "
              << (address.empty() ? "HOST:PORT" : address)
              << "/ds/v3\nThe cameras' port asks for them whatever the other settings say.\n";
  } else {
    std::cout << "and name them in its agent.yaml:\n  hub:\n    certificate: " << certificate << "\n    key: " << key
              << "\nThe hub asks for it once robohub.yaml says `agents.client_certificates: optional` or `required`.\n";
  }
}

int finish(const CommandLine& line, const Wanted& wanted, const std::filesystem::path& file) {
  // Settings have paths from their own folder on, which is hardly ever where this was typed.
  const std::filesystem::path certificate = std::filesystem::absolute(file).lexically_normal();
  bool without_hub = false;
  device::Link link = device::Link::agent;
  const auto issued = issue(line, wanted, &without_hub, &link);
  if (!issued) return refused(issued.error());
  const auto key =
      writeIssued(*issued, certificate, wanted.device.empty() ? line.settings().data : std::filesystem::path());
  if (!key) return refused(key.error());
  if (line.json()) {
    printJson("{\"certificate\":" + json::quote(certificate.string()) + ",\"key\":" + json::quote(key->string()) +
              ",\"fingerprint\":" + json::quote(issued->info.fingerprint) +
              ",\"expires_at_ms\":" + std::to_string(toMs(issued->info.expires)) + "}");
    return kDone;
  }
  std::cout << "Wrote " << certificate.string() << ", " << key->string()
            << " (for its owner alone) and authority.crt.\n";
  if (without_hub) std::cout << writtenWithoutHub(line) << "\n";
  printInfo(issued->info);
  if (!wanted.device.empty())
    printForDevice(line, certificate.filename().string(), key->filename().string(), link);
  else
    std::cout << "Name them in robohub.yaml, and then `robohub config reload`:\n"
              << "  server:\n    tls:\n      certificate: " << certificate.string() << "\n      key: " << key->string()
              << "\nWhoever shall trust the hub needs authority.crt: browsers as an authority, agents as hub.ca.\n";
  return kDone;
}

int issueDevice(CommandLine& line) {
  if (!line.has("device")) return wrongUsage("certificate issue needs --device ID");
  const auto days = daysOf(line);
  if (!days) return refused(days.error());
  const Wanted wanted{line.value("device"), {}, *days};
  return finish(line, wanted, std::filesystem::path(line.value("out", ".")) / (wanted.device + ".crt"));
}

int issueServer(CommandLine& line) {
  const auto days = daysOf(line);
  if (!days) return refused(days.error());
  const std::filesystem::path folder =
      line.has("out") ? std::filesystem::path(line.value("out")) : line.settings().data / "tls";
  return finish(line, {"", line.arguments(), *days}, folder / "server.crt");
}

Result<CertificateInfo> readFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::not_found, file + " cannot be read.");
  std::ostringstream text;
  text << in.rdbuf();
  auto info = identity::describeCertificate(text.str());
  if (!info) return fail(info.error().code, file + ": " + info.error().message);
  return info;
}

// What GET /api/v1/certificates answers, also without a hub (then without "server").
Result<json::Object::Ptr> everything(const CommandLine& line) {
  auto answer = askHubObject(line, "GET", "/api/v1/certificates");
  if (answer || !noHubRuns(answer.error())) return answer;
  auto offline = OfflineCertificates::open(line);
  if (!offline) return fail(offline.error());
  std::string body = "{\"server\":null,\"authority\":";
  if (const auto own = offline->certificates->authority())
    body += "{\"subject\":" + json::quote(own->subject) +
            ",\"names\":[],\"fingerprint\":" + json::quote(own->fingerprint) +
            ",\"expires_at_ms\":" + std::to_string(toMs(own->expires)) + ",\"self_signed\":true}";
  else
    body += "null";
  body += ",\"devices\":[";
  bool first = true;
  for (const identity::DeviceCertificate& each : offline->certificates->list()) {
    body += std::string(first ? "" : ",") + "{\"fingerprint\":" + json::quote(each.fingerprint) +
            ",\"device\":" + json::quote(each.device) + ",\"serial\":" + json::quote(each.serial) +
            ",\"issued_at_ms\":" + std::to_string(each.issued_ms) +
            ",\"expires_at_ms\":" + std::to_string(each.expires_ms) +
            ",\"revoked_at_ms\":" + (each.revoked_ms ? std::to_string(each.revoked_ms) : "null") + "}";
    first = false;
  }
  return json::parseObject(body + "]}");
}

// By its name, which is a random one. What another authority has issued must be renewed there: written over, its key
// would be gone, and everybody who trusts that authority would turn away.
Status issuedHere(const CommandLine& line, const std::string& file, const CertificateInfo& info) {
  const auto all = everything(line);
  if (!all) return fail(all.error());
  const auto own = json::getObject(**all, "authority").value_or(nullptr);
  if (own && textOf(*own, "subject") == info.issuer) return {};
  return fail(ErrorCode::invalid_argument, file + " was issued by \"" + info.issuer +
                                               "\", not by this hub's own authority: renew it where it comes from. "
                                               "Nothing was changed.");
}

// What a certificate is for stands in it: names are a server's, a device's has none.
int renew(CommandLine& line) {
  const std::string& file = line.arguments()[0];
  const auto old = readFile(file);
  if (!old) return refused(old.error());
  const auto days = daysOf(line);
  if (!days) return refused(days.error());
  if (old->self_signed)
    return refused({ErrorCode::invalid_argument,
                    file +
                        " has signed itself: an authority is not renewed here, and the hub renews its own certificate "
                        "by itself.",
                    ""});
  if (const Status here = issuedHere(line, file, *old); !here) return refused(here.error());
  const bool server = !old->names.empty();
  const int done = finish(line, {server ? "" : old->subject, old->names, *days}, file);
  if (done == kDone && !server && !line.json())
    std::cout << "The old one stays good until it expires; once the device shows the new one:\n  robohub certificate "
                 "revoke "
              << net::fingerprintText(old->fingerprint) << "\n";
  return done;
}

int revoke(CommandLine& line) {
  const auto fingerprint = net::parseFingerprint(line.arguments()[0]);
  if (!fingerprint) return refused(fingerprint.error());
  const auto answer = askHub(line, "DELETE", "/api/v1/certificates/" + *fingerprint);
  if (!answer) {
    if (!noHubRuns(answer.error())) return refused(answer.error());
    auto offline = OfflineCertificates::open(line);
    if (!offline) return refused(offline.error());
    const auto done = store::waitFor<bool>([&](std::function<void(Result<bool>)> tell) {
      offline->certificates->revoke(*fingerprint, localActor(), [tell](Status status) {
        if (status)
          tell(true);
        else
          tell(fail(status.error()));
      });
    });
    if (!done) return refused(done.error());
  }
  if (line.json())
    printJson("");
  else
    std::cout << "Revoked. " << (answer ? "Links that used it are closed." : writtenWithoutHub(line)) << "\n";
  return kDone;
}

int authority(CommandLine& line) {
  const auto answer = askHubObject(line, "POST", "/api/v1/certificates", "{\"authority\":true}");
  if (!answer && !noHubRuns(answer.error())) return refused(answer.error());
  bool made_now = false;
  if (!answer) {
    auto offline = OfflineCertificates::open(line, WithoutData::begin_where_named);
    if (!offline) return refused(offline.error());
    const auto own = offline->certificates->ensureAuthority();
    if (!own) return refused(own.error());
    made_now = own->made_now;
  }
  const std::string file = std::filesystem::absolute(line.settings().data / "tls" / "authority.crt").lexically_normal();
  const auto info = readFile(file);
  if (!info) return refused(info.error());
  if (line.json()) {
    printJson("{\"file\":" + json::quote(file) + ",\"fingerprint\":" + json::quote(info->fingerprint) +
              ",\"expires_at_ms\":" + std::to_string(toMs(info->expires)) + "}");
    return kDone;
  }
  std::cout << info->subject << "\n";
  if (made_now) std::cout << writtenWithoutHub(line) << "\n";
  printInfo(*info);
  std::cout << "Its certificate is " << file
            << ": give that to whoever shall trust what it signs, and its key to nobody.\n";
  return kDone;
}

int list(CommandLine& line) {
  const auto all = everything(line);
  if (!all) return refused(all.error());
  if (line.json()) return printJson(json::write(**all)), kDone;
  std::vector<std::vector<std::string>> rows{{"DEVICE", "ISSUED", "GOOD UNTIL", "REVOKED", "FINGERPRINT"}};
  for (const auto& each : objectsOf(**all, "devices")) {
    const std::int64_t revoked = numberOf(*each, "revoked_at_ms");
    rows.push_back({textOf(*each, "device"), timeText(numberOf(*each, "issued_at_ms")),
                    timeText(numberOf(*each, "expires_at_ms")), revoked ? timeText(revoked) : "",
                    textOf(*each, "fingerprint")});
  }
  printTable(rows);
  return kDone;
}

int show(CommandLine& line) {
  if (!line.arguments().empty()) {
    const auto info = readFile(line.arguments()[0]);
    if (!info) return refused(info.error());
    std::cout << info->subject << ", issued by " << (info->self_signed ? "itself" : info->issuer) << "\n";
    for (const std::string& name : info->names) std::cout << "  for         " << name << "\n";
    printInfo(*info);
    return kDone;
  }
  const auto all = everything(line);
  if (!all) return refused(all.error());
  if (line.json()) return printJson(json::write(**all)), kDone;
  for (const auto& [key, title] :
       {std::pair{"server", "The hub shows "}, std::pair{"authority", "Its own authority is "}}) {
    const auto each = json::getObject(**all, key);
    if (!each || !*each) {
      std::cout << title << "none.\n";
      continue;
    }
    const std::string names = textOf(**each, "names");
    std::cout << title << textOf(**each, "subject") << (names.empty() ? "" : ", for " + names) << "\n  fingerprint "
              << net::fingerprintText(textOf(**each, "fingerprint")) << "\n  good until  "
              << timeText(numberOf(**each, "expires_at_ms")) << "\n";
  }
  return kDone;
}

}  // namespace

std::vector<Command> certificateCommands() {
  const CommandOption days{"days", "N", "how long it is good (default and, for the hub's names, most: 397)"};
  return {
      {.words = "certificate authority",
       .summary = "shows the hub's own authority, which is made where there is none",
       .run = authority},
      {.words = "certificate issue",
       .arguments = "--device ID [--days N] [--out DIR]",
       .summary = "writes a certificate and key by which a device's agent or program proves itself",
       .options = {{"device", "ID", "an enrolled device"}, days, {"out", "DIR", "where to (default: this folder)"}},
       .run = issueDevice},
      {.words = "certificate server",
       .arguments = "NAME... [--days N] [--out DIR]",
       .summary = "writes a certificate and key for the hub's own names and addresses",
       .options = {days, {"out", "DIR", "where to (default: tls in the data folder)"}},
       .min_arguments = 1,
       .max_arguments = 32,
       .run = issueServer},
      {.words = "certificate renew",
       .arguments = "FILE [--days N]",
       .summary = "issues a certificate file and its key anew, for the same device or names",
       .options = {days},
       .min_arguments = 1,
       .max_arguments = 1,
       .run = renew,
       .details = "Only what the hub's own authority has issued: anything else is renewed where it comes from."},
      {.words = "certificate revoke",
       .arguments = "FINGERPRINT",
       .summary = "voids a device's certificate and closes the links that use it",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = revoke},
      {.words = "certificate list", .summary = "shows the certificates that were issued to devices", .run = list},
      {.words = "certificate show",
       .arguments = "[FILE]",
       .summary = "shows what the hub shows to others, or what stands in a file",
       .max_arguments = 1,
       .run = show},
  };
}

}  // namespace robohub::hub
