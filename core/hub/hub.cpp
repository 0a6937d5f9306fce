#include "hub/hub.hpp"

#include <future>
#include <thread>

#include "api/routes.hpp"
#include "api/session_closer.hpp"
#include "hub/log.hpp"
#include "identity/cookie.hpp"
#include "store/data_folder.hpp"
#include "store/database.hpp"

namespace robohub::hub {

namespace {

constexpr std::size_t kMaxBody = 1024 * 1024;
constexpr std::size_t kMaxAnonymousBody = 64 * 1024;  // signing in and claims need far less
constexpr Duration kDrain = std::chrono::seconds(2);

class Door final : public net::HttpApp {
 public:
  explicit Door(api::Context& context) : context_(context), router_(context) {
    api::addSessionRoutes(router_, context);
    api::addDeviceRoutes(router_, context);
    api::addTurnRoutes(router_, context);
    api::addStopRoutes(router_, context);
    api::addStreamRoutes(router_, context);
    api::addAgentRoutes(router_, context);
    api::addLiveRoute(router_, context);
    api::addOpenApiRoute(router_, context);
    api::addPageRoutes(router_, context);
  }
  // Whoever is nobody yet cannot make the hub hold much.
  std::size_t bodyLimit(const net::HttpHead& head) override {
    if (head.peer.isLocal()) return kMaxBody;
    const auto token = identity::tokenFromCookies(head.headers.get("Cookie"), head.scheme == "https");
    return token && context_.identity.find(*token) ? kMaxBody : kMaxAnonymousBody;
  }
  void handle(std::shared_ptr<net::Exchange> exchange) override { router_.handle(exchange); }

 private:
  const api::Context& context_;
  api::Router router_;
};

// One core is left to what works beside the loops: the database, drivers of this machine, whoever measures.
std::size_t defaultLoops() {
  return std::max<std::size_t>(2, std::thread::hardware_concurrency()) - 1;
}

std::string listenUrl(const config::Address& listen, std::uint16_t port) {
  return "http://" + config::Address{listen.host, port}.str() + "/";
}

}  // namespace

// In the order in which they are made; they go in the opposite one, after the destructor has stopped what runs.
struct Hub::Parts {
  Settings settings;
  SystemClock clock;
  std::unique_ptr<store::DataFolder> folder;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<identity::Audit> audit;
  std::unique_ptr<identity::Identity> identity;
  std::unique_ptr<device::Registry> registry;
  live::TypeCatalogue catalogue;
  std::unique_ptr<net::LoopPool> loops;
  std::unique_ptr<live::Audiences> audiences;
  std::unique_ptr<live::LiveDevices> devices;
  std::unique_ptr<gateway::AgentGateway> agents;
  std::unique_ptr<api::SessionCloser> session_closer;
  std::unique_ptr<api::Context> context;
  std::unique_ptr<net::HttpServer> server;
  std::string url;

  bool ending = false;  // [loop 0]

  ~Parts();
  Status openState();
  void loadPlugins();
  void loadPage();
  Status listen();
  void keepUp();
};

// Answers that are still on their way (from the database, from password workers) go to loops and speak of what is in
// here, so they come to an end before anything goes.
Hub::Parts::~Parts() {
  if (database) database->close();
  if (identity) identity->endWorkers();
  if (loops) loops->stop();
}

Status Hub::Parts::openState() {
  auto opened = store::DataFolder::open(settings.data, "robohub serve");
  if (!opened) return fail(opened.error());
  folder = std::move(*opened);
  auto base = store::Database::open(*folder);
  if (!base) return fail(base.error());
  database = std::move(*base);
  audit = std::make_unique<identity::Audit>(*database, clock);
  auto people = identity::Identity::open(*folder, *database, settings.identity, clock);
  if (!people) return fail(people.error());
  identity = std::move(*people);
  auto enrolled = device::Registry::load(*database, settings.enrolment, clock);
  if (!enrolled) return fail(enrolled.error());
  registry = std::move(*enrolled);
  return {};
}

void Hub::Parts::loadPlugins() {
  std::vector<Error> refused;
  catalogue = live::TypeCatalogue::load(settings.plugin_folders, refused);
  for (const Error& error : refused)
    log(link::EventLevel::error, "plugin left out: " + error.where + ": " + error.message);
  for (const auto& installed : catalogue.all())
    log(link::EventLevel::info, "device type " + installed->type->type + " " + installed->manifest->version);
}

void Hub::Parts::loadPage() {
  if (auto page = net::StaticFiles::load(settings.web))
    context->page = std::make_shared<net::StaticFiles>(std::move(*page));
  else
    log(link::EventLevel::warning, "the dashboard is not built: " + page.error().message);
  for (const auto& installed : catalogue.all()) {
    if (!std::filesystem::is_directory(installed->panel_folder)) continue;
    if (auto files = net::StaticFiles::load(installed->panel_folder))
      context->panels.emplace(installed->type->type + "/" + installed->manifest->version, std::move(*files));
    else
      log(link::EventLevel::error, "the panel of " + installed->type->type + ": " + files.error().message);
  }
}

Status Hub::Parts::listen() {
  server = std::make_unique<net::HttpServer>(*loops, std::make_shared<Door>(*context), settings.http);
  const auto port = server->listenTcp(settings.listen.host, settings.listen.port, "people");
  if (!port) return fail(port.error());
  url = listenUrl(settings.listen, *port);
  context->own_url = url.substr(0, url.size() - 1);
  if (Status local = server->listenUnix(folder->file("admin.sock"), "administrator"); !local) return local;
  if (settings.insecure)
    log(link::EventLevel::warning,
        "insecure: true: everything travels readable, and devices with hazards give no turns. Put TLS before the hub.");
  return {};
}

// Once a minute: sessions that have expired, and when they were last used.
void Hub::Parts::keepUp() {
  loops->at(0).after(std::chrono::minutes(1), [this] {
    if (ending) return;
    identity->maintain();
    keepUp();
  });
}

Result<std::unique_ptr<Hub>> Hub::start(const Settings& settings) {
  auto parts = std::make_unique<Parts>();
  Parts& p = *parts;
  p.settings = settings;
  if (Status opened = p.openState(); !opened) return fail(opened.error());
  p.loadPlugins();
  p.loops = std::make_unique<net::LoopPool>(settings.loops > 0 ? settings.loops : defaultLoops());
  p.audiences = std::make_unique<live::Audiences>(*p.loops);
  p.session_closer = std::make_unique<api::SessionCloser>(*p.loops, *p.identity, p.clock);
  p.identity->onSessionEnded([closer = p.session_closer.get()](const std::string& handle) { closer->ended(handle); });
  p.devices = std::make_unique<live::LiveDevices>(live::Services{
      *p.audiences, *p.registry, p.catalogue, p.clock,
      [&all = p.settings](const DeviceId& id) { return all.turnsOf(id.str()); },
      [](link::EventLevel level, const std::string& text) { log(level, text); }, kVersion, !settings.insecure});
  p.agents = std::make_unique<gateway::AgentGateway>(*p.registry, *p.devices);
  p.context = std::make_unique<api::Context>(
      api::Context{*p.audit,
                   *p.identity,
                   *p.registry,
                   *p.devices,
                   *p.audiences,
                   *p.agents,
                   *p.session_closer,
                   p.clock,
                   kVersion,
                   settings.origins,
                   settings.plugin_folders.empty() ? std::string("plugins") : settings.plugin_folders.front().string(),
                   {},
                   nullptr,
                   {}});
  p.loadPage();
  if (Status listening = p.listen(); !listening) return fail(listening.error());
  p.devices->begin();
  p.keepUp();
  p.loops->start();
  return std::unique_ptr<Hub>(new Hub(std::move(parts)));
}

Hub::Hub(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Hub::~Hub() {
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
}

const std::string& Hub::url() const {
  return parts_->url;
}
std::optional<std::string> Hub::administratorCode() const {
  return parts_->identity->administratorCode();
}
bool Hub::administratorCodeIsNew() const {
  return parts_->identity->administratorCodeIsNew();
}

}  // namespace robohub::hub
