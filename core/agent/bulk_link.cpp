#include "agent/bulk_link.hpp"

#include "agent/log.hpp"
#include "link/messages.hpp"
#include "link/picture.hpp"
#include "link/sound.hpp"

namespace robohub::agent {

BulkLink::BulkLink(net::Loop& loop, HubSocketSettings settings, DeviceId device, BulkEvents events)
    : device_(std::move(device)), events_(std::move(events)), socket_(loop, std::move(settings), *this) {}

void BulkLink::start(std::string link) {
  link_ = std::move(link);
  socket_.start();
}

void BulkLink::stop(std::uint16_t code) {
  const bool was_up = socket_.up();
  socket_.stop(code);
  if (was_up) onDown();
}

void BulkLink::onUp() {
  socket_.sendText(link::encode(link::AgentMessage(link::BulkHello{device_, link_})), net::SendClass::control);
}

void BulkLink::onText(std::string_view text) {
  auto message = link::parseFromHub(text);
  if (!message) {
    if (message.error().code != ErrorCode::unsupported)
      socket_.fail(1002, "the hub sent what cannot be read: " + message.error().message);
    return;
  }
  if (std::holds_alternative<link::BulkWelcome>(*message)) {
    socket_.welcomed();
    return events_.welcomed();
  }
  if (const auto* refused = std::get_if<link::Refused>(&*message)) return socket_.refused(refused->message);
  const auto* watch = std::get_if<link::Watch>(&*message);
  if (watch == nullptr) return events_.capture(*message);
  const auto before = watched_.find(watch->stream);
  if (watch->on == (before != watched_.end())) return;
  if (!watch->on) {
    watched_.erase(before);
  } else {
    if (watched_.size() == kMaxStreams) return;
    watched_.insert(watch->stream);
  }
  events_.watch(watch->stream, watch->on);
}

void BulkLink::onDown() {
  const auto before = std::exchange(watched_, {});
  for (const auto& stream : before) events_.watch(stream, false);
  events_.lost();
}

void BulkLink::say(const link::AgentMessage& message) {
  socket_.sendText(link::encode(message), net::SendClass::control);
}

void BulkLink::sendPiece(std::string_view head, std::string_view bytes) {
  socket_.sendFrame(net::WebSocket::frameBinary(head, bytes), net::SendClass::data);
}

Status BulkLink::send(std::string_view stream, std::string_view jpeg, std::int64_t t_ns) {
  if (!socket_.up() || !watched(stream)) return {};
  auto head = link::encodePictureHead(stream, t_ns);
  if (!head) return fail(head.error());
  if (head->size() + jpeg.size() > link::kMaxPictureBytes)
    return fail(ErrorCode::too_large, "A picture is larger than 4 MiB.");
  if (jpeg.size() < 4 || jpeg.substr(0, 3) != "\xff\xd8\xff")
    return fail(ErrorCode::invalid_argument, "A picture is no JPEG.");
  socket_.sendFrame(net::WebSocket::frameBinary(*head, jpeg), net::SendClass::picture);
  return {};
}

Status BulkLink::sendSound(std::string_view stream, int rate_hz, std::string_view pcm, std::int64_t t_ns) {
  if (!socket_.up() || !watched(stream)) return {};
  if (auto good = link::checkSound(pcm, rate_hz); !good) return good;
  auto head = link::encodeSoundHead(stream, t_ns);
  if (!head) return fail(head.error());
  socket_.sendFrame(net::WebSocket::frameBinary(*head, pcm), net::SendClass::sound);
  return {};
}

}  // namespace robohub::agent
