// Whether the broker passes on what it takes. It may take messages and hold them (a stopped process, a full machine),
// and would carry them out when it wakes; so the hub says on a topic of its own that it is there, each second, and
// listens for itself. Rules only; time comes in.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace robohub::gateway {

// Owned by one loop, but where a function says otherwise.
class MqttEcho {
 public:
  static constexpr Duration kEvery = std::chrono::seconds(1);  // how often next() is to be said
  static constexpr Duration kLate = std::chrono::seconds(3), kLost = std::chrono::seconds(10);
  enum class Verdict : std::uint8_t {
    fine,  // also where the broker has never let us hear ourselves: then nothing can be told
    late,  // for longer than kLate nothing came back
    lost,  // and for so long that the connection is worth nothing
  };

  explicit MqttEcho(const std::string& client_id);

  // A new connection; what the broker does on it is not known yet.
  void connected(MonoTime now);
  // What is to be said now.
  std::string next();
  // What says that this hub is gone. [any-thread]
  std::string goodbye() const;
  // Something came on the topic. True: it was said by this hub less than kLate ago, so the broker is there. What a
  // broker that wakes up gives back of the time before says nothing of how quick it is now.
  bool heard(std::string_view text, MonoTime now);
  Verdict verdict(MonoTime now) const;

 private:
  const std::string head_;  // of what is said, before "online"
  bool echoes_ = false;     // the broker lets us hear ourselves
  std::uint64_t said_ = 0;  // the newest number
  MonoTime heard_at_{};
};

}  // namespace robohub::gateway
