// What is published, against a broker that the test plays: one thread of its own, on which nothing else waits.
#include "gateway/mqtt/wire.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <thread>

#include "gateway/mqtt/topic.hpp"

using namespace robohub;
using namespace robohub::gateway;
using namespace std::chrono_literals;

namespace {

class Broker {
 public:
  Broker() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
    settings_.url = "mqtt://127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  }
  const MqttBroker& settings() const { return settings_; }

  // Takes the next connection, and answers its CONNECT with `code`.
  void answer(char code) {
    socket_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    (void)heard(5s);
    const char connack[] = {0x20, 2, 0, code};
    (void)::send(socket_.get(), connack, sizeof connack, MSG_NOSIGNAL);
  }
  // What came, waiting for it that long; "" at the end.
  std::string heard(Duration within) {
    pollfd watched{socket_.get(), POLLIN, 0};
    char bytes[65536];
    if (::poll(&watched, 1, static_cast<int>(toMs(within))) <= 0) return {};
    const auto got = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }
  void say(std::string_view bytes) { (void)::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Takes nobody until somebody else, who comes first, is taken: whoever comes then is answered by the kernel only
  // when it asks again, after a second.
  void keepWaiting() {
    REQUIRE(::listen(listener_.get(), 0) == 0);
    sockaddr_in at{};
    socklen_t size = sizeof at;
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
    first_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(first_.get(), reinterpret_cast<const sockaddr*>(&at), size) == 0);
  }
  void take() { socket_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  void close() { socket_.reset(); }

 private:
  net::UniqueFd listener_, socket_, first_;
  MqttBroker settings_;
};

// Connected, or not.
std::string connected(MqttWire& wire, Broker& broker, char code = 0) {
  std::thread answers([&] { broker.answer(code); });
  const std::string why = wire.connect();
  answers.join();
  return why;
}

const std::string kClick(
    "\x30\x08\x00\x05"
    "click"
    "1",
    10);

}  // namespace

TEST_CASE("a message is on its way when publish() comes back, although no other thread runs") {
  Broker broker;
  MqttWire wire(broker.settings(), "hub", "gone", [](const MqttIncoming&) {});
  CHECK(wire.publish("click", "0") == MqttWire::Sent::no);
  REQUIRE(connected(wire, broker) == "");
  CHECK(wire.publish("click", "1") == MqttWire::Sent::yes);
  CHECK(broker.heard(0s) == kClick);
}

TEST_CASE("a broker that reads nothing makes nobody wait, and what waits for it has a bound") {
  Broker broker;
  MqttWire wire(broker.settings(), "hub", "gone", [](const MqttIncoming&) {});
  REQUIRE(connected(wire, broker) == "");
  const std::string large(kMaxMqttPayload, 'x');
  int taken = 0;
  while (taken < 5000 && wire.publish("large", large) == MqttWire::Sent::yes) ++taken;
  CHECK(taken >= 1000);
  CHECK(taken < 2000);
  CHECK(wire.publish("click", "1") == MqttWire::Sent::full);
  // Once it reads, everything comes, in its order.
  std::thread serves([&] { CHECK(wire.serve() == "The hub ends."); });
  std::size_t left = static_cast<std::size_t>(taken) * (large.size() + 11);
  while (left > 0) {
    const std::string came = broker.heard(5s);
    if (came.empty()) break;
    left -= std::min(left, came.size());
  }
  CHECK(left == 0);
  CHECK(wire.publish("click", "1") == MqttWire::Sent::yes);
  CHECK(broker.heard(5s) == kClick);
  wire.leave();
  serves.join();
}

TEST_CASE("who leaves says goodbye behind all that waits, and nothing once it is given up") {
  Broker broker;
  for (const bool given_up : {false, true}) {
    MqttWire wire(broker.settings(), "hub", "gone", [](const MqttIncoming&) {});
    REQUIRE(connected(wire, broker) == "");
    std::thread serves([&] { CHECK(wire.serve() == (given_up ? "Too slow." : "The hub ends.")); });
    std::string came;
    if (given_up) {
      wire.giveUp("Too slow.");
    } else {
      CHECK(wire.publish("click", "1") == MqttWire::Sent::yes);
      wire.leave();
      for (std::string part; !(part = broker.heard(5s)).empty();) came += part;
    }
    broker.close();
    serves.join();
    CHECK(came.starts_with(kClick) == !given_up);
    CHECK((came.find("gone") != std::string::npos) == !given_up);
    CHECK(came.ends_with(std::string("\xe0\x00", 2)) == !given_up);
  }
}

TEST_CASE("what waits is not sent once the broker is given up, nor what the kernel still holds") {
  Broker broker;
  auto wire = std::make_unique<MqttWire>(broker.settings(), "hub", "gone", [](const MqttIncoming&) {});
  REQUIRE(connected(*wire, broker) == "");
  const std::string large(kMaxMqttPayload, 'x');
  std::size_t taken = 0;
  while (taken < 500 && wire->publish("large", large) == MqttWire::Sent::yes) ++taken;
  wire->giveUp("It stands still.");
  CHECK(wire->publish("click", "1") == MqttWire::Sent::no);
  CHECK(wire->serve() == "It stands still.");
  wire.reset();
  std::size_t came = 0;
  for (std::string part; !(part = broker.heard(5s)).empty();) came += part.size();
  CHECK(came < taken * large.size());
}

TEST_CASE("a broker that refuses, or is not there, is told of in a sentence") {
  Broker broker;
  MqttWire refused(broker.settings(), "hub", "gone", [](const MqttIncoming&) {});
  CHECK(connected(refused, broker, 5) == "The broker refuses the user name or the password.");
  CHECK_FALSE(refused.open());
  MqttBroker nobody;
  nobody.url = "mqtt://127.0.0.1:1";
  MqttWire alone(nobody, "hub", "gone", [](const MqttIncoming&) {});
  CHECK(alone.connect() == "The broker cannot be reached: Connection refused");
}

TEST_CASE("a connection that is lost takes nothing more") {
  Broker broker;
  MqttWire wire(broker.settings(), "hub", "gone", [](const MqttIncoming&) {});
  REQUIRE(connected(wire, broker) == "");
  broker.close();
  CHECK(wire.serve() == "The broker closed the connection.");
  CHECK_FALSE(wire.open());
  CHECK(wire.publish("click", "1") == MqttWire::Sent::no);
}

TEST_CASE("over TLS a broker is greeted however late it is there, and one that is not is told of at once") {
  Broker broker;
  broker.keepWaiting();
  MqttBroker settings = broker.settings();
  settings.url.replace(0, 4, "mqtts");
  MqttWire wire(settings, "hub", "gone", [](const MqttIncoming&) {});
  std::string greeted;
  std::thread answers([&] {
    std::this_thread::sleep_for(100ms);  // it has asked, and nobody has answered
    broker.take();
    broker.take();
    greeted = broker.heard(5s);
    broker.close();
  });
  const std::string why = wire.connect();
  answers.join();
  CHECK(greeted.starts_with('\x16'));  // a handshake's record
  CHECK(why.starts_with("The broker cannot be reached: "));
  MqttBroker nobody;
  nobody.url = "mqtts://127.0.0.1:1";
  MqttWire alone(nobody, "hub", "gone", [](const MqttIncoming&) {});
  CHECK(alone.connect().starts_with("The broker cannot be reached: "));
}

TEST_CASE("an address may have a path, and must have a port") {
  for (const auto& [url, why] :
       {std::pair("mqtt://127.0.0.1:1/", "Connection refused"),
        std::pair("mqtt://127.0.0.1:1/path?query", "Connection refused"),
        std::pair("mqtt://[::1]:1/", "Connection refused"), std::pair("mqtt://127.0.0.1:0", "there is no such port")}) {
    MqttBroker settings;
    settings.url = url;
    MqttWire wire(settings, "hub", "gone", [](const MqttIncoming&) {});
    CHECK(wire.connect() == std::string("The broker cannot be reached: ") + why);
  }
}

TEST_CASE("of a message that is too large so much comes that it is seen to be") {
  Broker broker;
  std::vector<MqttIncoming> came;
  MqttWire wire(broker.settings(), "hub", "gone", [&](MqttIncoming message) { came.push_back(std::move(message)); });
  REQUIRE(connected(wire, broker) == "");
  const std::string payload(kMaxMqttPayload * 3, 'x'), topic("\x00\x05large", 7);
  std::string message = "\x30";
  for (std::size_t left = topic.size() + payload.size(); left > 0; left >>= 7)
    message += static_cast<char>((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
  std::thread says([&] {
    broker.say(message + topic + payload);
    broker.say(kClick);
    broker.close();
  });
  CHECK(wire.serve() == "The broker closed the connection.");
  says.join();
  REQUIRE(came.size() == 2);
  CHECK(came[0].topic == "large");
  CHECK(came[0].payload.size() == kMaxMqttPayload + 1);
  CHECK(came[1].payload == "1");
}
