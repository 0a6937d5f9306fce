#include "gateway/mqtt/client.hpp"

#include "gateway/mqtt/session.hpp"

namespace robohub::gateway {

MqttClient::MqttClient(net::Loop& loop, const MqttBroker& broker, std::vector<std::string> filters, Handlers handlers)
    : session_(std::make_shared<Session>(loop, broker, std::move(filters), std::move(handlers))) {}

MqttClient::~MqttClient() {
  end();
}

void MqttClient::begin() {
  session_->loop().post([session = session_] { session->dial(); });
}

void MqttClient::end() {
  session_->end();
}

Status MqttClient::publish(std::string_view topic, std::string_view payload) {
  return session_->publish(topic, payload);
}

bool MqttClient::up() const {
  return session_->up();
}
MqttState MqttClient::state() const {
  return session_->state();
}
const MqttCounts& MqttClient::counts() const {
  return session_->counts();
}

}  // namespace robohub::gateway
