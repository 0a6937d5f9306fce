// One WebSocket connection of a load generator that speaks with many: what comes is handed over message by message,
// what is said leaves as soon as the kernel takes it. One thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "kit/net.hpp"
#include "kit/websocket.hpp"

namespace bench {

class Peer {
 public:
  // Connects; `id` is that of its events at the poller. `headers`: further lines of the upgrade, each with its end.
  Peer(Poller& poller, std::uint64_t id, const Url& url, const std::string& headers);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool open() const { return open_; }
  // Queues a text message; flush() sends what is queued.
  void say(std::string_view message);
  void flush();

  // Takes what an event says; `take(text)` is called for each text message. Ends the program when the connection ends,
  // as no run with lost peers counts.
  template <typename Take>
  void onEvents(std::uint32_t events, Take&& take) {
    if (events & EPOLLOUT) flush();
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || !read()) return;
    std::size_t used = 0;
    ws::Frame frame;
    while (const std::size_t size = ws::parse(came_.data() + used, came_.size() - used, &frame)) {
      used += size;
      if (frame.opcode == ws::kText)
        take(frame.payload);
      else
        other(frame);
    }
    came_.erase(0, used);
    flush();
  }

 private:
  bool read();  // false while the upgrade is not answered
  void other(const ws::Frame& frame);

  Poller& poller_;
  const std::uint64_t id_;
  const int socket_;
  bool open_ = false, writing_ = true;
  std::string came_, going_;
};

// The text or number of a member of a flat JSON object that a hub wrote; "" when there is none.
std::string_view memberOf(std::string_view message, std::string_view name);

}  // namespace bench
