// The yardstick for clicks that go to a broker: what the MQTT library alone takes of a processor to publish so many
// messages a second, one at a time, without a person, a turn or a check. Prints one line of JSON.
#include <mqtt/async_client.h>
#include <unistd.h>

#include <cstdio>

#include "kit/measure.hpp"

using namespace bench;

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(
      argc, argv, {{"port", "1884"}, {"user", "hub"}, {"password", ""}, {"topic", ""}, {"rate", "400"}, {"secs", "3"}});
  try {
    mqtt::async_client client("tcp://127.0.0.1:" + options.text("port"), "");
    mqtt::connect_options connect;
    connect.set_mqtt_version(MQTTVERSION_3_1_1);
    connect.set_user_name(options.text("user"));
    connect.set_password(options.text("password"));
    client.connect(connect)->wait();
    const std::string topic = options.text("topic");
    const auto period = static_cast<std::int64_t>(1e9 / options.number("rate"));
    const std::int64_t begin = nowNs(), end = begin + options.ns("secs");
    const Use before = useOf(getpid());
    int sent = 0;
    for (std::int64_t due = begin; due < end; due += period, ++sent) {
      if (const std::int64_t wait = due - nowNs(); wait > 0) ::usleep(static_cast<useconds_t>(wait / 1000));
      client.publish(topic, std::to_string(sent), 0, false);
    }
    const double cpu_s = useOf(getpid()).cpu_s - before.cpu_s;
    Result().add("published", sent).add("us_cpu_per_publish", cpu_s * 1e6 / sent).print();
  } catch (const mqtt::exception& error) {
    giveUp(error.what());
  }
}
