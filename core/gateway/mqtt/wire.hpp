// One connection to the broker, by libmosquitto: made anew for each attempt, so that nothing of one before it can come
// later. Whoever publishes writes to the socket itself; no other thread has to be woken for a message, which would cost
// more than the message does. What cannot be written at once, and all that comes, is the business of one thread that
// waits for the socket.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "gateway/mqtt/client.hpp"
#include "net/fd.hpp"

struct mosquitto;
struct mosquitto_message;

namespace robohub::gateway {

// The library's calls are guarded by its mutex; none of them waits for the network. SIGPIPE must be ignored, as a
// net::Loop has it.
class MqttWire {
 public:
  // `will`: what is said on the hub's topic when it goes, by itself or by the broker. `message` is called by serve()
  // and subscribe(). Throws std::bad_alloc.
  MqttWire(const MqttBroker& broker, const std::string& client_id, std::string will,
           std::function<void(MqttIncoming)> message);
  ~MqttWire();
  MqttWire(const MqttWire&) = delete;
  MqttWire& operator=(const MqttWire&) = delete;

  // ---- [one thread that may block], in this order
  // Why it failed; empty: the broker has taken us. Waits for the broker's name as long as the name servers want to.
  std::string connect();
  // Those that the broker does not give us.
  std::vector<std::string> subscribe(const std::vector<std::string>& filters);
  // Until the connection is lost, given up or left; why.
  std::string serve();

  // ---- [any-thread]
  bool open() const { return open_; }  // the broker has taken us, and we have not lost it
  enum class Sent : std::uint8_t { yes, full, no };
  Sent publish(const std::string& topic, std::string_view payload);
  // It is worth nothing: serve() ends with `why`, and what waits is not sent.
  void giveUp(const std::string& why);
  // What runs above ends soon; serve() sends what waits and says goodbye before.
  void leave();

 private:
  struct Destroy {
    void operator()(mosquitto* library) const;
  };
  // Called by the library within its functions, so under the mutex.
  static void onConnect(mosquitto*, void* self, int code) RH_NO_THREAD_SAFETY_ANALYSIS;
  static void onSubscribe(mosquitto*, void* self, int id, int count, const int* granted) RH_NO_THREAD_SAFETY_ANALYSIS;
  static void onPublish(mosquitto*, void* self, int id) RH_NO_THREAD_SAFETY_ANALYSIS;
  static void onMessage(mosquitto*, void* self, const mosquitto_message* message) RH_NO_THREAD_SAFETY_ANALYSIS;
  static void onLog(mosquitto*, void* self, int level, const char* text) RH_NO_THREAD_SAFETY_ANALYSIS;

  Status prepareTls() RH_REQUIRES(mutex_);
  std::string why(int code, int number) const RH_REQUIRES(mutex_);
  int turn(Duration most);
  void goodbye();
  void wake();

  const MqttBroker broker_;
  const std::string will_;
  const std::function<void(MqttIncoming)> message_;
  const net::UniqueFd wake_;
  std::atomic<bool> leaving_{false};
  std::atomic<bool> open_{false};

  Mutex mutex_;
  std::unique_ptr<mosquitto, Destroy> library_ RH_GUARDED_BY(mutex_);
  int answer_ RH_GUARDED_BY(mutex_) = -1;                 // CONNACK's code
  std::map<int, bool> granted_ RH_GUARDED_BY(mutex_);     // by id of a SUBSCRIBE that was answered
  int waiting_ RH_GUARDED_BY(mutex_) = 0;                 // messages that the socket has not taken
  std::vector<MqttIncoming> came_ RH_GUARDED_BY(mutex_);  // within one turn
  std::string given_up_ RH_GUARDED_BY(mutex_);            // why
  std::string said_ RH_GUARDED_BY(mutex_);                // the first error in the library's log, while it connects
};

}  // namespace robohub::gateway
