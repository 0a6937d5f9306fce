#include "gateway/agent_connection.hpp"

#include "base/json.hpp"
#include "control/epoch_source.hpp"
#include "link/chunk.hpp"
#include "link/sound.hpp"

namespace robohub::gateway {

namespace {

// What is shown, stored and compared: 1 to 64 characters that no log, page or file name trips over.
bool isVersionText(const std::string& text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-") ==
             std::string::npos;
}

}  // namespace

std::shared_ptr<AgentConnection> AgentConnection::begin(std::shared_ptr<live::LiveDevice> device,
                                                        std::shared_ptr<net::WebSocket> socket, Duration hello_within,
                                                        std::string address, media::Captures* captures) {
  auto self = std::make_shared<AgentConnection>(std::move(device), socket, std::move(address), captures);
  socket->onText([self](std::string_view text) { self->onText(text); });
  socket->onBinary([self](std::string_view bytes) { self->onBinary(bytes); });
  socket->onClosed([self](std::uint16_t, std::string_view) { self->onClosed(); });
  self->hello_timer_ = self->device_->loop().after(hello_within, [weak = self->weak_from_this()] {
    auto connection = weak.lock();
    if (connection && connection->role_ == Role::unknown) connection->socket_->close(1008, "no hello");
  });
  return self;
}

void AgentConnection::refuse(ErrorCode code, const std::string& message) {
  send(link::encode(link::Refused{toString(code), message}));
  socket_->close(link::kCloseRefused, message.substr(0, 100));
}

void AgentConnection::refuseHello(ErrorCode code, const std::string& message, const link::Hello& hello) {
  device_->agentRefused(address_, hello, message);
  refuse(code, message);
}

void AgentConnection::onText(std::string_view text) {
  auto message = link::parseFromAgent(text);
  if (!message) {
    if (role_ == Role::unknown) {
      refuse(message.error().code, message.error().message);
      return;
    }
    send("{\"type\":\"error\",\"code\":\"" + std::string(toString(message.error().code)) +
         "\",\"message\":" + json::quote(message.error().message) + "}");
    return;
  }
  if (role_ == Role::unknown)
    onFirst(*message);
  else if (role_ == Role::control)
    device_->agentMessage(nonce_, *message);
  else
    onBulk(*message);
}

void AgentConnection::onBulk(const link::AgentMessage& message) {
  if (const auto* begin = std::get_if<link::CaptureBegin>(&message)) intake_->take(*begin);
  if (const auto* segment = std::get_if<link::SegmentReady>(&message)) intake_->take(*segment);
  if (const auto* end = std::get_if<link::CaptureEnd>(&message)) intake_->take(*end);
}

void AgentConnection::onFirst(const link::AgentMessage& message) {
  if (const auto* hello = std::get_if<link::Hello>(&message)) {
    if (hello->device != device_->id())
      return refuse(ErrorCode::permission_denied, "The key belongs to another device than the hello names.");
    if (!isVersionText(hello->agent) || !isVersionText(hello->plugin.type) || !isVersionText(hello->plugin.version))
      return refuseHello(ErrorCode::invalid_argument,
                         "The versions and the type in a hello are 1 to 64 characters of A-Z, a-z, 0-9, '.', '_', '+' "
                         "and '-'.",
                         *hello);
    if (hello->protocol_min > link::kProtocolVersion || hello->protocol_max < link::kProtocolVersion)
      return refuseHello(ErrorCode::unsupported,
                         "This hub speaks version " + std::to_string(link::kProtocolVersion) +
                             " of the agent link; update the older of the two programs.",
                         *hello);
    if (hello->epoch > control::EpochSource::kMostGiven)
      return refuseHello(ErrorCode::invalid_argument,
                         "The agent has seen turn " + std::to_string(hello->epoch) +
                             ", which no hub gives. Start it anew; and give the device a new key, if another program "
                             "than its agent said so.",
                         *hello);
    role_ = Role::control;
    nonce_ = hello->nonce;
    device_->agentOnline(shared_from_this(), *hello, address_);
  } else if (const auto* bulk = std::get_if<link::BulkHello>(&message)) {
    if (bulk->device != device_->id() || !device_->bulkOnline(shared_from_this(), bulk->link)) {
      // Not for good: the control link that it names may be a moment old. The agent dials again.
      socket_->close(1008, "no such control link");
      return;
    }
    role_ = Role::bulk;
    intake_ = std::make_shared<CaptureIntake>(
        device_->loop(), captures_, device_->id(),
        CaptureIntake::Ways{[this](const link::HubMessage& said) { socket_->sendText(link::encode(said)); },
                            [this](const std::string& why) { socket_->close(1008, why); }});
    socket_->setMaxMessageBytes(link::kMaxPictureBytes + 128);
  } else {
    return refuse(ErrorCode::invalid_argument, "The first message of a link must be a hello.");
  }
  device_->loop().cancel(hello_timer_);
}

void AgentConnection::onBinary(std::string_view bytes) {
  if (role_ == Role::bulk && link::isChunk(bytes))
    intake_->piece(bytes);
  else if (role_ == Role::bulk && link::isSound(bytes))
    device_->sound(this, bytes);
  else if (role_ == Role::bulk)
    device_->picture(this, bytes);
  else
    socket_->close(1003, "binary messages belong on the bulk link");
}

void AgentConnection::onClosed() {
  device_->loop().cancel(hello_timer_);
  if (role_ == Role::control) device_->agentLost(nonce_);
  if (role_ == Role::bulk) device_->bulkLost(this);
  if (intake_) intake_->end();
}

}  // namespace robohub::gateway
