// What may block of Paho, on a thread of its own.
#include "base/mutex.hpp"
#include "gateway/mqtt/no_delay.hpp"
#include "gateway/mqtt/session.hpp"

namespace robohub::gateway {

namespace {

using namespace std::chrono_literals;

constexpr int kWaiting = 1000;  // messages that Paho holds for the network; more are refused
constexpr auto kConnectWithin = 4s;
constexpr Duration kAnswerWithin = 6s;

std::uint16_t portOf(const std::string& url) {
  const auto at = url.rfind(':');
  const bool has = at != std::string::npos && at + 1 < url.size() &&
                   url.find_first_not_of("0123456789", at + 1) == std::string::npos;
  if (has) return static_cast<std::uint16_t>(std::stoi(url.substr(at + 1, 5)));
  return url.starts_with("mqtts") ? 8883 : 1883;
}

// CONNACK's codes (MQTT 3.1.1, section 3.2.2.3), and what Paho says otherwise.
std::string reasonOf(const mqtt::exception& error) {
  switch (error.get_return_code()) {
    case 1: return "The broker does not speak MQTT 3.1.1.";
    case 2: return "The broker refuses the client id.";
    case 3: return "The broker takes no connections now.";
    case 4:
    case 5: return "The broker refuses the user name or the password.";
    default: break;
  }
  const std::string text = error.get_message().empty() ? error.what() : error.get_message();
  return "The broker cannot be reached: " + text;
}

}  // namespace

mqtt::connect_options MqttClient::Session::options() const {
  mqtt::connect_options options;
  // Without a version Paho tries an older one after every failure.
  options.set_mqtt_version(MQTTVERSION_3_1_1);
  options.set_clean_session(true);
  options.set_automatic_reconnect(false);
  options.set_keep_alive_interval(std::chrono::duration_cast<std::chrono::seconds>(broker_.keep_alive));
  options.set_connect_timeout(kConnectWithin);
  if (!broker_.user.empty()) options.set_user_name(broker_.user);
  if (!broker_.password.empty()) options.set_password(broker_.password);
  options.set_will(mqtt::will_options(kMqttHubTopic, echo_.goodbye(), 0, false));
  if (broker_.url.starts_with("mqtts")) {
    mqtt::ssl_options tls;
    if (!broker_.ca_file.empty()) tls.set_trust_store(broker_.ca_file.string());
    if (!broker_.certificate.empty()) {
      tls.set_key_store(broker_.certificate.string());
      tls.set_private_key(broker_.key.string());
    }
    tls.set_enable_server_cert_auth(true);
    tls.set_verify(true);  // the name too, which Paho leaves out otherwise
    tls.set_ssl_version(MQTT_SSL_VERSION_TLS_1_2);
    options.set_ssl(std::move(tls));
  }
  return options;
}

bool MqttClient::Session::await(mqtt::token& token, MonoTime until) const {
  // In small steps, so that the hub can end meanwhile; of many tokens none is waited for then.
  while (!ending_) {
    if (token.wait_for(50ms)) return true;
    if (std::chrono::steady_clock::now() > until) return false;
  }
  return false;
}

void MqttClient::Session::connect() {
  const std::uint64_t losses = losses_;
  const std::string why = tryConnect();
  if (ending_) return;  // the loop may be gone
  loop_.post([weak = weak_from_this(), why, losses] {
    if (const auto self = weak.lock()) self->attempted(why, losses);
  });
}

std::string MqttClient::Session::tryConnect() {
  if (ending_) return "The hub ends.";
  try {
    auto client = this->client();
    if (!client) {
      mqtt::create_options create;
      create.set_send_while_disconnected(false);
      create.set_max_buffered_messages(kWaiting);
      client = std::make_shared<mqtt::async_client>(broker_.url, client_id_, create);
      client->set_callback(*this);
      Lock lock(mutex_);
      client_ = client;
    }
    const auto token = client->connect(options());
    if (!await(*token, std::chrono::steady_clock::now() + kAnswerWithin)) {
      // Whatever it still waits for must not come later.
      {
        Lock lock(mutex_);
        client_.reset();
      }
      return "The broker does not answer.";
    }
    quickenSocketsTo(portOf(broker_.url));
    subscribe(*client);
    return {};
  } catch (const mqtt::exception& error) {
    return reasonOf(error);
  } catch (const std::exception& error) {
    return std::string("The connection could not be made: ") + error.what();
  }
}

// A filter that the broker does not give us is told of, and the others work.
void MqttClient::Session::subscribe(mqtt::async_client& client) {
  std::vector<std::string> refused;
  std::vector<std::pair<std::string, mqtt::token_ptr>> asked;
  for (const std::string& filter : filters_) asked.emplace_back(filter, client.subscribe(filter, 0));
  const auto until = std::chrono::steady_clock::now() + kAnswerWithin;  // of all together
  for (const auto& [filter, token] : asked) {
    try {
      if (!await(*token, until)) refused.push_back(filter);
    } catch (const mqtt::exception&) {
      refused.push_back(filter);
    }
  }
  std::erase(refused, kMqttHubTopic);  // only the echo is missing then
  Lock lock(mutex_);
  refused_filters_ = std::move(refused);
}

void MqttClient::Session::goodbye() {
  auto client = this->client();
  if (client) {
    try {
      if (client->is_connected()) {
        client->publish(kMqttHubTopic, echo_.goodbye(), 0, false);
        client->disconnect(300)->wait_for(800ms);
      }
    } catch (const std::exception&) {
      // It goes in any case; the broker says our will.
    }
  }
  Lock lock(mutex_);
  client_.reset();
}

}  // namespace robohub::gateway
