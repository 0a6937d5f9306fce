#include "gateway/mqtt/peer.hpp"

#include "base/mutex.hpp"

namespace robohub::gateway {

namespace {
constexpr std::size_t kMostWaiting = 1024, kMostWaitingBytes = 4 << 20;
constexpr Duration kComesAgain = std::chrono::seconds(1);
// What a device says at once may take long to read. Behind so much the others of the loop have their turn: one of them
// may be stopped.
constexpr Duration kLongestTurn = std::chrono::milliseconds(2);
}  // namespace

// Messages on their way to the device's loop. Thread-safe.
class MqttPeer::Batch {
 public:
  // Moves them away. False: it has left already.
  bool add(std::vector<MqttIncoming>& messages, const MqttInbox::Counts& counts, std::size_t& dropped) {
    Lock lock(mutex_);
    if (left_) return false;
    for (MqttIncoming& each : messages)
      if (!inbox_.put(std::move(each), counts)) ++dropped;
    return true;
  }
  std::vector<MqttIncoming> take() {
    Lock lock(mutex_);
    left_ = true;
    return inbox_.take();
  }

 private:
  Mutex mutex_;
  MqttInbox inbox_ RH_GUARDED_BY(mutex_){kMostWaiting, kMostWaitingBytes};
  bool left_ RH_GUARDED_BY(mutex_) = false;
};

MqttPeer::MqttPeer(MqttDevice device, MqttType type, MqttLog log)
    : device_(std::move(device)), type_(std::move(type)), log_(std::move(log)) {}

void MqttPeer::on(std::function<void(MqttPeer&)> work) {
  batch_.reset();  // what comes next happens after it
  queue([work = std::move(work)](MqttPeer& self, MonoTime) {
    work(self);
    return true;
  });
}

void MqttPeer::queue(Step step) {
  if (!reached_) return;
  reached_->loop().post([self = shared_from_this(), step = std::move(step)] {
    self->steps_.push_back(step);
    if (!self->goes_on_later_) self->goOn();
  });
}

void MqttPeer::goOn() {
  const MonoTime until = std::chrono::steady_clock::now() + kLongestTurn;
  goes_on_later_ = false;
  do {
    if (steps_.front()(*this, until)) steps_.pop_front();
  } while (!steps_.empty() && std::chrono::steady_clock::now() < until);
  goes_on_later_ = !steps_.empty();
  if (goes_on_later_) loopNow()->post([self = shared_from_this()] { self->goOn(); });
}

void MqttPeer::attach(std::shared_ptr<live::LiveDevice> device) {
  reached_ = device;
  loop_.store(&device->loop(), std::memory_order_release);
  on([device](MqttPeer& self) {
    self.live_ = device;
    self.retired_ = false;
    device->expect({device::Link::mqtt, false, self.type_.halt, self.type_.type});
    self.settle("");
  });
}

void MqttPeer::brokerUp() {
  on([](MqttPeer& self) {
    self.broker_up_ = true;
    self.away_told_ = false;
    self.settle("");
  });
}

void MqttPeer::brokerDown(const std::string& why, bool lost) {
  on([why, lost](MqttPeer& self) {
    self.broker_up_ = false;
    // What it said before says nothing of the time after; the broker tells it again, before it is up for us. Over a
    // connection that holds it tells only what is new.
    if (self.tells_ && lost) self.present_ = false;
    if (std::exchange(self.away_told_, true)) return;
    const std::string reason = "the MQTT broker is away: " + why.substr(0, why.find_last_not_of('.') + 1);
    if (self.foreign_) return self.settle(reason.c_str());
    link::Hello hello;
    hello.device = self.live_->id();
    hello.agent = self.device_.native ? "mqtt-native" : "mqtt";
    hello.plugin = {self.device_.type, self.type_.type->manifest->version, ""};
    if (!self.retired_) self.live_->agentAbsent("mqtt", hello, reason);
  });
}

std::size_t MqttPeer::take(std::vector<MqttIncoming> messages) {
  if (!reached_) return messages.size();
  const MqttInbox::Counts stays = [this](const std::string& topic) { return counts(topic); };
  std::size_t dropped = 0;
  if (batch_ && batch_->add(messages, stays, dropped)) return dropped;
  const auto batch = std::make_shared<Batch>();
  (void)batch->add(messages, stays, dropped);
  queue([batch, taken = std::vector<MqttIncoming>(), next = std::size_t{0}](MqttPeer& self, MonoTime until) mutable {
    if (next == 0) taken = batch->take();
    while (next < taken.size()) {
      if (self.ending_) return true;
      const MqttIncoming& each = taken[next++];
      if (!self.retired_) self.message(each);
      if (std::chrono::steady_clock::now() >= until) break;
    }
    return next == taken.size();
  });
  batch_ = batch;
  return dropped;
}

void MqttPeer::end(std::function<void()> done) {
  if (!reached_) return done();
  ending_ = true;  // a halt waits behind no flood
  on([done = std::move(done)](MqttPeer& self) {
    if (const auto foreign = self.foreign_) foreign->end("the hub ends");
    self.retired_ = true;
    done();
  });
}

void MqttPeer::setPresent(bool present) {
  if (present == present_) return;
  present_ = present;
  settle("the device says that it is away");
}

void MqttPeer::settle(const char* why) {
  const bool wanted = broker_up_ && present_ && live_ && !retired_;
  if (wanted && !foreign_) {
    // Each coming is written down, and told to everybody who watches.
    if (tells_ && now() < came_at_ + kComesAgain) return settleLater();
    ForeignFacts facts;
    facts.link = {device::Link::mqtt, false, type_.halt, type_.type};
    facts.agent = device_.native ? "mqtt-native" : "mqtt";
    facts.address = "mqtt";
    auto begun_now = ForeignDevice::begin(live_, shared_from_this(), facts);
    if (begun_now->over()) return;
    came_at_ = now();
    foreign_ = std::move(begun_now);
    begun();
  } else if (!wanted && foreign_) {
    const auto foreign = std::exchange(foreign_, nullptr);
    // With the broker there it can be made safe before it is let go.
    if (broker_up_)
      foreign->end(why);
    else
      foreign->lost(why);
    gone();
  }
}

void MqttPeer::settleLater() {
  if (std::exchange(settles_later_, true)) return;
  loop().after(came_at_ + kComesAgain - now(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->settles_later_ = false;
    self->settle("");
  });
}

void MqttPeer::ended(std::string_view, bool for_good) {
  if (for_good) retired_ = true;  // until it is attached anew, at the next start say
  foreign_.reset();
  gone();
  // Later: the device is in the middle of losing it.
  if (!for_good) loop().post([self = shared_from_this()] { self->settle(""); });
}

Status MqttPeer::publish(std::string_view topic, std::string_view payload) {
  return send_(topic, payload);
}

void MqttPeer::badMessage(const std::string& topic, const std::string& why) {
  ++bad_;
  if (!foreign_ || (bad_told_ != MonoTime::min() && now() < bad_told_ + std::chrono::minutes(1))) return;
  bad_told_ = now();
  const std::string count = bad_ == 1 ? "A message" : std::to_string(bad_) + " messages";
  bad_ = 0;
  foreign_->event(link::EventLevel::warning,
                  count + (count == "A message" ? " was" : " were") + " no good (" + topic + "): " + why);
}

}  // namespace robohub::gateway
