// One device behind the broker: online while the broker is up and, where the device tells of itself, it says that it is
// there. What it speaks is its subclasses' business.
#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/foreign_device.hpp"
#include "gateway/mqtt/inbox.hpp"
#include "gateway/mqtt/type.hpp"

namespace robohub::gateway {

using MqttLog = std::function<void(link::EventLevel, const std::string&)>;  // [any-thread]

// [the device's loop] but where a function says otherwise.
class MqttPeer : public ForeignLink, public std::enable_shared_from_this<MqttPeer> {
 public:
  MqttPeer(MqttDevice device, MqttType type, MqttLog log);

  const MqttDevice& settings() const { return device_; }  // [any-thread]
  const MqttType& type() const { return type_; }          // [any-thread]
  // What it wants to hear. [any-thread]
  virtual std::vector<std::string> filters() const = 0;
  // Whether a message of this topic, which is one of them, must not give way to values. [any-thread]
  virtual bool counts(const std::string& topic) const = 0;
  // How messages are published: as MqttClient::publish. Before it is attached. [main]
  using Send = std::function<Status(std::string_view topic, std::string_view payload)>;
  void use(Send send) { send_ = std::move(send); }

  // The device is enrolled (again). [any-thread]
  void attach(std::shared_ptr<live::LiveDevice> device);
  // The same where it was attached to another one. [the client's loop]
  void attachAnew(const std::shared_ptr<live::LiveDevice>& device) {
    if (reached_ && reached_ != device) attach(device);
  }
  // What happens at the broker, in order. Of messages that come faster than the device's loop takes them values give
  // way; how many were left out is returned. [the client's loop]
  void brokerUp();
  void brokerDown(const std::string& why, bool lost);  // as MqttClient::Handlers::down
  std::size_t take(std::vector<MqttIncoming> messages);
  // The hub goes: what it can be sent to make it safe is sent before `done`, and what it has said and was not taken in
  // by then is left out. [the client's loop]
  void end(std::function<void()> done);

  void ended(std::string_view why, bool for_good) override;

 protected:
  virtual void message(const MqttIncoming& message) = 0;
  // Online from now on, or no longer.
  virtual void begun() {}
  virtual void gone() {}
  // The device says of itself whether it is there; before it said so it is not. That it goes counts at once; it comes
  // at most once a second. Called by the subclass's constructor.
  void tellsOfItself() { tells_ = true, present_ = false; }
  void setPresent(bool present);
  Status publish(std::string_view topic, std::string_view payload);
  // Null while it is offline.
  ForeignDevice* foreign() const { return foreign_.get(); }
  net::Loop& loop() const { return live_->loop(); }
  // The same from any thread; null before it is attached.
  net::Loop* loopNow() const { return loop_.load(std::memory_order_acquire); }
  MonoTime now() const { return live_->services().clock.now(); }
  void log(link::EventLevel level, const std::string& text) const { log_(level, device_.id + ": " + text); }
  // Of a message that was no good; told once a minute.
  void badMessage(const std::string& topic, const std::string& why);

 private:
  class Batch;
  // A part of what was posted, for until then; false: there is more of it.
  using Step = std::function<bool(MqttPeer&, MonoTime until)>;
  void on(std::function<void(MqttPeer&)> work);  // [the client's loop]
  void queue(Step step);                         // [the client's loop]
  void goOn();
  void settle(const char* why);
  void settleLater();

  const MqttDevice device_;
  const MqttType type_;
  const MqttLog log_;
  Send send_;
  std::shared_ptr<live::LiveDevice> reached_;  // [the client's loop] the one that work is posted to
  std::shared_ptr<Batch> batch_;               // [the client's loop] messages behind all other work that was posted
  std::atomic<net::Loop*> loop_{nullptr};
  std::atomic<bool> ending_{false};
  std::deque<Step> steps_;      // of what was posted, in its order
  bool goes_on_later_ = false;  // a turn for them is posted
  std::shared_ptr<live::LiveDevice> live_;
  std::shared_ptr<ForeignDevice> foreign_;
  bool broker_up_ = false;
  bool away_told_ = false;  // that the broker is away, since it was up
  bool tells_ = false;
  bool present_ = true;
  bool retired_ = false;
  MonoTime came_at_ = MonoTime::min();
  bool settles_later_ = false;
  std::uint64_t bad_ = 0;  // since the last line about them
  MonoTime bad_told_ = MonoTime::min();
};

}  // namespace robohub::gateway
