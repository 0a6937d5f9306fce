#include "video/hub_channel.hpp"

#include <charconv>
#include <cstdlib>

#include "media/worker_words.hpp"

namespace robohub::video {

namespace words = media::words;

namespace {

constexpr Duration kPatience = std::chrono::hours(6);
constexpr int kHubGone = 3, kNoSense = 4;

std::string space(std::string_view word) {
  return std::string(word) + " ";
}

}  // namespace

void HubChannel::send(const std::string& text) const {
  if (!process::sendPacket(socket_, std::string_view(text).substr(0, process::kMaxFdPacket))) std::_Exit(kHubGone);
}

std::optional<Segment> HubChannel::next() {
  send(std::string(words::kNext));
  auto packet = process::receivePacket(socket_, kPatience);
  if (!packet || packet->end) std::_Exit(kHubGone);
  if (packet->text == words::kEnd) return std::nullopt;
  const std::string head = space(words::kSegment);
  Segment segment;
  if (!packet->text.starts_with(head) || !packet->file) std::_Exit(kNoSense);
  const char* end = packet->text.data() + packet->text.size();
  const auto [last, error] = std::from_chars(packet->text.data() + head.size(), end, segment.number);
  if (error != std::errc() || last != end) std::_Exit(kNoSense);
  segment.file = std::move(packet->file);
  return segment;
}

void HubChannel::joined(std::uint32_t number, std::int64_t ms) {
  send(space(words::kJoined) + std::to_string(number) + " " + std::to_string(ms));
}
void HubChannel::refused(std::uint32_t number, const std::string& sentence) {
  send(space(words::kRefused) + std::to_string(number) + " " + sentence);
}
void HubChannel::done(std::int64_t ms, int width, int height, const std::string& note) {
  send(space(words::kDone) + std::to_string(ms) + " " + std::to_string(width) + " " + std::to_string(height) +
       (note.empty() ? "" : " ") + note);
}
void HubChannel::failed(const Failure& failure) {
  send(space(words::kFailed) + failure.code + " " + failure.sentence);
}

}  // namespace robohub::video
