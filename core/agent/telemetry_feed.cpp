#include "agent/telemetry_feed.hpp"

#include <algorithm>
#include <utility>

#include "agent/clean_text.hpp"
#include "base/json.hpp"

namespace robohub::agent {
namespace {

constexpr Duration kComplainEvery = std::chrono::minutes(1);
// The whole message must fit into link::kMaxTextBytes.
constexpr std::size_t kMaxValueBytes = link::kMaxTextBytes - 1024;

}  // namespace

TelemetryFeed::TelemetryFeed(const plugin::DeviceType& type) {
  for (const auto& channel : type.channels) {
    const double rate_hz = std::clamp(channel.max_rate_hz, 0.001, 1000.0);
    Slot& slot = slots_.emplace_back();
    slot.channel = &channel;
    slot.interval = Duration(static_cast<Duration::rep>(1e9 / rate_hz));
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
  if (json.empty()) return slot->complaint({ErrorCode::invalid_argument, "it is empty", {}}, now);
  if (json.size() > kMaxValueBytes) return slot->complaint({ErrorCode::too_large, "it is too large", {}}, now);
  slot->unread = json;
  slot->unread_t_ns = t_ns;
  return {};
}

Status TelemetryFeed::Slot::read() {
  std::string fresh = std::exchange(unread, {});
  const auto value = robohub::json::parseObject(fresh);
  if (!value) return fail(value.error());
  if (Status fits = channel->schema.validate(*value); !fits) return fits;
  json = std::move(fresh);
  t_ns = unread_t_ns;
  return {};
}

std::optional<std::string> TelemetryFeed::Slot::complaint(const Error& error, MonoTime now) {
  if (now < complain) return {};
  complain = now + kComplainEvery;
  return "A value of the channel \"" + channel->name +
         "\" was left out: " + (error.where.empty() ? "" : error.where + " ") + error.message;
}

TelemetryFeed::Due TelemetryFeed::takeDue(MonoTime now) {
  Due due;
  for (auto& slot : slots_) {
    if (!slot.waits() || now < slot.allowed) continue;
    // Counted from when it might have gone: what a timer is late must not add up, or a channel at its full rate loses
    // values one after another. Behind a pause it begins anew, so that nothing is made up for. One that is refused
    // counts too, since reading it is what costs.
    const bool goes_on = slot.allowed + slot.interval / 2 >= now;
    slot.allowed = (goes_on ? slot.allowed : now) + slot.interval;
    bool send = std::exchange(slot.again, false);
    if (!slot.unread.empty()) {
      if (const Status good = slot.read(); good)
        send = true;
      else if (auto complaint = slot.complaint(good.error(), now))
        due.complaints.push_back(std::move(*complaint));
    }
    if (send) due.values.push_back({slot.channel->name, slot.t_ns, slot.json});
  }
  return due;
}

MonoTime TelemetryFeed::nextDue() const {
  MonoTime next = MonoTime::max();
  for (const auto& slot : slots_) {
    if (slot.waits()) next = std::min(next, slot.allowed);
  }
  return next;
}

void TelemetryFeed::sendAgain() {
  for (auto& slot : slots_) {
    slot.again = !slot.json.empty();
    slot.allowed = MonoTime::min();
  }
}

}  // namespace robohub::agent
