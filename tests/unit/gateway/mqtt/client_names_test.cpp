// A broker whose name nobody resolves, by a resolver of the test's own.
#include <dlfcn.h>
#include <netdb.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/mqtt/client.hpp"

using namespace robohub;
using namespace robohub::gateway;
using namespace std::chrono_literals;

namespace {

struct Resolver {
  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false, let_go = false;
};

Resolver& resolver() {
  static Resolver one;
  return one;
}

}  // namespace

// In place of libc's, for this name only.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  using Real = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (!node || std::string(node) != "silent.test") return real(node, service, hints, found);
  Resolver& names = resolver();
  std::unique_lock lock(names.mutex);
  names.asked = true;
  names.changed.notify_all();
  names.changed.wait(lock, [&] { return names.let_go; });
  return EAI_AGAIN;
}

TEST_CASE("the hub's end does not wait for the name of a broker that nobody resolves") {
  net::Loop loop;
  MqttBroker broker;
  broker.url = "mqtt://silent.test:1883";
  auto client = std::make_unique<MqttClient>(loop, broker, std::vector<std::string>{"a"}, MqttClient::Handlers{});
  client->begin();
  std::thread thread([&] { loop.run(); });
  Resolver& names = resolver();
  {
    std::unique_lock lock(names.mutex);
    CHECK(names.changed.wait_for(lock, 10s, [&] { return names.asked; }));
  }
  const auto began = std::chrono::steady_clock::now();
  client->end();
  CHECK(std::chrono::steady_clock::now() - began < 4s);
  // What still waits for the name then touches neither the loop nor the client.
  client.reset();
  loop.stop();
  thread.join();
  {
    std::unique_lock lock(names.mutex);
    names.let_go = true;
    names.changed.notify_all();
  }
}
