#include "soak/device.hpp"

#include "base/json.hpp"
#include "base/time.hpp"

namespace soak {

using namespace robohub;

namespace {

constexpr Duration kBeat = std::chrono::milliseconds(50);
constexpr Duration kAgain = std::chrono::milliseconds(2);

std::string textOf(const json::Object& object, const std::string& key) {
  return json::getString(object, key).value_or("");
}

}  // namespace

Device::Device(Ledger& ledger, std::string id, std::string key, std::string type, std::string manifest_hash)
    : ledger_(ledger),
      id_(std::move(id)),
      key_(std::move(key)),
      type_(std::move(type)),
      hash_(std::move(manifest_hash)) {
  beat();
  thread_ = std::thread([this] { loop_.run(); });
}

Device::~Device() {
  loop_.stop();
  thread_.join();
}

void Device::connect(std::uint16_t port) {
  loop_.post([this, port] {
    port_ = port;
    if (!socket_ && !dialling_) dial();
  });
}

void Device::dial() {
  net::WebSocketRequest request;
  request.endpoint = net::Endpoint::tcp("127.0.0.1", port_);
  request.target = "/api/v1/agent";
  request.headers.set("Authorization", "Robohub-Device " + id_ + ":" + key_);
  request.options.protocol = "robohub.agent.v1";
  request.timeout = std::chrono::seconds(1);
  dialling_ = net::dialWebSocket(loop_, std::move(request), [this](net::WebSocketDialled dialled) {
    socket_ = dialled.socket;
    // Not destroyed from within its own call.
    loop_.post([this] { dialling_.reset(); });
    if (!socket_) {
      loop_.after(kAgain, [this] {
        if (!socket_ && !dialling_) dial();
      });
      return;
    }
    socket_->onText([this](std::string_view text) { onText(text); });
    socket_->onClosed([this](std::uint16_t, std::string_view) {
      online_ = false;
      socket_.reset();
      loop_.after(kAgain, [this] {
        if (!socket_ && !dialling_) dial();
      });
    });
    link::Hello hello;
    hello.device = *DeviceId::parse(id_);
    hello.agent = "0.1.0";
    hello.boot = "0123456789abcdef";
    hello.nonce = {0x5eed, ++links_};
    hello.epoch = ledger_.highestTurn(id_);
    hello.plugin = {type_, "1.0.0", hash_};
    hello.stopped = stopped_;
    say(hello);
  });
}

void Device::say(const link::AgentMessage& message) {
  if (socket_) socket_->sendText(link::encode(message));
}

void Device::beat() {
  loop_.after(kBeat, [this] { beat(); });
  if (online_) say(link::AgentBeat{toNs(std::chrono::steady_clock::now()), false, ledger_.highestTurn(id_)});
}

void Device::onText(std::string_view text) {
  const auto parsed = json::parseObject(text);
  if (!parsed) return ledger_.violation("the hub sent " + id_ + " no JSON");
  const json::Object& message = **parsed;
  const std::string type = textOf(message, "type"), id = textOf(message, "id");
  const auto epoch = static_cast<std::uint64_t>(json::getInt(message, "epoch").value_or(0));
  if (type == "welcome") {
    online_ = true;
    say(link::AgentBeat{toNs(std::chrono::steady_clock::now()), false, ledger_.highestTurn(id_)});
  } else if (type == "grant") {
    ledger_.turn(id_, epoch, "");
  } else if (type == "command") {
    if (epoch != 0 && epoch < ledger_.highestTurn(id_))
      ledger_.violation("a command of turn " + std::to_string(epoch) + " came behind a later turn of " + id_);
    say(link::Ack{id});
    say(link::CommandResult{id, {link::FinalState::succeeded, std::nullopt, "", "", ""}});
  } else if (type == "stop") {
    stopped_ = link::StopFacts{id, textOf(message, "by"), textOf(message, "reason")};
    say(link::Stopped{id, true, ""});
  } else if (type == "reset") {
    stopped_.reset();
    say(link::ResetDone{id, true, ""});
    say(link::AgentBeat{toNs(std::chrono::steady_clock::now()), false, ledger_.highestTurn(id_)});
  }
}

}  // namespace soak
