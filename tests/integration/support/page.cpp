#include "integration/support/page.hpp"

#include <stdexcept>

namespace robohub::integration {
namespace {

std::string textOf(const json::Object& object, const std::string& key) {
  return json::getString(object, key).value_or("");
}

constexpr std::size_t kBeatsKept = 12;

bool isFinal(const std::string& state) {
  return state == "succeeded" || state == "failed" || state == "expired" || state == "cancelled" ||
         state == "refused" || state == "unknown";
}

}  // namespace

Page::Page(const HubProcess& hub, const std::string& name, const std::string& cookie, std::uint16_t through)
    : cookie_(cookie.empty() ? hub.guest(name) : cookie) {
  net::WebSocketRequest request;
  request.endpoint = net::Endpoint::tcp("127.0.0.1", through ? through : hub.port());
  request.target = "/api/v1/live";
  request.headers = {{"Cookie", cookie_}, {"Origin", "http://127.0.0.1:" + std::to_string(request.endpoint.port)}};
  request.options.max_message_bytes = 4 * 1024 * 1024;
  dialling_ = net::dialWebSocket(loop_, std::move(request), [this](net::WebSocketDialled result) {
    socket_ = result.socket;
    if (socket_) {
      socket_->onText([this](std::string_view text) { onText(text); });
      socket_->onClosed([this](std::uint16_t, std::string_view) {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_all();
      });
    }
    const std::lock_guard lock(mutex_);
    up_ = socket_ != nullptr;
    if (!up_) fault_ = "no live socket: " + result.error.message;
    changed_.notify_all();
  });
  thread_ = std::thread([this] { loop_.run(); });
  if (!until([this] { return up_ || !fault_.empty(); }) || !fault_.empty()) {
    loop_.stop();
    thread_.join();
    throw std::runtime_error(fault_.empty() ? "no live socket in time" : fault_);
  }
}

Page::~Page() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

bool Page::until(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, holds);
}

void Page::send(const std::string& text) {
  loop_.post([this, text] {
    if (socket_) socket_->sendText(text);
  });
}

void Page::onText(std::string_view text) {
  const auto parsed = json::parseObject(text);
  if (!parsed) throw std::runtime_error("the hub sent no JSON: " + std::string(text));
  const json::Object& message = **parsed;
  const std::string type = textOf(message, "type");
  const std::lock_guard lock(mutex_);
  if (type == "stamp") {
    const std::string device = textOf(message, "device");
    if (beating_ && socket_) {
      socket_->sendText("{\"type\":\"beat\",\"device\":" + json::quote(device) +
                        ",\"epoch\":" + std::to_string(json::getInt(message, "epoch").value_or(0)) +
                        ",\"stamp\":" + json::quote(textOf(message, "stamp")) + "}");
      last_beat_ns_ = monotonicNs();
      // "<nonce>.<ns>": the agent's clock is this machine's.
      const std::string stamp = textOf(message, "stamp");
      beats_.push_back({std::strtoll(stamp.c_str() + stamp.find('.') + 1, nullptr, 10), last_beat_ns_});
      if (beats_.size() > kBeatsKept) beats_.pop_front();
    }
  } else if (type == "you") {
    auto& known = devices_[textOf(message, "device")];
    known.turn = textOf(message, "state");
    known.epoch = known.turn == "active" ? static_cast<std::uint64_t>(json::getInt(message, "epoch").value_or(0)) : 0;
  } else if (type == "device") {
    const auto device = json::getObject(message, "device").value_or(nullptr);
    const auto stop = device ? json::getObject(*device, "stop").value_or(nullptr) : nullptr;
    if (stop) {
      auto& known = devices_[textOf(*device, "id")];
      known.stop = textOf(*stop, "state");
      if (known.stops.empty() || known.stops.back() != known.stop) known.stops.push_back(known.stop);
    }
  } else if (type == "command") {
    commands_[textOf(message, "key")] = textOf(message, "state");
    const auto error = json::getObject(message, "error").value_or(nullptr);
    if (error) last_error_ = textOf(*error, "code");
  } else if (type == "error") {
    last_error_ = textOf(message, "code");
    const std::string ref = textOf(message, "ref");
    if (!ref.empty()) commands_[ref] = "refused";
  }
  changed_.notify_all();
}

void Page::join(const std::string& device) {
  send("{\"type\":\"watch\",\"device\":" + json::quote(device) + "}");
  send("{\"type\":\"join\",\"device\":" + json::quote(device) + "}");
}

bool Page::drive(const std::string& device, std::chrono::milliseconds patience) {
  join(device);
  return until([&] { return devices_[device].turn == "active"; }, patience);
}

std::uint64_t Page::epoch(const std::string& device) {
  const std::lock_guard lock(mutex_);
  return devices_[device].epoch;
}

std::string Page::turnState(const std::string& device) {
  const std::lock_guard lock(mutex_);
  return devices_[device].turn;
}

std::string Page::post(std::uint64_t of, const std::string& device, const std::string& name,
                       const std::string& params) {
  // Unique for a person, who may have had other pages before.
  static std::atomic<int> keys{0};
  const std::string key = "k" + std::to_string(++keys);
  send("{\"type\":\"command\",\"ref\":" + json::quote(key) + ",\"device\":" + json::quote(device) +
       ",\"name\":" + json::quote(name) + ",\"params\":" + params + ",\"epoch\":" + std::to_string(of) +
       ",\"key\":" + json::quote(key) + "}");
  return key;
}

std::string Page::commandOf(std::uint64_t of, const std::string& device, const std::string& name,
                            const std::string& params, std::chrono::milliseconds patience) {
  return ended(post(of, device, name, params), patience);
}

std::string Page::ended(const std::string& key, std::chrono::milliseconds patience) {
  until([&] { return isFinal(commands_[key]); }, patience);
  const std::lock_guard lock(mutex_);
  return isFinal(commands_[key]) ? commands_[key] : "";
}

std::string Page::command(const std::string& device, const std::string& name, const std::string& params,
                          std::chrono::milliseconds patience) {
  return commandOf(epoch(device), device, name, params, patience);
}

std::string Page::lastError() {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

void Page::beating(bool on) {
  const std::lock_guard lock(mutex_);
  beating_ = on;
}

std::int64_t Page::lastBeatNs() {
  const std::lock_guard lock(mutex_);
  return last_beat_ns_;
}

std::string Page::beatsBefore(std::int64_t at_ns) {
  std::string text;
  const std::lock_guard lock(mutex_);
  for (const Beat& beat : beats_)
    text += (text.empty() ? "" : ", ") + std::to_string((at_ns - beat.made_ns) / 1'000'000) + "/" +
            std::to_string((at_ns - beat.answered_ns) / 1'000'000);
  return text;
}

void Page::close() {
  loop_.post([this] {
    if (socket_) socket_->close(1000);
  });
}

bool Page::closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::string Page::stopState(const std::string& device) {
  const std::lock_guard lock(mutex_);
  return devices_[device].stop;
}

std::vector<std::string> Page::stopStates(const std::string& device) {
  const std::lock_guard lock(mutex_);
  return devices_[device].stops;
}

}  // namespace robohub::integration
