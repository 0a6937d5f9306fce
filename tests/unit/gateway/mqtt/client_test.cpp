// The client of the broker against one that the test plays.
#include <catch2/catch.hpp>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "gateway/mqtt/client.hpp"
#include "net/listener.hpp"

using namespace robohub;
using namespace robohub::gateway;
using namespace std::chrono_literals;

TEST_CASE("the hub's end does not wait for a broker that answers no subscription, however many there are") {
  net::Loop loop;
  auto listener = net::Listener::tcp("127.0.0.1", 0).value();
  std::vector<net::UniqueFd> sockets;
  std::vector<std::unique_ptr<net::FdWatch>> watches;
  std::atomic<bool> asked{false};
  REQUIRE(listener->start(loop, [&](net::UniqueFd fd, const net::PeerAddress&) {
    const int socket = fd.get();
    sockets.push_back(std::move(fd));
    watches.push_back(loop.watchFd(socket, EPOLLIN,
                                   [&, socket, greeted = false](std::uint32_t) mutable {
                                     char bytes[65536];
                                     if (::recv(socket, bytes, sizeof bytes, 0) <= 0) return watches.clear();
                                     if (std::exchange(greeted, true)) {
                                       asked = true;
                                       return;
                                     }
                                     const char accepted[] = {0x20, 2, 0, 0};
                                     (void)::send(socket, accepted, sizeof accepted, MSG_NOSIGNAL);
                                   })
                          .value());
  }));
  MqttBroker broker;
  broker.url = "mqtt://127.0.0.1:" + std::to_string(listener->port());
  std::vector<std::string> filters;
  for (int i = 0; i < 200; ++i) filters.push_back("a/" + std::to_string(i));
  MqttClient client(loop, broker, filters, {});
  client.begin();
  std::thread thread([&] { loop.run(); });
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (!asked && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(2ms);
  CHECK(asked);
  const auto began = std::chrono::steady_clock::now();
  client.end();
  CHECK(std::chrono::steady_clock::now() - began < 3s);
  loop.post([&] {
    watches.clear();
    sockets.clear();
    listener->close();
  });
  loop.stop();
  thread.join();
}
