#include "hub/settings.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "hub/read_cameras.hpp"
#include "hub/read_captures.hpp"
#include "hub/read_cloudtalker.hpp"
#include "hub/read_mqtt.hpp"
#include "hub/read_oidc.hpp"
#include "hub/read_robots.hpp"
#include "hub/read_telemetry.hpp"
#include "net/network.hpp"

namespace robohub::hub {

namespace {

using namespace std::chrono_literals;

// A role that is not named has turns of the usual length.
void readTurnLengths(config::Section& section, control::TurnSettings& turns) {
  using identity::Role;
  for (const Role role : {Role::guest, Role::member, Role::viewer, Role::player, Role::administrator}) {
    auto& length = turns.length_by_role.at(static_cast<std::size_t>(role));
    Duration value = length.value_or(turns.length);
    if (section.duration(identity::toString(role), &value, {1s, 24h})) length = value;
  }
}

void readTurns(config::Section& section, control::TurnSettings& turns) {
  section.duration("length", &turns.length, {1s, 24h});
  section.section("length_by_role", [&](config::Section& roles) { readTurnLengths(roles, turns); });
  section.duration("warning", &turns.warning, {0s, 1h});
  section.duration("grace", &turns.grace, {0s, 1h});
  section.duration("handover", &turns.handover, {0s, 1h});
  section.duration("program_idle", &turns.program_idle, {1s, 24h});
  section.choice("when_alone", &turns.when_alone,
                 {{"continue", control::WhenAlone::keep_turn}, {"end", control::WhenAlone::end_turn}});
  section.integer("max_waiting", &turns.max_waiting, {0, 10'000});
  if (turns.warning > turns.length)
    section.refuse("warning", "The warning would come before the turn has begun: it is longer than the length.");
}

// Settings hold whole minutes or hours where nobody needs less.
template <class T>
void wholeDuration(config::Section& section, const char* key, T* out, config::DurationRange range) {
  Duration value = *out;
  if (section.duration(key, &value, range)) *out = std::chrono::duration_cast<T>(value);
}

void readTls(config::Section& section, TlsSettings& tls) {
  section.atStart().choice("mode", &tls.mode,
                           {{"auto", TlsMode::automatic}, {"on", TlsMode::on}, {"off", TlsMode::off}});
  section.path("certificate", &tls.certificate);
  section.path("key", &tls.key);
  if (tls.certificate.empty() != tls.key.empty())
    section.refuse(tls.key.empty() ? "certificate" : "key", "A certificate needs its key, and a key its certificate.");
  if (tls.mode == TlsMode::off && !tls.certificate.empty())
    section.refuse("mode", "A certificate is given, and `off` says that none is used. Say auto, or take it out.");
}

void readProxies(config::Section& section, net::HttpServerOptions& http) {
  std::vector<std::string> texts;
  for (const net::Network& network : http.trusted_proxies) texts.push_back(network.str());
  if (!section.list("trusted_proxies", &texts, 64, {1, 64})) return;
  http.trusted_proxies.clear();
  for (const std::string& text : texts) {
    if (const auto network = net::Network::parse(text))
      http.trusted_proxies.push_back(*network);
    else
      section.refuse("trusted_proxies", network.error().message);
  }
}

void readServer(config::Section& section, Settings& settings) {
  readListener(section, "listen", &settings.listen);
  section.atStart().boolean("insecure", &settings.insecure);
  section.atStart().path("data", &settings.data);
  section.atStart().path("web", &settings.web);
  section.atStart().integer("loops", &settings.loops, {0, 64});
  section.section("tls", [&](config::Section& tls) { readTls(tls, settings.tls); });
  readProxies(section, settings.http);
  section.list("origins", &settings.origins, 64, {8, 256});
  for (const std::string& origin : settings.origins)
    if (!isOrigin(origin))
      section.refuse("origins", "\"" + origin + "\" is no origin as a browser writes it, such as https://hub.example.");
  const std::string& host = settings.listen.host;
  if (!settings.loopback() && !settings.tlsOn() && !settings.insecure)
    section.refuse("listen",
                   "Other machines can reach " + host +
                       ", and nothing encrypts what they send: let `server.tls.mode` be auto, put a TLS proxy before "
                       "the hub and listen on 127.0.0.1, or say `insecure: true` beside it.");
}

void readDisk(config::Section& section, store::ReserveSettings& disk) {
  constexpr std::int64_t kMiB = 1024 * 1024;
  section.bytes("warning", &disk.warn_bytes, {0, kMiB * kMiB});
  section.bytes("reserve", &disk.critical_bytes, {kMiB, kMiB * kMiB});
  section.bytes("ballast", &disk.ballast_bytes, {0, 1024 * kMiB});
  if (disk.warn_bytes < disk.critical_bytes)
    section.refuse("warning", "The warning would come after `reserve` is touched: it is smaller than that.");
}

void readLimits(config::Section& section, net::HttpServerOptions& http) {
  section.integer("connections", &http.max_connections, {16, 1'000'000});
  section.integer("connections_per_address", &http.max_per_address, {0, 1'000'000});
  section.duration("header_timeout", &http.head_deadline, {100ms, 5min});
  section.duration("idle_timeout", &http.keep_alive_idle, {1s, 1h});
}

}  // namespace

const control::TurnSettings& Settings::turnsOf(const std::string& device) const {
  const auto at = device_turns.find(device);
  return at == device_turns.end() ? turns : at->second;
}

bool Settings::acceptsUnfenced(const std::string& device, device::Link link) const {
  return accept_unfenced.contains(device) || (link == device::Link::robot_tcp && robots.accept_unfenced);
}

bool isOrigin(const std::string& text) {
  const std::size_t colon = text.find("://");
  const std::string scheme = text.substr(0, colon == std::string::npos ? 0 : colon);
  if (scheme != "http" && scheme != "https") return false;
  const std::string authority = text.substr(colon + 3);
  return !authority.empty() && authority.find_first_of("/?#@*\\ ,\"") == std::string::npos;
}

bool isLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

bool readListener(config::Section& section, const char* key, config::Address* address) {
  if (!section.atStart().address(key, address)) return false;
  const char* host = address->host.c_str();
  in6_addr any{};
  if (address->host == "localhost" || ::inet_pton(AF_INET, host, &any) == 1 || ::inet_pton(AF_INET6, host, &any) == 1)
    return true;
  section.refuse(key, "\"" + address->host +
                          "\" is no address to listen at: write one of this machine's in numbers, 0.0.0.0 or \"[::]\" "
                          "for all of them, or localhost.");
  return false;
}

bool Settings::loopback() const {
  return isLoopback(listen.host);
}

bool Settings::tlsOn() const {
  if (tls.mode != TlsMode::automatic) return tls.mode == TlsMode::on;
  return !tls.certificate.empty() || !loopback();
}

net::HttpServerOptions Settings::defaultLimits() {
  net::HttpServerOptions limits;
  limits.max_connections = 10'000;
  limits.max_per_address = 2'000;
  return limits;
}

void readSettings(config::Section& file, Settings& settings) {
  file.section("server", [&](config::Section& section) { readServer(section, settings); });
  file.section("plugins", [&](config::Section& section) { section.atStart().list("path", &settings.plugin_folders); });
  file.section("guests", [&](config::Section& section) {
    section.boolean("watch", &settings.identity.access.guests_watch);
    section.boolean("play", &settings.identity.access.guests_play);
    wholeDuration(section, "session", &settings.identity.guest_session, {1min, 24h * 365});
  });
  file.section("accounts", [&](config::Section& section) {
    wholeDuration(section, "session", &settings.identity.account_session, {1min, 24h * 365});
    wholeDuration(section, "idle", &settings.identity.account_idle, {1min, 24h * 365});
  });
  file.section("turns", [&](config::Section& section) { readTurns(section, settings.turns); });
  file.section("cameras", [&](config::Section& section) { readCameras(section, settings.cameras); });
  file.map("devices", [&](const std::string& id, config::Section& device) {
    control::TurnSettings turns = settings.turns;
    device.section("turns", [&](config::Section& section) { readTurns(section, turns); });
    bool accepts = settings.accept_unfenced.contains(id);
    if (device.boolean("accept_unfenced", &accepts) && accepts) settings.accept_unfenced.insert(id);
    settings.device_turns[id] = turns;
    readStreams(id, device, settings.cameras);
    device.section("cloudtalker",
                   [&](config::Section& section) { readCloudtalkerDevice(id, section, settings.cloudtalker); });
    readMqttDevice(id, accepts, device, settings.mqtt);
  });
  file.section("enrolment", [&](config::Section& section) {
    wholeDuration(section, "claim_code_lifetime", &settings.enrolment.claim_code_lifetime, {1h, 24h * 365});
  });
  file.section("agents", [&](config::Section& section) {
    using gateway::ClientCertificates;
    section.choice("client_certificates", &settings.client_certificates,
                   {{"off", ClientCertificates::off},
                    {"optional", ClientCertificates::optional},
                    {"required", ClientCertificates::required}});
    if (settings.client_certificates == ClientCertificates::required && !settings.tlsOn())
      section.refuse("client_certificates",
                     "Agents can show a certificate only to a hub that speaks TLS itself; see server.tls.");
  });
  file.section("robots", [&](config::Section& section) { readRobots(section, settings.robots); });
  file.section("cloudtalker", [&](config::Section& section) { readCloudtalker(section, settings.cloudtalker); });
  file.section("mqtt", [&](config::Section& section) { readMqtt(section, settings.mqtt.broker); });
  checkMqtt(file, settings.mqtt);
  file.section("oidc", [&](config::Section& section) { readOidc(section, settings.oidc); });
  file.section("audit", [&](config::Section& section) {
    section.duration("keep", &settings.audit_keep, {0s, 24h * 36500});
    if (settings.audit_keep > 0s && settings.audit_keep < 24h * 30)
      section.refuse("keep", "The audit is kept for at least 30d; 0s keeps it for ever.");
  });
  file.section("limits", [&](config::Section& section) { readLimits(section, settings.http); });
  file.section("disk", [&](config::Section& section) { readDisk(section, settings.disk); });
  file.section("backup", [&](config::Section& section) {
    section.path("folder", &settings.backup.folder);
    wholeDuration(section, "every", &settings.backup.every, {1h, 24h * 365});
    section.integer("keep", &settings.backup.keep, {1, 1000});
  });
  file.section("telemetry", [&](config::Section& section) { readTelemetry(section, settings.telemetry); });
  file.section("captures", [&](config::Section& section) { readCaptures(section, settings.captures); });
  file.section("metrics", [&](config::Section& section) {
    section.boolean("enabled", &settings.metrics.enabled);
    section.secretFile("token_file", &settings.metrics.token);
  });
  file.section("log", [&](config::Section& section) {
    section.choice("level", &settings.log_level, {"error", "warning", "info", "debug"});
    section.choice("format", &settings.log_format, {"text", "json"});
    section.path("file", &settings.log_file);
  });
}

config::Errors readSettingsFile(const std::filesystem::path& file, Settings& settings,
                                std::vector<config::KeyInfo>* keys) {
  settings.file = std::filesystem::absolute(file);
  return config::readFile(
      file, [&](config::Section& section) { readSettings(section, settings); }, keys);
}

}  // namespace robohub::hub
