#include <MQTTAsync.h>
#include <catch2/catch.hpp>

#include "gateway/mqtt/client.hpp"

using namespace robohub;
using namespace robohub::gateway;

namespace {

int traced = 0;

void count(MQTTASYNC_TRACE_LEVELS, char*) {
  ++traced;
}

}  // namespace

TEST_CASE("the MQTT library writes no trace that nobody reads") {
  net::Loop loop;
  MqttClient client(loop, MqttBroker{}, {}, {});
  MQTTAsync other = nullptr;
  REQUIRE(MQTTAsync_create(&other, "tcp://127.0.0.1:1", "", MQTTCLIENT_PERSISTENCE_NONE, nullptr) == MQTTASYNC_SUCCESS);
  traced = 0;
  MQTTAsync_setTraceCallback(count);
  CHECK_FALSE(MQTTAsync_isConnected(other));
  MQTTAsync_setTraceCallback(nullptr);
  MQTTAsync_destroy(&other);
  CHECK(traced == 0);
}
