// The hub's connection to the MQTT broker, by libmosquitto:
//   - whoever publishes writes to the socket, without waiting for it; what may block (resolving names) and what comes
//     are the business of a thread of its own, which only copies and posts;
//   - the library's own reconnecting is not used; the broker is dialled again and again with back-off and jitter;
//   - nothing is kept while the broker is away: no session, no retained messages, no queue, so that no command is
//     carried out later than it was meant;
//   - a broker that stands still is noticed by an echo of our own within 3 s, long before the keep-alive: what is given
//     to its socket then would be carried out when it wakes up.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gateway/mqtt/settings.hpp"
#include "net/loop.hpp"

namespace robohub::gateway {

struct MqttIncoming {
  std::string topic, payload;
  bool retained = false;
};

// Since the start. [any-thread]
struct MqttCounts {
  std::atomic<std::uint64_t> in{0}, out{0};
  std::atomic<std::uint64_t> refused{0};  // could not be sent
  std::atomic<std::uint64_t> dropped{0};  // came faster than they were taken, or too large
};

struct MqttState {
  bool up = false;
  std::string why;  // why not; empty before the first attempt has failed
  std::vector<std::string> refused_filters;
};

class MqttClient {
 public:
  // All on the loop.
  struct Handlers {
    std::function<void()> up;
    // After up, and after each attempt that failed. Not `lost`: the connection holds, but the broker stands still; up
    // comes again without what the broker has kept, which it says to new subscribers only, or down comes again, lost.
    std::function<void(const std::string& why, bool lost)> down;
    std::function<void(const std::vector<MqttIncoming>&)> messages;
    // Whether a message of this topic must not give way to values when more come than are taken; may be empty.
    // [any-thread]
    std::function<bool(const std::string& topic)> counts = {};
  };
  // `filters` are subscribed to after each connect. `loop` must outlive it.
  MqttClient(net::Loop& loop, const MqttBroker& broker, std::vector<std::string> filters, Handlers handlers);
  ~MqttClient();
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  // Dials from now on. Before the loop runs, or on it.
  void begin();
  // Sends what waits and goes; no handler is called afterwards. Blocks for at most two seconds; not on the loop.
  void end();

  // Quality of service 0, not retained. Errors: unavailable (the broker is away, or stands still), exhausted (over
  // 1,000 messages wait for the network). [any-thread]
  Status publish(std::string_view topic, std::string_view payload);

  bool up() const;                   // [any-thread]
  MqttState state() const;           // [any-thread]
  const MqttCounts& counts() const;  // [any-thread]

 private:
  class Session;
  std::shared_ptr<Session> session_;
};

// Where every hub says that it is there (docs/PROTOCOL.md, section 4).
inline constexpr const char* kMqttHubTopic = "robohub/v1/hub";

}  // namespace robohub::gateway
