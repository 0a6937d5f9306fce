#include "agent/telemetry_feed.hpp"

#include "agent/clean_text.hpp"
#include "base/json.hpp"

namespace robohub::agent {
namespace {

constexpr Duration kComplainEvery = std::chrono::minutes(1);
// The whole message must fit into link::kMaxTextBytes.
constexpr std::size_t kMaxValueBytes = link::kMaxTextBytes - 1024;

Status fits(const plugin::Channel& channel, const std::string& json) {
  if (json.size() > kMaxValueBytes) return fail(ErrorCode::too_large, "it is too large");
  auto value = json::parseObject(json);
  if (!value) return fail(value.error());
  return channel.schema.validate(*value);
}

}  // namespace

TelemetryFeed::TelemetryFeed(const plugin::DeviceType& type) {
  for (const auto& channel : type.channels) {
    const double rate_hz = std::clamp(channel.max_rate_hz, 0.001, 1000.0);
    slots_.push_back({&channel, Duration(static_cast<Duration::rep>(1e9 / rate_hz)), {}, 0, false, {}, {}});
    slots_.back().allowed = slots_.back().complain = MonoTime::min();
  }
}

std::optional<std::string> TelemetryFeed::publish(std::string_view channel, const std::string& json, std::int64_t t_ns,
                                                  MonoTime now) {
  const auto slot =
      std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.channel->name == channel; });
  if (slot == slots_.end()) {
    if (now < complain_unknown_) return {};
    complain_unknown_ = now + kComplainEvery;
    return "The driver publishes a channel \"" + cleanText(channel, 64) + "\" that it has not declared.";
  }
  if (auto good = fits(*slot->channel, json); !good) {
    if (now < slot->complain) return {};
    slot->complain = now + kComplainEvery;
    const auto& error = good.error();
    return "A value of the channel \"" + slot->channel->name +
           "\" was left out: " + (error.where.empty() ? "" : error.where + " ") + error.message;
  }
  slot->json = json;
  slot->t_ns = t_ns;
  slot->waiting = true;
  return {};
}

std::vector<link::Telemetry> TelemetryFeed::takeDue(MonoTime now) {
  std::vector<link::Telemetry> due;
  for (auto& slot : slots_) {
    if (!slot.waiting || now < slot.allowed) continue;
    slot.waiting = false;
    // Counted from when it might have gone: what a timer is late must not add up, or a channel at its full rate loses
    // values one after another. Behind a pause it begins anew, so that nothing is made up for.
    const bool goes_on = slot.allowed + slot.interval / 2 >= now;
    slot.allowed = (goes_on ? slot.allowed : now) + slot.interval;
    due.push_back({slot.channel->name, slot.t_ns, slot.json});
  }
  return due;
}

MonoTime TelemetryFeed::nextDue() const {
  MonoTime next = MonoTime::max();
  for (const auto& slot : slots_) {
    if (slot.waiting) next = std::min(next, slot.allowed);
  }
  return next;
}

void TelemetryFeed::sendAgain() {
  for (auto& slot : slots_) {
    slot.waiting = !slot.json.empty();
    slot.allowed = MonoTime::min();
  }
}

}  // namespace robohub::agent
