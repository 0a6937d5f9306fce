#include "agent/hub_socket.hpp"

#include "agent/clean_text.hpp"
#include "agent/log.hpp"
#include "agent/random.hpp"
#include "link/messages.hpp"

namespace robohub::agent {
namespace {

constexpr Duration kDialTimeout = std::chrono::seconds(5);

}  // namespace

HubSocket::HubSocket(net::Loop& loop, HubSocketSettings settings, HubSocketUser& user)
    : loop_(loop), settings_(std::move(settings)), user_(user) {}

HubSocket::~HubSocket() {
  stop();
}

void HubSocket::start() {
  if (socket_ || dialling_) return;
  if (timer_ != 0) loop_.cancel(timer_);
  timer_ = 0;
  net::WebSocketRequest request;
  request.endpoint = settings_.hub.endpoint;
  request.target = settings_.hub.target("/api/v1/agent");
  request.headers = {{"Authorization", settings_.authorization}};
  request.timeout = kDialTimeout;
  request.options.protocol = link::kSubprotocol;
  request.options.max_message_bytes = link::kMaxTextBytes;
  request.options.ping_every = settings_.ping_every;
  request.options.limits = settings_.limits;
  request.options.write_stall = settings_.write_stall;
  dialling_ = net::dialWebSocket(loop_, std::move(request),
                                 [this](net::WebSocketDialled result) { dialled(std::move(result)); });
}

void HubSocket::stop(std::uint16_t code, std::string_view reason) {
  if (timer_ != 0) loop_.cancel(timer_);
  timer_ = 0;
  dialling_.reset();
  if (!socket_) return;
  const auto socket = socket_;
  letGo();
  socket->close(code, reason);
}

void HubSocket::letGo() {
  if (!socket_) return;
  *self_ = nullptr;
  socket_.reset();
}

void HubSocket::welcomed() {
  delay_.succeeded();
  told_.clear();
}

void HubSocket::refused(const std::string& why) {
  refused_ = true;
  log::error("The hub refuses the " + settings_.what + ": " + cleanText(why));
}

void HubSocket::fail(std::uint16_t code, const std::string& why) {
  if (!socket_) return;
  const auto socket = socket_;
  letGo();
  socket->close(code, why);
  user_.onDown();
  again(why, false);
}

bool HubSocket::sendText(std::string_view text, net::SendClass send_class) {
  return socket_ && socket_->sendText(text, send_class);
}

bool HubSocket::sendFrame(const SharedBytes& frame, net::SendClass send_class) {
  return socket_ && socket_->sendFrame(frame, send_class);
}

void HubSocket::dialled(net::WebSocketDialled result) {
  // Kept until the end of this function, which may run inside of it.
  const auto dialling = std::move(dialling_);
  if (!result.socket) {
    const bool refused = result.http_status == 401 || result.http_status == 403;
    if (result.http_status == 403)
      return again(
          "the hub wants this device's certificate. `robohub certificate issue` makes one there; name it in "
          "agent.yaml as hub.certificate and hub.key",
          refused);
    return again(refused ? "the hub does not accept this agent's key. If the device was revoked, enrol it again and "
                           "write the new claim code into agent.yaml"
                         : settings_.hub.sentence(result.error),
                 refused);
  }
  socket_ = std::move(result.socket);
  refused_ = false;
  self_ = std::make_shared<HubSocket*>(this);
  socket_->onText([self = self_](std::string_view text) {
    if (*self) (*self)->user_.onText(text);
  });
  socket_->onBinary([self = self_](std::string_view) {
    if (*self) (*self)->fail(1003, "the hub sent bytes where text belongs");
  });
  socket_->onClosed([self = self_](std::uint16_t code, std::string_view reason) {
    if (*self) (*self)->closed(code, std::string(reason));
  });
  user_.onUp();
}

void HubSocket::closed(std::uint16_t code, const std::string& reason) {
  letGo();
  user_.onDown();
  if (code == link::kCloseReplaced) {
    delay_.lengthen();  // else the two would push each other off several times a second
    return again("another agent of this device has taken its place; only one may run", false);
  }
  std::string why =
      code == link::kCloseRefused ? "the hub refuses this device" : "it was closed (" + std::to_string(code) + ")";
  if (!reason.empty()) why += ": " + cleanText(reason, 200);
  again(why, refused_ || code == link::kCloseRefused);
}

void HubSocket::again(const std::string& why, bool refused) {
  Duration wait = delay_.next(randomFraction());
  if (refused) wait = settings_.refused_wait;
  if (why != told_) {
    log::warning("The " + settings_.what + " to " + settings_.hub.url + " is down: " + withoutStop(why) +
                 (refused ? ". Trying again in a minute." : ". Dialling again."));
  }
  told_ = why;
  refused_ = false;
  timer_ = loop_.after(wait, [this] {
    timer_ = 0;
    start();
  });
}

}  // namespace robohub::agent
