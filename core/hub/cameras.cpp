#include "hub/cameras.hpp"

#include <future>
#include <set>

#include "hub/log.hpp"
#include "hub/own_url.hpp"
#include "hub/parts.hpp"

namespace robohub::hub {

namespace {

constexpr Duration kOpenAgain = std::chrono::seconds(5);
constexpr Duration kEndWithin = std::chrono::milliseconds(1500);
constexpr const char* kType = "cloud_camera";
constexpr const char* kElsewhere =
    " is enrolled for another link, so no camera comes in as it: revoke it, or give the camera another name.";

// By what a command that is typed at this machine finds this hub.
std::string placeOf(const Settings& say) {
  const bool by_file = !say.file.empty() && say.command_line.data.empty();
  return (by_file ? " --config " : " --data ") + std::filesystem::absolute(by_file ? say.file : say.data).string();
}

}  // namespace

// Which the configuration has brought, by name and fingerprint. One of them that is gone was revoked, and a reload does
// not bring it back; one that could not be enrolled is tried again.
struct Cameras::Enrolled {
  Mutex mutex;
  std::set<std::pair<std::string, std::string>> all RH_GUARDED_BY(mutex);
};

Cameras::Cameras(Hub::Parts& parts)
    : parts_(parts),
      talkers_(std::make_unique<gateway::CloudtalkerGateway>(*parts.loops, *parts.registry, *parts.devices,
                                                             *parts.certificates, parts.captures.get())),
      enrolled_(std::make_shared<Enrolled>()) {}

Cameras::~Cameras() = default;

void Cameras::describe(api::Context& context) {
  context.instructions[device::Link::cloudtalker] = [this](const DeviceId& id, bool has_certificate) {
    api::Instructions how;
    const std::string address = addressFor();
    if (address.empty()) return how;
    if (!has_certificate)
      how.at_hub = "robohub certificate issue --device " + id.str() + placeOf(*parts_.settings()) + "  # writes " +
                   id.str() + ".crt and " + id.str() + ".key: its cert.pem and key.pem";
    how.at_device = "cloudtalker -c cert.pem -k key.pem -e " + address + "/ds/v3";
    return how;
  };
}

// What a camera dials; "": there is no port for it.
std::string Cameras::addressFor() const {
  const auto say = parts_.settings();
  std::uint16_t port = say->cloudtalker.listen.port;
  {
    Lock lock(mutex_);
    if (port_ != 0) port = port_;
  }
  return cameraAddress(*say, port);
}

// ---- the cloudtalker's port ---------------------------------------------------------------------------------------

Result<std::shared_ptr<const net::TlsServerContext>> Cameras::loadTls(const Settings& say) const {
  net::TlsServerSettings tls;
  tls.check_dates = false;  // told on the health page; cameras that never come back must not lose their hub for it
  tls.certificate = say.cloudtalker.certificate.empty() ? say.tls.certificate : say.cloudtalker.certificate;
  tls.key = say.cloudtalker.certificate.empty() ? say.tls.key : say.cloudtalker.key;
  if (tls.certificate.empty()) {
    auto own = parts_.ownCertificate({});
    if (!own) return fail(own.error());
    tls.certificate = own->certificate;
    tls.key = own->key;
  }
  return talkers_->load(std::move(tls));
}

void Cameras::noteShown(const Settings& say, const net::TlsServerContext& tls) {
  Lock lock(mutex_);
  certificate_expires_ms_ = toMs(tls.facts().not_after);
  own_certificate_ = say.cloudtalker.certificate.empty() && say.tls.certificate.empty();
}

Status Cameras::open(const Settings& say) {
  const auto tls = loadTls(say);
  if (!tls) return fail(tls.error());
  const auto port = talkers_->listen(say.cloudtalker.listen, *tls);
  if (!port) return fail(port.error());
  noteShown(say, **tls);
  Lock lock(mutex_);
  port_ = *port;
  door_ = "cloudtalker at " + config::Address{say.cloudtalker.listen.host, *port}.str();
  door_fault_.clear();
  return {};
}

void Cameras::begin(std::vector<std::string>& doors) {
  const auto say = parts_.settings();
  pulls_ = std::make_unique<gateway::MjpegPulls>(*parts_.devices, *parts_.registry);
  pulls_->configure(say->cameras);
  talkers_->configure(say->cloudtalker);
  attachRegistered(*say);
  if (say->cloudtalker.listen.host.empty()) return;
  if (const Status opened = open(*say); !opened) {
    log(link::EventLevel::error, "cameras cannot come in: " + opened.error().message);
    {
      Lock lock(mutex_);
      door_fault_ = opened.error().message;
      opener_ = std::make_unique<net::HelperThread>();
    }
    return openLater();
  }
  doors.push_back(door());
}

std::string Cameras::door() const {
  Lock lock(mutex_);
  return door_;
}

// Another program may hold the port only for a moment. Reading the certificate blocks, so not on the loop itself.
void Cameras::openLater() {
  net::Loop& loop = parts_.loops->at(0);
  loop.post([this, &loop] {
    loop.after(kOpenAgain, [this] {
      Lock lock(mutex_);
      if (opener_) opener_->run([this] { openAgain(); });
    });
  });
}

// [opener_'s thread]
void Cameras::openAgain() {
  if (const Status opened = open(*parts_.settings()); !opened) {
    {
      Lock lock(mutex_);
      door_fault_ = opened.error().message;
    }
    return openLater();
  }
  log(link::EventLevel::info, door());
}

// Whose fingerprint is configured is enrolled by the hub itself.
void Cameras::attachRegistered(const Settings& say) {
  {
    Lock lock(enrolled_->mutex);
    std::erase_if(enrolled_->all, [&](const auto& each) {
      const auto at = say.cloudtalker.fingerprints.find(each.first);
      return at == say.cloudtalker.fingerprints.end() || at->second != each.second;
    });
  }
  for (const auto& [name, fingerprint] : say.cloudtalker.fingerprints) {
    const auto id = DeviceId::parse(name);
    if (!id) continue;
    const auto present = parts_.registry->find(*id);
    if (present && present->link != device::Link::cloudtalker) {
      log(link::EventLevel::error, name + kElsewhere);
      continue;
    }
    const std::pair key(name, fingerprint);
    {
      Lock lock(enrolled_->mutex);
      if (present) enrolled_->all.insert(key);
      if (present || enrolled_->all.contains(key)) continue;
    }
    const auto attached = [enrolled = enrolled_, key](const Result<DeviceId>& done) {
      if (!done) return log(link::EventLevel::error, key.first + " cannot be enrolled: " + done.error().message);
      Lock lock(enrolled->mutex);
      enrolled->all.insert(key);
    };
    parts_.registry->attach(*id, kType, {}, device::Link::cloudtalker, id->str(), attached);
  }
}

void Cameras::configure(const Settings& settings) {
  pulls_->configure(settings.cameras);
  talkers_->configure(settings.cloudtalker);
  attachRegistered(settings);
  {
    Lock lock(mutex_);
    if (port_ == 0) return;
  }
  const auto tls = loadTls(settings);
  if (!tls) return log(link::EventLevel::error, "cameras still see the certificate of before: " + tls.error().message);
  talkers_->setTls(*tls);
  noteShown(settings, **tls);
}

void Cameras::end() {
  std::unique_ptr<net::HelperThread> ending;
  {
    Lock lock(mutex_);
    ending = std::move(opener_);
  }
  ending.reset();
  if (pulls_) pulls_->end();
  auto ended = std::make_shared<std::promise<void>>();
  auto done = ended->get_future();
  talkers_->end([ended] { ended->set_value(); });
  done.wait_for(kEndWithin);
}

gateway::CameraFigures Cameras::figures() const {
  gateway::CameraFigures figures;
  if (pulls_) {
    figures.pull = pulls_->figures();
    figures.pull_faults = pulls_->faults();
  }
  figures.cloudtalker = talkers_->figures();
  const auto say = parts_.settings();
  figures.has_door = !say->cloudtalker.listen.host.empty();
  for (const auto& [name, fingerprint] : say->cloudtalker.fingerprints) {
    const auto id = DeviceId::parse(name);
    const auto present = id ? parts_.registry->find(*id) : nullptr;
    if (present && present->link != device::Link::cloudtalker) figures.elsewhere.push_back(name);
  }
  Lock lock(mutex_);
  figures.door_fault = door_fault_;
  figures.certificate_expires_ms = certificate_expires_ms_;
  figures.own_certificate = own_certificate_;
  return figures;
}

}  // namespace robohub::hub
