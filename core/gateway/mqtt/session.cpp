// The loop's side of the connection to the broker: when it is dialled, what is up, what came.
#include "gateway/mqtt/session.hpp"

#include <MQTTAsync.h>
#include <sodium.h>

#include <cstdlib>
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

// Unasked, Paho writes down each call of a function of its own, under one lock for all of its threads and ours, for a
// reader that is not there. Whoever wants to read it says so by Paho's variable and gets all of it.
void leaveOutTrace() {
  static const bool once = [] {
    if (!std::getenv("MQTT_C_CLIENT_TRACE")) MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    return true;
  }();
  (void)once;
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
  leaveOutTrace();
  filters_.emplace_back(kMqttHubTopic);
}

std::shared_ptr<mqtt::async_client> MqttClient::Session::client() const {
  Lock lock(mutex_);
  return client_;
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
  const auto client = this->client();
  if (!client) return away("The MQTT broker is away.");
  try {
    client->publish(std::string(topic), payload.data(), payload.size(), 0, false);
  } catch (const mqtt::exception& error) {
    if (error.get_return_code() != MQTTASYNC_MAX_BUFFERED_MESSAGES) return away("The MQTT broker is away.");
    ++counts_.refused;
    return fail(ErrorCode::exhausted, "Too many messages wait for the MQTT broker.");
  } catch (const std::exception&) {
    return away("The message could not be sent.");
  }
  ++counts_.out;
  return {};
}

// ---- Paho's threads -----------------------------------------------------------------------------------------------

void MqttClient::Session::connection_lost(const std::string& cause) {
  ++losses_;
  if (ending_) return;
  loop_.post([weak = weak_from_this(), why = cause.empty() ? std::string("The broker closed the connection.") : cause] {
    if (const auto self = weak.lock()) self->lost(why);
  });
}

void MqttClient::Session::message_arrived(mqtt::const_message_ptr message) {
  try {
    const auto& payload = message->get_payload_ref();
    Lock lock(inbox_mutex_);
    if (ending_ || payload.size() > kMaxMqttPayload) {
      ++counts_.dropped;
      return;
    }
    if (!inbox_.put({message->get_topic(), std::string(payload.data(), payload.size()), message->is_retained()},
                    stays_))
      ++counts_.dropped;
    if (std::exchange(inbox_posted_, true)) return;
    loop_.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->takeInbox();
    });
  } catch (...) {
    ++counts_.dropped;  // no memory, say; nothing may leave into a C library's thread
  }
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
  helper_->run([self = shared_from_this()] { self->connect(); });
}

void MqttClient::Session::attempted(const std::string& why, std::uint64_t losses) {
  if (ending_) return;
  if (!why.empty() || losses != losses_) {
    announceDown(why.empty() ? "The broker closed the connection at once." : why, true);
    return dialLater();
  }
  connected_ = true;
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
    // Its end comes as any loss does, or, when Paho cannot even close it, with the keep-alive.
    helper_->run([self = shared_from_this()] {
      try {
        if (const auto client = self->client()) client->disconnect(0)->wait_for(std::chrono::milliseconds(500));
      } catch (const mqtt::exception&) {
      }
      ++self->losses_;
      if (!self->ending_) self->loop_.post([self] { self->lost(kStill); });
    });
    return;
  }
  if (verdict == MqttEcho::Verdict::late && up()) announceDown(kStill, false);
  const std::string text = echo_.next();
  if (const auto client = this->client()) {
    try {
      client->publish(kMqttHubTopic, text.data(), text.size(), 0, false);
    } catch (const std::exception&) {
      // It is being lost; connection_lost() says so.
    }
  }
  loop_.after(MqttEcho::kEvery, [weak = weak_from_this(), losses = losses_.load()] {
    const auto self = weak.lock();
    if (self && losses == self->losses_) self->watchEcho();
  });
}

void MqttClient::Session::end() {
  if (ending_.exchange(true) || !helper_) return;
  up_ = false;
  const auto gone = std::make_shared<std::promise<void>>();
  helper_->run([self = shared_from_this(), gone] {
    self->goodbye();
    gone->set_value();
  });
  if (gone->get_future().wait_for(kGoodbyeWithin) == std::future_status::ready) return helper_.reset();
  // Paho holds its lock while it asks for the broker's name, for as long as silent name servers make it wait, and
  // nobody can end that; but the hub has its files to close. So this one thread has nobody who joins it: it touches
  // Paho and this session only, which it holds, and ends with the program.
  (void)helper_.release();
}

}  // namespace robohub::gateway
