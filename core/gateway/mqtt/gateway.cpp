#include "gateway/mqtt/gateway.hpp"

#include <algorithm>
#include <future>
#include <map>

#include "gateway/mqtt/configured.hpp"
#include "gateway/mqtt/native.hpp"
#include "gateway/mqtt/topic.hpp"

namespace robohub::gateway {

namespace {

constexpr Duration kFindAgain = std::chrono::milliseconds(50);
constexpr auto kHaltWithin = std::chrono::seconds(1);

}  // namespace

MqttGateway::MqttGateway(net::LoopPool& loops, live::LiveDevices& devices, device::Registry& registry,
                         MqttSettings settings, MqttLog log)
    : loops_(loops), devices_(devices), registry_(registry), settings_(std::move(settings)), log_(std::move(log)) {
  for (const MqttDevice& device : settings_.devices) make(device);
  std::set<std::string> filters;
  for (const auto& peer : peers_)
    for (const std::string& filter : peer->filters()) {
      filters.insert(filter);
      if (filter.find_first_of("+#") == std::string::npos)
        by_topic_.emplace(filter, peer.get());
      else
        by_filter_.emplace_back(filter, peer.get());
    }
  MqttClient::Handlers handlers;
  handlers.up = [this] { up(); };
  handlers.down = [this](const std::string& why, bool lost) { down(why, lost); };
  handlers.messages = [this](const std::vector<MqttIncoming>& messages) { route(messages); };
  handlers.counts = [this](const std::string& topic) { return counts(topic); };
  client_ = std::make_unique<MqttClient>(loops_.at(0), settings_.broker,
                                         std::vector<std::string>(filters.begin(), filters.end()), std::move(handlers));
  for (const auto& peer : peers_)
    peer->use([client = client_.get()](std::string_view topic, std::string_view payload) {
      return client->publish(topic, payload);
    });
}

MqttGateway::~MqttGateway() = default;

void MqttGateway::make(const MqttDevice& device) {
  const auto type = mqttTypeOf(device, devices_.services().catalogue);
  if (!type) return fault(type.error());
  if (device.native) {
    peers_.push_back(std::make_shared<MqttNative>(device, *type, log_));
    return;
  }
  auto made = MqttConfigured::make(device, *type, log_);
  if (!made) return fault(made.error());
  peers_.push_back(std::move(*made));
}

// [any-thread]
void MqttGateway::fault(const Error& error) {
  const std::string text = error.where.empty() ? error.message : error.where + ": " + error.message;
  log_(link::EventLevel::error, "a device of the MQTT broker is left out: " + text);
  Lock lock(mutex_);
  faults_.push_back(text);
}

// A revocation that the disk refused leaves the device enrolled, as another one that lives.
void MqttGateway::follow() {
  std::map<std::string, std::weak_ptr<MqttPeer>> by_id;
  for (const auto& peer : peers_) by_id[peer->settings().id] = peer;
  registry_.onChange([by_id, &devices = devices_, &registry = registry_, &loop = loops_.at(0)](const auto& change) {
    const auto at = by_id.find(change.id.str());
    if (change.kind != device::Change::Kind::enrolled || at == by_id.end()) return;
    const auto row = registry.find(change.id);
    const auto device = devices.find(change.id);
    const auto peer = at->second.lock();
    if (!peer || !device || !row || row->link != device::Link::mqtt || row->type != peer->settings().type) return;
    loop.post([peer, device] { peer->attachAnew(device); });
  });
}

void MqttGateway::begin() {
  follow();
  unattached_ = peers_.size();
  for (const auto& peer : peers_) {
    const MqttDevice& device = peer->settings();
    // The reader of the settings takes plain names only.
    const DeviceId id = DeviceId::parse(device.id).value_or(DeviceId());
    registry_.attach(id, device.type, device.name.empty() ? device.id : device.name, device::Link::mqtt, device.id,
                     [this, peer](const Result<DeviceId>& done) {
                       loops_.at(0).post([this, peer, done] { attached(peer, done); });
                     });
  }
  if (peers_.empty()) client_->begin();
}

// [loop 0] The broker is dialled once all are there to hear what it has kept.
void MqttGateway::attached(const std::shared_ptr<MqttPeer>& peer, const Result<DeviceId>& done) {
  if (!done) {
    fault({done.error().code, done.error().message, "devices." + peer->settings().id});
  } else if (const auto device = devices_.find(*done)) {
    peer->attach(device);
  } else {  // whoever follows the registry is about to make it
    loops_.at(0).after(kFindAgain, [this, peer, done] { attached(peer, done); });
    return;
  }
  if (--unattached_ == 0) client_->begin();
}

void MqttGateway::up() {
  up_ = true;
  why_.clear();
  log_(link::EventLevel::info, "the MQTT broker at " + settings_.broker.url + " is there");
  for (const std::string& filter : client_->state().refused_filters)
    log_(link::EventLevel::warning, "the MQTT broker does not let the hub hear " + filter);
  for (const auto& peer : peers_) peer->brokerUp();
}

void MqttGateway::down(const std::string& why, bool lost) {
  if (std::exchange(up_, false) || why != why_)
    log_(link::EventLevel::warning, "the MQTT broker at " + settings_.broker.url + " is away: " + why);
  why_ = why;
  for (const auto& peer : peers_) peer->brokerDown(why, lost);
}

std::set<MqttPeer*> MqttGateway::listeners(const std::string& topic) const {
  std::set<MqttPeer*> to;
  const auto [begin, end] = by_topic_.equal_range(topic);
  for (auto at = begin; at != end; ++at) to.insert(at->second);
  for (const auto& [filter, peer] : by_filter_)
    if (matchesMqttFilter(filter, topic)) to.insert(peer);
  return to;
}

// [any-thread]
bool MqttGateway::counts(const std::string& topic) const {
  const auto to = listeners(topic);
  return std::any_of(to.begin(), to.end(), [&](const MqttPeer* peer) { return peer->counts(topic); });
}

void MqttGateway::route(const std::vector<MqttIncoming>& messages) {
  std::map<MqttPeer*, std::vector<MqttIncoming>> sorted;
  for (const MqttIncoming& message : messages)
    for (MqttPeer* peer : listeners(message.topic)) sorted[peer].push_back(message);
  for (auto& [peer, own] : sorted) dropped_ += peer->take(std::move(own));
}

void MqttGateway::end() {
  struct Waiting {
    std::atomic<std::size_t> left{1};
    std::promise<void> all;
    void one() {
      if (--left == 0) all.set_value();
    }
  };
  const auto waiting = std::make_shared<Waiting>();
  auto all = waiting->all.get_future();
  loops_.at(0).post([this, waiting] {
    waiting->left += peers_.size();
    for (const auto& peer : peers_) peer->end([waiting] { waiting->one(); });
    waiting->one();
  });
  all.wait_for(kHaltWithin);
  client_->end();
}

MqttFigures MqttGateway::figures() const {
  MqttFigures figures;
  const MqttState state = client_->state();
  figures.broker = settings_.broker.url;
  figures.up = state.up;
  figures.why = state.why;
  figures.refused_filters = state.refused_filters;
  const MqttCounts& counts = client_->counts();
  figures.in = counts.in;
  figures.out = counts.out;
  figures.refused = counts.refused;
  figures.dropped = counts.dropped + dropped_;
  Lock lock(mutex_);
  figures.faults = faults_;
  return figures;
}

}  // namespace robohub::gateway
