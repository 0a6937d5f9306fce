// What hears a device's commands at the broker: notes for each click, a whole number, when it came, in the file of
// times that command_load reads. Prints {"port":N} once it hears.
#include <fcntl.h>
#include <mqtt/async_client.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "kit/measure.hpp"

using namespace bench;

namespace {

constexpr std::size_t kClicks = 65536;

std::int64_t* mapClicks(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) giveUp("there is no file " + file);
  void* memory = ::mmap(nullptr, kClicks * sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (memory == MAP_FAILED) giveUp("the file of clicks cannot be mapped");
  return static_cast<std::int64_t*>(memory);
}

}  // namespace

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(argc, argv,
                        {{"port", "1884"}, {"user", "hub"}, {"password", ""}, {"topic", ""}, {"clicks", ""}});
  std::int64_t* const arrived = mapClicks(options.text("clicks"));
  try {
    mqtt::async_client client("tcp://127.0.0.1:" + options.text("port"), "");
    mqtt::connect_options connect;
    connect.set_mqtt_version(MQTTVERSION_3_1_1);
    connect.set_user_name(options.text("user"));
    connect.set_password(options.text("password"));
    client.set_message_callback([&](const mqtt::const_message_ptr& message) {
      const auto& text = message->get_payload_ref();
      std::size_t n = kClicks;
      std::from_chars(text.data(), text.data() + text.size(), n);
      if (n < kClicks) __atomic_store_n(&arrived[n], nowNs(), __ATOMIC_RELEASE);
    });
    client.connect(connect)->wait();
    client.subscribe(options.text("topic"), 0)->wait();
    std::printf("{\"port\":%d}\n", options.count("port"));
    std::fflush(stdout);
    ::pause();
  } catch (const mqtt::exception& error) {
    giveUp(error.what());
  }
}
