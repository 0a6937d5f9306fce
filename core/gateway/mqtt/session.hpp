// What is behind MqttClient; for its .cpp files, so that Paho's headers stay there.
#pragma once
#include <mqtt/async_client.h>

#include "base/mutex.hpp"
#include "gateway/mqtt/client.hpp"
#include "gateway/mqtt/echo.hpp"
#include "gateway/mqtt/inbox.hpp"
#include "net/helper_thread.hpp"
#include "net/redial_delay.hpp"

namespace robohub::gateway {

// Functions are [loop] but where they say otherwise.
class MqttClient::Session final : public mqtt::callback, public std::enable_shared_from_this<MqttClient::Session> {
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
  // ---- [Paho's threads]: copy, post, nothing else; no exception may leave
  void connection_lost(const std::string& cause) override;
  void message_arrived(mqtt::const_message_ptr message) override;

  // ---- [helper]: what may block
  void connect();
  std::string tryConnect();  // why it failed; empty: connected and subscribed
  void subscribe(mqtt::async_client& client);
  bool await(mqtt::token& token, MonoTime until) const;  // throws mqtt::exception when it failed
  void goodbye();
  mqtt::connect_options options() const;

  void attempted(const std::string& why, std::uint64_t losses);
  void lost(const std::string& why);
  void announceUp();
  void announceDown(const std::string& why, bool lost);
  void dialLater();
  void watchEcho();
  void takeInbox();
  bool takeEcho(const MqttIncoming& message);
  std::shared_ptr<mqtt::async_client> client() const;  // [any-thread]

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
  std::atomic<std::uint64_t> losses_{0};

  bool connected_ = false;  // by Paho's account; `up_` also says that it answers
  net::RedialDelay delay_;
  MonoTime connected_at_{};

  Mutex inbox_mutex_;
  MqttInbox inbox_ RH_GUARDED_BY(inbox_mutex_);
  bool inbox_posted_ RH_GUARDED_BY(inbox_mutex_) = false;

  mutable Mutex mutex_;
  std::shared_ptr<mqtt::async_client> client_ RH_GUARDED_BY(mutex_);
  std::string why_ RH_GUARDED_BY(mutex_);
  std::vector<std::string> refused_filters_ RH_GUARDED_BY(mutex_);

  std::unique_ptr<net::HelperThread> helper_ = std::make_unique<net::HelperThread>();
};

}  // namespace robohub::gateway
