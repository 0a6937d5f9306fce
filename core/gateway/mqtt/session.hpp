// What is behind MqttClient.
#pragma once
#include "base/mutex.hpp"
#include "gateway/mqtt/client.hpp"
#include "gateway/mqtt/echo.hpp"
#include "gateway/mqtt/inbox.hpp"
#include "gateway/mqtt/wire.hpp"
#include "net/helper_thread.hpp"
#include "net/redial_delay.hpp"

namespace robohub::gateway {

// Functions are [loop] but where they say otherwise.
class MqttClient::Session final : public std::enable_shared_from_this<MqttClient::Session> {
 public:
  Session(net::Loop& loop, const MqttBroker& broker, std::vector<std::string> filters, Handlers handlers);

  net::Loop& loop() { return loop_; }  // [any-thread]
  void dial();
  void end();                                                        // [not the loop]
  Status publish(std::string_view topic, std::string_view payload);  // [any-thread]
  bool up() const { return up_.load(std::memory_order_acquire); }    // [any-thread]
  MqttState state() const;                                           // [any-thread]
  const MqttCounts& counts() const { return counts_; }               // [any-thread]

 private:
  // ---- [helper]: one connection from its beginning to its end
  void live();
  void arrived(MqttIncoming message);
  void setWire(std::shared_ptr<MqttWire> wire);

  void attempted(const std::string& why);
  void lost(const std::string& why);
  void announceUp();
  void announceDown(const std::string& why, bool lost);
  void dialLater();
  void watchEcho();
  void takeInbox();
  bool takeEcho(const MqttIncoming& message);
  std::shared_ptr<MqttWire> wire() const;  // [any-thread]; null while none is being made or holds

  net::Loop& loop_;
  const MqttBroker broker_;
  const std::string client_id_;
  MqttEcho echo_;
  std::vector<std::string> filters_;
  const Handlers handlers_;
  const MqttInbox::Counts stays_;
  MqttCounts counts_;

  std::atomic<bool> up_{false};
  std::atomic<bool> ending_{false};

  bool connected_ = false;        // `up_` also says that it answers
  std::uint64_t connection_ = 0;  // timers of one before are void
  net::RedialDelay delay_;
  MonoTime connected_at_{};

  Mutex inbox_mutex_;
  MqttInbox inbox_ RH_GUARDED_BY(inbox_mutex_);
  bool inbox_posted_ RH_GUARDED_BY(inbox_mutex_) = false;

  mutable Mutex mutex_;
  std::shared_ptr<MqttWire> wire_ RH_GUARDED_BY(mutex_);
  std::string why_ RH_GUARDED_BY(mutex_);
  std::vector<std::string> refused_filters_ RH_GUARDED_BY(mutex_);

  std::unique_ptr<net::HelperThread> helper_ = std::make_unique<net::HelperThread>();
};

}  // namespace robohub::gateway
