// The second link to the hub: pictures, sound and captures up, interest in them down. A link of its own, so that a
// picture on its way never stands before a stop.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "agent/hub_socket.hpp"
#include "base/ids.hpp"
#include "link/messages.hpp"

namespace robohub::agent {

// All on the loop.
struct BulkEvents {
  std::function<void(const std::string& stream, bool on)> watch;  // each change of interest; a lost link ends all
  std::function<void()> welcomed = [] {};
  std::function<void()> lost = [] {};
  std::function<void(const link::HubMessage&)> capture = [](const link::HubMessage&) {};  // about captures
};

// Owned by its loop.
class BulkLink final : private HubSocketUser {
 public:
  BulkLink(net::Loop& loop, HubSocketSettings settings, DeviceId device, BulkEvents events);

  // The control link was welcomed as `link`: dial, and name it.
  void start(std::string link);
  void stop(std::uint16_t code = 1000);
  bool up() const { return socket_.up(); }
  bool watched(std::string_view stream) const { return watched_.find(stream) != watched_.end(); }
  const std::set<std::string, std::less<>>& watched() const { return watched_; }

  // Queues a picture of a watched stream; one that waits is replaced. Others are dropped. Errors: too_large,
  // invalid_argument (no JPEG, no plain name).
  Status send(std::string_view stream, std::string_view jpeg, std::int64_t t_ns);
  // Queues a chunk of sound of a watched stream; the oldest of those that wait make room. Others are dropped. Errors:
  // too_large, invalid_argument (checkSound(), no plain name).
  Status sendSound(std::string_view stream, int rate_hz, std::string_view pcm, std::int64_t t_ns);
  // Of captures: a message, or a piece behind its head.
  void say(const link::AgentMessage& message);
  void sendPiece(std::string_view head, std::string_view bytes);
  // Nothing waits to be sent.
  bool idle() const { return socket_.queuedBytes() == 0; }
  // A piece does.
  bool pieceWaits() const { return socket_.queuedBytes(net::SendClass::data) > 0; }

 private:
  static constexpr std::size_t kMaxStreams = 16;
  void onUp() override;
  void onText(std::string_view text) override;
  void onDown() override;

  const DeviceId device_;
  BulkEvents events_;
  HubSocket socket_;
  std::string link_;
  std::set<std::string, std::less<>> watched_;
};

}  // namespace robohub::agent
