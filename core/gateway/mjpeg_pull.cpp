#include "gateway/mjpeg_pull.hpp"

#include <sodium.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <optional>

#include "net/mjpeg_camera.hpp"

namespace robohub::gateway {

struct MjpegPulls::Planned {
  CameraSource source;
  CameraRules rules;
  Duration stall{};
  std::size_t max_bytes_per_s = 0;
  net::HttpUrl url;
  net::Headers headers;
  std::string authorities;  // a hash of what ca_file holds; "" without one that can be read
  std::string broken;       // why it cannot be read as it is configured; "" when it can

  bool same(const Planned& other) const {
    return source == other.source && rules.entries() == other.rules.entries() && stall == other.stall &&
           max_bytes_per_s == other.max_bytes_per_s && authorities == other.authorities && broken == other.broken;
  }
};

struct MjpegPulls::Tally {
  std::atomic<std::size_t> cameras{0}, connected{0};
  std::atomic<std::uint64_t> pictures{0}, bytes{0}, faults{0};

  void fault(const CameraSource& of, const std::string& sentence) {
    Lock lock(mutex);
    if (sentence.empty())
      sentences.erase({of.device, of.stream});
    else
      sentences[{of.device, of.stream}] = sentence;
  }

  mutable Mutex mutex;
  std::map<std::pair<std::string, std::string>, std::string> sentences RH_GUARDED_BY(mutex);
};

namespace {

constexpr std::size_t kMaxPictureBytes = media::kMaxPictureBytes;

double randomFraction() {
  return randombytes_random() / 4294967296.0;
}

// RFC 7617: base64 of "name:password".
std::string basicAuthorization(const std::string& credentials) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  std::string text(sodium_base64_encoded_len(credentials.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(credentials.data()),
                    credentials.size(), kVariant);
  text.pop_back();
  return "Basic " + text;
}

// One camera on its device's loop. Held by the device as the source of one of its streams.
class Pull {
 public:
  Pull(const std::shared_ptr<live::LiveDevice>& device, std::shared_ptr<const MjpegPulls::Planned> planned,
       std::shared_ptr<MjpegPulls::Tally> tally)
      : device_(device), planned_(std::move(planned)), tally_(std::move(tally)) {
    if (planned_->broken.empty()) makeCamera(device->loop());
  }
  ~Pull() { wanted(false); }
  Pull(const Pull&) = delete;
  Pull& operator=(const Pull&) = delete;

  void wanted(bool on) {
    if (on == on_) return;
    on_ = on;
    if (camera_) {
      on ? ++tally_->connected : --tally_->connected;
      camera_->watch(on);
    }
    tell(on ? planned_->broken : std::string());
  }

 private:
  void makeCamera(net::Loop& loop) {
    net::MjpegOptions options;
    options.connect_timeout = options.stall = planned_->stall;
    options.max_picture_bytes = kMaxPictureBytes;
    options.max_bytes_per_s = planned_->max_bytes_per_s;
    options.headers = planned_->headers;
    options.on_bad = [this](const std::string& why) {
      if (const auto device = device_.lock()) device->badPicture(why);
    };
    net::HttpUrl url = planned_->url;
    url.endpoint.admits = [planned = planned_](const net::PeerAddress& address) {
      return planned->rules.admits(planned->url, address);
    };
    camera_.emplace(
        loop, std::move(url), std::move(options), randomFraction, [this](std::string_view jpeg) { picture(jpeg); },
        [this](const std::string& fault) {
          if (!fault.empty()) ++tally_->faults;
          tell(fault);
        });
  }

  void picture(std::string_view jpeg) {
    const auto device = device_.lock();
    if (!device || !device->offer(planned_->source.stream, jpeg)) return;
    tally_->pictures.fetch_add(1, std::memory_order_relaxed);
    tally_->bytes.fetch_add(jpeg.size(), std::memory_order_relaxed);
  }

  void tell(const std::string& fault) {
    tally_->fault(planned_->source, fault);
    if (const auto device = device_.lock()) device->sourceFault(planned_->source.stream, fault);
  }

  const std::weak_ptr<live::LiveDevice> device_;
  const std::shared_ptr<const MjpegPulls::Planned> planned_;
  const std::shared_ptr<MjpegPulls::Tally> tally_;
  std::optional<net::MjpegCamera> camera_;
  bool on_ = false;
};

std::string hashOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::string hash(crypto_generichash_BYTES, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return hash;
}

// Reads what the source names besides its URL. Blocks.
std::string prepare(MjpegPulls::Planned& planned) {
  auto url = net::parseHttpUrl(planned.source.url);
  if (!url) return url.error().message;
  planned.url = std::move(*url);
  if (auto allowed = planned.rules.allows(planned.url); !allowed) return allowed.error().message;
  if (!planned.source.credentials.empty())
    planned.headers.set("Authorization", basicAuthorization(planned.source.credentials));
  if (!planned.url.endpoint.secure) return {};
  net::TlsClientSettings trust;
  trust.ca_file = planned.source.ca_file;
  // First: what is written between the two counts from the next reload on.
  if (!trust.ca_file.empty()) planned.authorities = hashOf(trust.ca_file);
  trust.fingerprint_sha256 = planned.source.fingerprint;
  auto context = net::TlsClientContext::load(trust);
  if (!context) return context.error().message;
  planned.url.endpoint.tls = std::move(*context);
  return {};
}

void takeAway(const std::shared_ptr<live::LiveDevice>& device, const std::string& stream) {
  device->loop().post([device, stream] { device->setSource(stream, nullptr); });
}

}  // namespace

MjpegPulls::MjpegPulls(live::LiveDevices& devices, device::Registry& registry)
    : devices_(devices), tally_(std::make_shared<Tally>()) {
  registry.onChange([this](const device::Change& change) {
    if (change.kind != device::Change::Kind::enrolled) return;
    std::vector<std::shared_ptr<const Planned>> planned;
    {
      Lock lock(mutex_);
      planned = planned_;
    }
    for (const auto& each : planned)
      if (each->source.device == change.id.str()) give(change.id, each);
  });
}

void MjpegPulls::give(const DeviceId& id, const std::shared_ptr<const Planned>& planned) const {
  const auto device = devices_.find(id);
  if (!device) return;
  device->loop().post([device, planned, tally = tally_] {
    auto pull = std::make_shared<Pull>(device, planned, tally);
    device->setSource(planned->source.stream, [pull](bool wanted) { pull->wanted(wanted); });
  });
}

void MjpegPulls::configure(const CameraSettings& settings) {
  std::vector<std::shared_ptr<const Planned>> before, now, changed;
  {
    Lock lock(mutex_);
    before = planned_;
  }
  for (const CameraSource& source : settings.sources) {
    auto planned = std::make_shared<Planned>();
    planned->source = source;
    planned->rules = settings.allow;
    planned->stall = settings.stall;
    planned->max_bytes_per_s = static_cast<std::size_t>(settings.max_bytes_per_s);
    planned->broken = prepare(*planned);
    const auto kept =
        std::find_if(before.begin(), before.end(), [&](const auto& each) { return each->same(*planned); });
    now.push_back(kept == before.end() ? std::shared_ptr<const Planned>(planned) : *kept);
    if (kept == before.end()) changed.push_back(now.back());
  }
  {
    Lock lock(mutex_);
    planned_ = now;
  }
  tally_->cameras = now.size();
  for (const auto& old : before) {
    const bool stays = std::any_of(now.begin(), now.end(), [&](const auto& each) {
      return each->source.device == old->source.device && each->source.stream == old->source.stream;
    });
    const auto device = stays ? nullptr : devices_.find(old->source.device);
    if (device) takeAway(device, old->source.stream);
  }
  for (const auto& each : changed)
    if (const auto id = DeviceId::parse(each->source.device)) give(*id, each);
}

void MjpegPulls::end() {
  std::vector<std::shared_ptr<const Planned>> ending;
  {
    Lock lock(mutex_);
    ending.swap(planned_);
  }
  for (const auto& each : ending)
    if (const auto device = devices_.find(each->source.device)) takeAway(device, each->source.stream);
}

PullFigures MjpegPulls::figures() const {
  PullFigures figures;
  figures.cameras = tally_->cameras;
  figures.connected = tally_->connected;
  figures.pictures = tally_->pictures;
  figures.bytes = tally_->bytes;
  figures.faults = tally_->faults;
  return figures;
}

std::vector<PullFault> MjpegPulls::faults() const {
  std::vector<PullFault> all;
  Lock lock(tally_->mutex);
  for (const auto& [of, sentence] : tally_->sentences) all.push_back({of.first, of.second, sentence});
  return all;
}

}  // namespace robohub::gateway
