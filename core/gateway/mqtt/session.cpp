// The loop's side of the connection to the broker: when it is dialled, what is up, what came.
#include "gateway/mqtt/session.hpp"

#include <sodium.h>

#include <future>

#include "gateway/mqtt/topic.hpp"

namespace robohub::gateway {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLasting = 5s;  // a connection that held so long was a good one
constexpr Duration kGoodbyeWithin = 2s;
constexpr std::size_t kInboxMessages = 2048, kInboxBytes = 4 << 20;
constexpr const char* kStill = "The broker takes messages but does not pass them on; it stands still.";

double random01() {
  return randombytes_random() / 4294967296.0;
}

std::string clientId(const MqttBroker& broker) {
  if (!broker.client_id.empty()) return broker.client_id;
  unsigned char bytes[6];
  randombytes_buf(bytes, sizeof bytes);
  char text[13];
  sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
  return std::string("robohub-") + text;
}

}  // namespace

MqttClient::Session::Session(net::Loop& loop, const MqttBroker& broker, std::vector<std::string> filters,
                             Handlers handlers)
    : loop_(loop),
      broker_(broker),
      client_id_(clientId(broker)),
      echo_(client_id_),
      filters_(std::move(filters)),
      handlers_(std::move(handlers)),
      stays_([this](const std::string& topic) {
        return topic == kMqttHubTopic || (handlers_.counts && handlers_.counts(topic));
      }),
      inbox_(kInboxMessages, kInboxBytes) {
  filters_.emplace_back(kMqttHubTopic);
}

std::shared_ptr<MqttWire> MqttClient::Session::wire() const {
  Lock lock(mutex_);
  return wire_;
}

MqttState MqttClient::Session::state() const {
  Lock lock(mutex_);
  return {up(), why_, refused_filters_};
}

Status MqttClient::Session::publish(std::string_view topic, std::string_view payload) {
  const auto away = [&](std::string sentence) {
    ++counts_.refused;
    return fail(ErrorCode::unavailable, std::move(sentence));
  };
  if (!up()) return away("The MQTT broker is away.");
  if (!isMqttTopic(topic) || payload.size() > kMaxMqttPayload) {
    ++counts_.refused;
    return fail(ErrorCode::invalid_argument, "This is no message that a broker takes.");
  }
  const auto wire = this->wire();
  switch (wire ? wire->publish(std::string(topic), payload) : MqttWire::Sent::no) {
    case MqttWire::Sent::yes: break;
    case MqttWire::Sent::no: return away("The MQTT broker is away.");
    case MqttWire::Sent::full:
      ++counts_.refused;
      return fail(ErrorCode::exhausted, "Too many messages wait for the MQTT broker.");
  }
  ++counts_.out;
  return {};
}

// ---- the helper ---------------------------------------------------------------------------------------------------

void MqttClient::Session::live() {
  const auto tell = [this](auto work) {
    if (ending_) return;  // the loop may be gone
    loop_.post([weak = weak_from_this(), work] {
      if (const auto self = weak.lock()) work(*self);
    });
  };
  std::string why;
  bool came = false;
  try {
    const auto wire = std::make_shared<MqttWire>(broker_, client_id_, echo_.goodbye(),
                                                 [this](MqttIncoming message) { arrived(std::move(message)); });
    setWire(wire);
    if (ending_) wire->leave();  // end() may have been too early to do that
    why = wire->connect();
    if (why.empty()) {
      auto refused = wire->subscribe(filters_);
      std::erase(refused, kMqttHubTopic);  // only the echo is missing then
      Lock lock(mutex_);
      refused_filters_ = std::move(refused);
    }
    came = wire->open();
    if (came) {
      tell([](Session& self) { self.attempted(""); });
      why = wire->serve();
    } else if (why.empty()) {
      why = "The broker closed the connection at once.";
    }
  } catch (const std::exception& error) {
    why = std::string("The connection could not be made: ") + error.what();
  }
  setWire(nullptr);
  tell([why, came](Session& self) { came ? self.lost(why) : self.attempted(why); });
}

void MqttClient::Session::setWire(std::shared_ptr<MqttWire> wire) {
  Lock lock(mutex_);
  wire_.swap(wire);  // the one before dies behind the lock
}

void MqttClient::Session::arrived(MqttIncoming message) {
  Lock lock(inbox_mutex_);
  if (ending_ || message.payload.size() > kMaxMqttPayload) {
    ++counts_.dropped;
    return;
  }
  if (!inbox_.put(std::move(message), stays_)) ++counts_.dropped;
  if (std::exchange(inbox_posted_, true)) return;
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->takeInbox();
  });
}

// ---- the loop -----------------------------------------------------------------------------------------------------

void MqttClient::Session::takeInbox() {
  std::vector<MqttIncoming> taken;
  {
    Lock lock(inbox_mutex_);
    taken = inbox_.take();
    inbox_posted_ = false;
  }
  if (ending_) return;
  counts_.in += taken.size();
  std::erase_if(taken, [this](const MqttIncoming& each) { return takeEcho(each); });
  if (!taken.empty() && handlers_.messages) handlers_.messages(taken);
}

bool MqttClient::Session::takeEcho(const MqttIncoming& message) {
  if (message.topic != kMqttHubTopic) return false;
  if (echo_.heard(message.payload, loop_.now()) && connected_ && !up()) announceUp();
  return true;
}

void MqttClient::Session::dial() {
  if (ending_) return;
  helper_->run([self = shared_from_this()] { self->live(); });
}

void MqttClient::Session::attempted(const std::string& why) {
  if (ending_) return;
  if (!why.empty()) {
    announceDown(why, true);
    return dialLater();
  }
  connected_ = true;
  ++connection_;
  connected_at_ = loop_.now();
  echo_.connected(connected_at_);
  announceUp();
  watchEcho();
}

void MqttClient::Session::lost(const std::string& why) {
  if (ending_ || !connected_) return;
  connected_ = false;
  if (loop_.now() - connected_at_ > kLasting) delay_.succeeded();
  announceDown(why, true);
  dialLater();
}

void MqttClient::Session::announceUp() {
  {
    Lock lock(mutex_);
    why_.clear();
  }
  up_.store(true, std::memory_order_release);
  if (handlers_.up) handlers_.up();
}

void MqttClient::Session::announceDown(const std::string& why, bool lost) {
  {
    Lock lock(mutex_);
    why_ = why;
  }
  up_.store(false, std::memory_order_release);
  if (handlers_.down) handlers_.down(why, lost);
}

void MqttClient::Session::dialLater() {
  loop_.after(delay_.next(random01()), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->dial();
  });
}

// Says on the hub's topic that it is there, and listens whether the broker says it back.
void MqttClient::Session::watchEcho() {
  if (ending_ || !connected_) return;
  const MqttEcho::Verdict verdict = echo_.verdict(loop_.now());
  if (verdict == MqttEcho::Verdict::lost) {
    if (const auto wire = this->wire()) wire->giveUp(kStill);  // its end comes as any loss does
    return;
  }
  if (verdict == MqttEcho::Verdict::late && up()) announceDown(kStill, false);
  const std::string text = echo_.next();
  if (const auto wire = this->wire()) (void)wire->publish(kMqttHubTopic, text);
  loop_.after(MqttEcho::kEvery, [weak = weak_from_this(), connection = connection_] {
    const auto self = weak.lock();
    if (self && connection == self->connection_) self->watchEcho();
  });
}

void MqttClient::Session::end() {
  if (ending_.exchange(true) || !helper_) return;
  up_ = false;
  if (const auto wire = this->wire()) wire->leave();
  const auto gone = std::make_shared<std::promise<void>>();
  helper_->run([self = shared_from_this(), gone] { gone->set_value(); });
  if (gone->get_future().wait_for(kGoodbyeWithin) == std::future_status::ready) return helper_.reset();
  // The broker's name is asked for as long as silent name servers make that wait, and nobody can end it; but the hub
  // has its files to close. So this one thread has nobody who joins it: it touches what it holds only, and ends with
  // the program.
  (void)helper_.release();
}

}  // namespace robohub::gateway
