// The yardstick for clicks that go to a broker: what the MQTT library alone takes of a processor to publish so many
// messages a second, one at a time, without a person, a turn or a check. Prints one line of JSON.
#include <mosquitto.h>
#include <unistd.h>

#include <cstdio>

#include "kit/measure.hpp"

using namespace bench;

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(
      argc, argv, {{"port", "1884"}, {"user", "hub"}, {"password", ""}, {"topic", ""}, {"rate", "400"}, {"secs", "3"}});
  mosquitto_lib_init();
  mosquitto* const client = mosquitto_new(nullptr, true, nullptr);
  if (!client) giveUp("no memory");
  static bool answered = false;
  mosquitto_connect_callback_set(client, [](mosquitto*, void*, int code) {
    if (code != 0) giveUp(mosquitto_connack_string(code));
    answered = true;
  });
  mosquitto_username_pw_set(client, options.text("user").c_str(), options.text("password").c_str());
  mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
  int code = mosquitto_connect(client, "127.0.0.1", options.count("port"), 60);
  while (code == MOSQ_ERR_SUCCESS && !answered) code = mosquitto_loop(client, 100, 1);
  if (code != MOSQ_ERR_SUCCESS) giveUp(mosquitto_strerror(code));
  const std::string topic = options.text("topic");
  const auto period = static_cast<std::int64_t>(1e9 / options.number("rate"));
  const std::int64_t begin = nowNs(), end = begin + options.ns("secs");
  const Use before = useOf(getpid());
  int sent = 0;
  for (std::int64_t due = begin; due < end; due += period, ++sent) {
    if (const std::int64_t wait = due - nowNs(); wait > 0) ::usleep(static_cast<useconds_t>(wait / 1000));
    const std::string text = std::to_string(sent);
    code = mosquitto_publish(client, nullptr, topic.c_str(), static_cast<int>(text.size()), text.data(), 0, false);
    if (code != MOSQ_ERR_SUCCESS) giveUp(mosquitto_strerror(code));
  }
  const double cpu_s = useOf(getpid()).cpu_s - before.cpu_s;
  Result().add("published", sent).add("us_cpu_per_publish", cpu_s * 1e6 / sent).print();
}
