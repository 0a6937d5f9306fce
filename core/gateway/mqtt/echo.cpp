#include "gateway/mqtt/echo.hpp"

#include <charconv>

#include "base/json.hpp"

namespace robohub::gateway {

namespace {

constexpr std::string_view kOnline = "true,\"n\":";

}  // namespace

MqttEcho::MqttEcho(const std::string& client_id) : head_("{\"hub\":" + json::quote(client_id) + ",\"online\":") {}

void MqttEcho::connected(MonoTime now) {
  echoes_ = false;
  heard_at_ = now;
}

std::string MqttEcho::next() {
  return head_ + std::string(kOnline) + std::to_string(++said_) + "}";
}

std::string MqttEcho::goodbye() const {
  return head_ + "false,\"n\":0}";
}

bool MqttEcho::heard(std::string_view text, MonoTime now) {
  if (!text.starts_with(head_)) return false;
  text.remove_prefix(head_.size());
  if (!text.starts_with(kOnline)) return false;
  text.remove_prefix(kOnline.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)) != "}")
    return false;
  // One is said each second, so the numbers since then are its age.
  if (number > said_ || said_ - number >= static_cast<std::uint64_t>(kLate / kEvery)) return false;
  echoes_ = true;
  heard_at_ = now;
  return true;
}

MqttEcho::Verdict MqttEcho::verdict(MonoTime now) const {
  const Duration silent = now - heard_at_;
  if (!echoes_ || silent <= kLate) return Verdict::fine;
  return silent > kLost ? Verdict::lost : Verdict::late;
}

}  // namespace robohub::gateway
