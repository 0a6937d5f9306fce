#include "telemetry/intake.hpp"

#include <algorithm>
#include <cmath>

namespace robohub::telemetry {

namespace {

constexpr std::int64_t kNoSlot = -1, kRefused = -2;
constexpr Duration kSayAgain = std::chrono::minutes(1);
constexpr std::int64_t kAheadMs = 60'000, kBehindMs = 3'600'000;
// 2020 and 2100: a machine whose clock says anything else has not been told the time yet.
constexpr std::int64_t kEarliestMs = 1'577'836'800'000, kLatestMs = 4'102'444'800'000;
// Devices' clocks and links are not exact: a tenth more than declared, and two at once, are as declared.
constexpr double kTolerance = 0.9;
constexpr std::int64_t kBurst = 2;

std::size_t fieldAt(const std::vector<FieldValue>& values, std::size_t i) {
  return values[i].field;
}
double valueAt(const std::vector<FieldValue>& values, std::size_t i) {
  return values[i].value;
}
std::size_t fieldAt(std::span<const double>, std::size_t i) {
  return i;
}
// Minus zero is zero, as ShapeReader has it.
double valueAt(std::span<const double> values, std::size_t i) {
  return values[i] == 0 ? 0.0 : values[i];
}

json::Object::Ptr schemaOf(const json::Object& type, const std::string& channel) {
  const auto channels = type.getArray("channels");
  for (std::size_t i = 0; channels && i < channels->size(); ++i) {
    const auto one = channels->getObject(static_cast<unsigned>(i));
    if (one && json::getString(*one, "name").value_or("") == channel) return one->getObject("schema");
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<Intake::Device> Intake::find(const DeviceId& id) const {
  ReadLock lock(devices_mutex_);
  const auto at = devices_.find(id);
  return at == devices_.end() ? nullptr : at->second;
}

void Intake::setMaxSeries(std::size_t count) {
  if (max_series_.exchange(count) == count) return;
  ReadLock lock(devices_mutex_);
  for (const auto& [id, device] : devices_) {
    Lock of_device(device->mutex);
    for (Channel& channel : device->channels)
      std::replace(channel.slots.begin(), channel.slots.end(), kRefused, kNoSlot);
  }
  over_limit_ = 0;
  limit_said_ = false;
}

void Intake::describe(const DeviceId& id, const plugin::DeviceType* type) {
  std::shared_ptr<Device> device;
  {
    WriteLock lock(devices_mutex_);
    auto& place = devices_[id];
    if (!place) place = std::make_shared<Device>();
    device = place;
  }
  std::string text;
  if (type && type->json)
    if (const auto channels = type->json->getArray("channels")) text = json::write(json::Var(channels));
  const std::size_t fingerprint = std::hash<std::string>()(text);
  std::vector<Channel> channels;
  std::vector<std::string> left_out;
  {
    Lock lock(device->mutex);
    device->id = id.str();
    if (fingerprint == device->fingerprint) return;  // it is only online again
    device->fingerprint = fingerprint;
    device->channels.clear();
    if (text.empty()) return;
    for (const plugin::Channel& declared : type->channels) {
      const auto schema = schemaOf(*type->json, declared.name);
      if (!schema) continue;
      Channel channel;
      channel.name = declared.name;
      channel.shape = ChannelShape::of(*schema);
      channel.interval_us = std::llround(1e6 / std::clamp(declared.max_rate_hz, 0.001, 1000.0) * kTolerance);
      channel.slots.assign(channel.shape->fields().size(), kNoSlot);
      if (channel.shape->leavesOut()) left_out.push_back(declared.name);
      device->channels.push_back(std::move(channel));
    }
  }
  for (const std::string& channel : left_out)
    warn_(id.str() + ": not every number of the channel \"" + channel + "\" is kept: at most " +
          std::to_string(ChannelShape::kMaxFields) + " are, and none of arrays of more than " +
          std::to_string(ChannelShape::kMaxItems) + " items.");
}

bool Intake::plausible(std::int64_t t_ms) const {
  const std::int64_t now_ms = toMs(clock_.wall());
  return now_ms >= kEarliestMs && now_ms <= kLatestMs && t_ms <= now_ms + kAheadMs && t_ms >= now_ms - kBehindMs;
}

std::shared_ptr<Intake::Device> Intake::taken(const DeviceId& id, std::int64_t wall_ms) {
  if (!accepting_.load(std::memory_order_relaxed)) return nullptr;
  auto device = find(id);
  if (!device || plausible(wall_ms)) return device;
  ++refused_;
  return nullptr;
}

Intake::Channel* Intake::channelOf(Device& device, std::string_view name) {
  for (Channel& each : device.channels)
    if (each.name == name) return each.shape->fields().empty() ? nullptr : &each;
  return nullptr;
}

void Intake::record(const DeviceId& id, std::string_view channel, std::int64_t wall_ms, std::string_view json) {
  const auto device = taken(id, wall_ms);
  if (!device) return;
  std::string say;
  {
    Lock lock(device->mutex);
    say = put(*device, channel, wall_ms, json);
  }
  if (!say.empty()) warn_(say);
}

void Intake::record(const DeviceId& id, std::string_view channel, std::int64_t wall_ms, const Numbers& value) {
  const auto device = taken(id, wall_ms);
  if (!device) return;
  std::string say;
  {
    Lock lock(device->mutex);
    Channel* known = channelOf(*device, channel);
    if (!known) return;
    if (known->same != value.shape && known->shape->fields() != value.shape->fields()) {
      ++refused_;
      return;
    }
    if (known->same != value.shape) known->same = value.shape;
    say = keep(*device, *known, wall_ms, value.values);
  }
  if (!say.empty()) warn_(say);
}

std::string Intake::put(Device& device, std::string_view name, std::int64_t wall_ms, std::string_view json) {
  Channel* channel = channelOf(device, name);
  if (!channel) return {};
  if (Status fits = channel->shape->read(json, device.scratch); !fits) return wrong(device, *channel, fits.error());
  return keep(device, *channel, wall_ms, device.scratch);
}

template <class Values>
std::string Intake::keep(Device& device, Channel& channel, std::int64_t wall_ms, const Values& values) {
  if (fast(channel, wall_ms)) return thin(device, channel);
  std::string say;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (auto& slot = channel.slots[fieldAt(values, i)]; slot == kNoSlot)
      slot = slotFor(device, channel, fieldAt(values, i), say);
  push(channel, wall_ms, values);
  return say;
}

// The rate is that of the values' own times, so that what a stalled link brings at once is not thinned.
bool Intake::fast(Channel& channel, std::int64_t wall_ms) {
  const std::int64_t t_us = wall_ms * 1000;
  const bool set_back = channel.allowed_us - t_us > kBurst * channel.interval_us + 2'000'000;
  if (channel.allowed_us < t_us || set_back) channel.allowed_us = t_us;
  if (channel.allowed_us - t_us > kBurst * channel.interval_us) return true;
  channel.allowed_us += channel.interval_us;
  return false;
}

std::string Intake::thin(const Device& device, Channel& channel) {
  ++thinned_;
  if (std::exchange(channel.thinning_said, true)) return {};
  return device.id + ": the channel \"" + channel.name +
         "\" comes faster than it declares; what is too much is not kept.";
}

std::string Intake::wrong(const Device& device, Channel& channel, const Error& why) {
  ++refused_;
  ++channel.wrong;
  const MonoTime now = clock_.now();
  if (channel.wrong_said != MonoTime::min() && now < channel.wrong_said + kSayAgain) return {};
  channel.wrong_said = now;
  const std::uint64_t count = std::exchange(channel.wrong, 0);
  return device.id + ": " + (count == 1 ? std::string("A value") : std::to_string(count) + " values") +
         " of the channel \"" + channel.name + "\" " + (count == 1 ? "was" : "were") +
         " not kept: " + (why.where.empty() ? "" : why.where + ": ") + why.message;
}

std::int64_t Intake::slotFor(Device& device, const Channel& channel, std::size_t index, std::string& say) {
  const Field& field = channel.shape->fields()[index];
  const std::string key = channel.name + '\n' + field.pointer + '\n' + field.unit;
  if (const auto at = device.slots.find(key); at != device.slots.end()) return at->second;
  const bool full = device.slots.size() >= kMaxSeriesOfDevice;
  if (full || series_.fetch_add(1) >= max_series_.load(std::memory_order_relaxed)) {
    if (!full) --series_;
    ++over_limit_;
    if (!limit_said_.exchange(true))
      say = device.id + ": there are too many series; \"" + channel.name + field.pointer +
            "\" is not kept, nor is any other new one (telemetry.max_series).";
    return kRefused;
  }
  Lock lock(mutex_);
  const Slot slot = next_slot_++;
  fresh_.emplace_back(slot, SeriesKey{device.id, channel.name, field});
  device.slots.emplace(key, slot);
  return slot;
}

template <class Values>
void Intake::push(const Channel& channel, std::int64_t t_ms, const Values& values) {
  Lock lock(mutex_);
  if (rows_.size() + values.size() > kMostWaiting) {
    overflowed_ += values.size();
    return;
  }
  const std::size_t before = rows_.size();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (const std::int64_t slot = channel.slots[fieldAt(values, i)]; slot >= 0)
      rows_.push_back({t_ms, valueAt(values, i), static_cast<Slot>(slot)});
  if ((before == 0 && !rows_.empty()) || (before < kEnough && rows_.size() >= kEnough)) changed_.notify_one();
}

std::vector<Slot> Intake::forget(const DeviceId& id) {
  const auto device = find(id);
  if (!device) return {};
  Lock lock(device->mutex);
  std::vector<Slot> dead;
  for (const auto& [key, slot] : device->slots) dead.push_back(slot);
  series_ -= device->slots.size();
  device->slots.clear();
  for (Channel& channel : device->channels) channel.slots.assign(channel.slots.size(), kNoSlot);
  return dead;
}

Intake::Taken Intake::take() {
  Lock lock(mutex_);
  woken_ = false;
  return {std::exchange(rows_, {}), std::exchange(fresh_, {})};
}

void Intake::wait(Duration limit, bool enough) {
  Lock lock(mutex_);
  changed_.wait_for(
      lock, limit, [&]() RH_REQUIRES(mutex_) { return woken_ || (enough ? rows_.size() >= kEnough : !rows_.empty()); });
  woken_ = false;
}

void Intake::wake() {
  Lock lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

IntakeCounts Intake::counts() const {
  IntakeCounts now{thinned_, refused_, over_limit_, overflowed_, series_, 0};
  Lock lock(mutex_);
  now.waiting = rows_.size();
  return now;
}

}  // namespace robohub::telemetry
