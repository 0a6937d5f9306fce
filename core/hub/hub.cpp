#include "hub/hub.hpp"

#include <future>
#include <thread>

#include "hub/log.hpp"
#include "hub/notify.hpp"
#include "hub/parts.hpp"
#include "identity/oidc.hpp"
#include "net/tls_server_context.hpp"
#include "plugin/library.hpp"

namespace robohub::hub {

namespace {

constexpr Duration kDrain = std::chrono::seconds(2);

// One core is left to what works beside the loops: the database, drivers of this machine, whoever measures.
std::size_t defaultLoops() {
  return std::max<std::size_t>(2, std::thread::hardware_concurrency()) - 1;
}

}  // namespace

// Answers that are still on their way (from the database, from password workers) go to loops and speak of what is in
// here, so they come to an end before anything goes.
Hub::Parts::~Parts() {
  upkeep->end();
  if (backups) backups->end();
  endCaptures();
  if (database) database->close();
  if (identity) identity->endWorkers();
  if (history) history->end();
  if (loops) loops->stop();
}

Status Hub::Parts::openState() {
  const Settings& say = *settings_now;
  auto opened = store::DataFolder::open(say.data, "robohub serve");
  if (!opened) return fail(opened.error());
  folder = std::move(*opened);
  reserve = std::make_unique<store::Reserve>(folder->path(), say.disk);
  store::DatabaseLimits limits;
  limits.on_full = [this] { reserve->full(); };
  auto base = store::Database::open(*folder, "hub.db", store::hubMigrations(), limits);
  if (!base) return fail(base.error());
  database = std::move(*base);
  audit = std::make_unique<identity::Audit>(*database, clock);
  auto issued = identity::Certificates::open(*folder, *database, *audit, clock);
  if (!issued) return fail(issued.error());
  certificates = std::move(*issued);
  auto people = identity::Identity::open(*folder, *database, *audit, say.identity, clock);
  if (!people) return fail(people.error());
  identity = std::move(*people);
  auto banned = identity::Bans::load(*database, *audit, clock);
  if (!banned) return fail(banned.error());
  bans = std::move(*banned);
  identity->onGuest([this](const identity::Session&, const identity::Caller& caller) -> Status {
    if (auto refusal = bans->refusalOf(caller.address)) return fail(std::move(*refusal));
    return {};
  });
  connections = std::make_unique<device::ConnectionHistory>(*database, clock);
  auto enrolled = device::Registry::load(*database, say.enrolment, clock, audit.get());
  if (!enrolled) return fail(enrolled.error());
  registry = std::move(*enrolled);
  registry->onChange([this](const device::Change& change) {
    if (change.kind != device::Change::Kind::revoked) return;
    certificates->revokeAll(change.id, identity::Actor::hub(), [id = change.id](const Status& done) {
      if (!done) log(link::EventLevel::error, id.str() + ": its certificates stay good: " + done.error().message);
    });
  });
  trail = std::make_unique<Trail>(*audit, *certificates, clock);
  return {};
}

void Hub::Parts::makeBackups() {
  backups = std::make_unique<store::Backups>(
      *folder, settings_now->file, kVersion, clock,
      [this](const std::filesystem::path& file, const Status& status, bool by_schedule) {
        if (status)
          log(link::EventLevel::info, "backup made: " + file.string());
        else
          log(link::EventLevel::error, "no backup " + file.string() + ": " + status.error().message);
        if (by_schedule)
          audit->note({identity::Actor::hub(), "backup.make", "backup",
                       status ? identity::Outcome::ok : identity::Outcome::failed,
                       "{\"path\":" + json::quote(file.string()) + "}"});
      },
      [this] { return reserve->keptBytes(); });
  backups->configure(settings_now->backup);
}

// Opened when the hub is ready: nobody waits for the check of its files.
void Hub::Parts::makeHistory() {
  if (!settings_now->telemetry.enabled) return;
  history = std::make_unique<telemetry::History>(
      telemetry::History::Ground{folder->path(), &clock,
                                 [](const std::string& text) { log(link::EventLevel::warning, text); },
                                 [this] { return reserve->roomForExtras(); }},
      settings_now->telemetry);
}

void Hub::Parts::loadPlugins() {
  std::vector<Error> refused;
  catalogue = live::TypeCatalogue::load(settings_now->plugin_folders, refused);
  for (const Error& error : refused) {
    plugins_left_out.push_back(error.where + ": " + error.message);
    log(link::EventLevel::error, "plugin left out: " + plugins_left_out.back());
  }
  for (const auto& installed : catalogue.all())
    log(link::EventLevel::info, "device type " + installed->type->type + " " + installed->manifest->version);
}

void Hub::Parts::loadPage() {
  if (auto page = net::StaticFiles::load(settings_now->web))
    context->page = std::make_shared<net::StaticFiles>(std::move(*page));
  else
    log(link::EventLevel::warning, "the dashboard is not built: " + page.error().message);
  for (const auto& installed : catalogue.all()) {
    const std::string panel = "the panel of " + installed->type->type + " " + installed->manifest->version;
    if (!std::filesystem::is_directory(installed->panel_folder)) {
      const auto declared = installed->type->json->getArray("panels");
      if (declared && declared->size() > 0)
        log(link::EventLevel::warning, panel + " is missing: " + installed->panel_folder.string());
      continue;
    }
    const auto leaveOut = [&](const std::string& why) {
      plugins_left_out.push_back(panel + ": " + why);
      log(link::EventLevel::error, panel + " is left out: " + why);
    };
    if (const Status good = plugin::checkPanel(installed->panel_folder); !good)
      leaveOut(good.error().where + ": " + good.error().message);
    else if (auto files = net::StaticFiles::load(installed->panel_folder))
      context->panels.emplace(installed->type->type + "/" + installed->manifest->version, std::move(*files));
    else
      leaveOut(files.error().message);
  }
}

void Hub::Parts::makeLive() {
  const Settings& say = *settings_now;
  loops = std::make_unique<net::LoopPool>(say.loops > 0 ? say.loops : defaultLoops());
  loop_watch = std::make_unique<LoopWatch>(*loops);
  audiences = std::make_unique<live::Audiences>(*loops);
  devices = std::make_unique<live::LiveDevices>(live::Services{
      *audiences, *registry, catalogue, clock, [this](const DeviceId& id) { return settings()->turnsOf(id.str()); },
      [](link::EventLevel level, const std::string& text) { log(level, text); }, kVersion, say.tlsOn() || !say.insecure,
      [this](identity::AuditEntry entry) { audit->note(std::move(entry)); }, &tally, bans.get(), connections.get(),
      [this](const PersonId& person, const identity::Place& place) {
        return identity->may(person, identity::Permission::play, &place);
      },
      [this](const DeviceId& id, device::Link link) { return settings()->acceptsUnfenced(id.str(), link); },
      history.get()});
  session_closer = std::make_unique<api::SessionCloser>(*loops, *identity, *devices, clock);
  agents = std::make_unique<gateway::AgentGateway>(*registry, *devices, *certificates);
  agents->ask(say.client_certificates);
  agents->setHelloWithin(say.agent_hello);
  foreign = std::make_unique<Foreign>(*this);
}

void Hub::Parts::makeContext() {
  const Settings& say = *settings_now;
  context = std::make_unique<api::Context>(api::Context{
      .audit = *audit,
      .certificates = *certificates,
      .identity = *identity,
      .bans = *bans,
      .registry = *registry,
      .connections = *connections,
      .devices = *devices,
      .audiences = *audiences,
      .agents = *agents,
      .session_closer = *session_closer,
      .clock = clock,
      .version = kVersion,
      .plugin_path = say.plugin_folders.empty() ? std::string("plugins") : say.plugin_folders.front().string(),
      .own_url = {},
      .page = nullptr,
      .panels = {}});
  context->backups = backups.get();
  foreign->describe(*context);
  context->upkeep = upkeep.get();
  context->history = history.get();
  context->captures = captures.get();
  context->recorder = recorder.get();
  context->server_certificate = [this]() -> std::shared_ptr<const net::CertificateFacts> {
    const auto tls = doorTls();
    return tls ? std::shared_ptr<const net::CertificateFacts>(tls->context, &tls->context->facts()) : nullptr;
  };
  context->own_fingerprint = [this] {
    const auto tls = doorTls();
    return tls && tls->own ? net::fingerprintText(tls->context->facts().fingerprint) : std::string();
  };
  context->setPolicy(std::make_shared<const api::Policy>(api::Policy{say.origins}));
}

Status Hub::Parts::openIssuer() {
  if (settings_now->oidc.issuer.empty()) return {};
  auto oidc = identity::Oidc::open(loops->at(0), clock, settings_now->oidc);
  if (!oidc) return fail(oidc.error());
  context->oidc = std::move(*oidc);
  return {};
}

// Once a minute: sessions that have expired, and when they were last used.
void Hub::Parts::keepUp() {
  loops->at(0).after(std::chrono::minutes(1), [this] {
    if (ending) return;
    identity->maintain();
    trail->keepUp(settings()->audit_keep);
    captures->tick();
    keepUp();
  });
}

Result<std::unique_ptr<Hub>> Hub::start(const Settings& settings) {
  return start(ReadSettings{settings, keysOf(settings), {}});
}

Result<std::unique_ptr<Hub>> Hub::start(ReadSettings settings) {
  if (!settings.errors.empty()) return fail(settings.errors.front());
  auto parts = std::make_unique<Parts>(std::move(settings));
  notify::starting("reading the database in " + parts->settings_now->data.string());
  if (Status opened = parts->openState(); !opened) return fail(opened.error());
  parts->makeBackups();
  parts->makeHistory();
  parts->loadPlugins();
  notify::starting("looking through the captures");
  if (Status kept = parts->makeCaptures(); !kept) return fail(kept.error());
  notify::starting("beginning to listen");
  parts->makeLive();
  parts->followCaptures();
  parts->makeContext();
  if (Status asked = parts->openIssuer(); !asked) return fail(asked.error());
  parts->loadPage();
  if (Status listening = parts->listen(); !listening) return fail(listening.error());
  parts->trail->started(kVersion, parts->catalogue);
  parts->devices->begin();
  // Behind the devices, which are in their new places by then.
  parts->registry->onChange([closer = parts->session_closer.get()](const device::Change& change) {
    using Kind = device::Change::Kind;
    if (change.kind == Kind::placed || change.kind == Kind::revoked) closer->placeChanged();
  });
  if (Status open = parts->foreign->begin(); !open) return fail(open.error());
  parts->keepUp();
  parts->loop_watch->begin();
  parts->upkeep->begin();
  parts->loops->start();
  if (parts->history) parts->history->open();
  return std::unique_ptr<Hub>(new Hub(std::move(parts)));
}

Hub::Hub(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Hub::~Hub() {
  parts_->upkeep->drain();
  parts_->foreign->end();
  auto drained = std::make_shared<std::promise<void>>();
  auto done = drained->get_future();
  parts_->server->drain(kDrain, [drained] { drained->set_value(); });
  done.wait_for(kDrain + std::chrono::milliseconds(500));
  // Nobody is connected any more; what is left that asks for anything is the upkeep.
  std::promise<void> quiet;
  parts_->loops->at(0).post([this, &quiet] {
    parts_->ending = true;
    quiet.set_value();
  });
  quiet.get_future().wait();
  parts_->trail->ending();
}

const std::string& Hub::url() const {
  return parts_->url;
}
std::string Hub::fingerprint() const {
  return parts_->fingerprint();
}
const std::vector<std::string>& Hub::doors() const {
  return parts_->foreign->doors();
}
bool Hub::alive() const {
  return parts_->upkeep->alive();
}
void Hub::reload(identity::Actor by, std::function<void()> done) {
  parts_->upkeep->reload(std::move(by), [done = std::move(done)](const Result<std::string>&) {
    if (done) done();
  });
}
std::optional<std::string> Hub::administratorCode() const {
  return parts_->identity->administratorCode();
}
bool Hub::administratorCodeIsNew() const {
  return parts_->identity->administratorCodeIsNew();
}

}  // namespace robohub::hub
