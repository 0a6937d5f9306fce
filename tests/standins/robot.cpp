// Stands in for the published robot's program, as brittle as that is: one thread receives at most 255 bytes at a time,
// cuts what it got at "}{", and ends for good at anything that it did not expect, while the other goes on publishing at
// 10 Hz.
//
//   robot HOST:PORT ID NAME [--tenths]
//
// Says each thing on a line of standard output: "got {...}" for an object that was carried out, "m1 CW 20 m2 CCW 0" for
// the motors, "led on", "buzzer off", "text ...", "receiver dead: why", "closed". A closed connection ends it, pins
// released.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "rh/json.hpp"

namespace {

constexpr std::size_t kRead = 255;

std::mutex output;
void line(const std::string& text) {
  std::lock_guard lock(output);
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

int connectTo(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
  if (inet_pton(AF_INET, address.substr(0, colon).c_str(), &at.sin_addr) != 1) return -1;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) return -1;
  return fd;
}

void say(int fd, const std::string& text) {
  if (send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) std::exit(0);
}

// "}{" inside a text is cut as well: that is how it dies of one.
std::vector<std::string> cut(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t at; (at = text.find("}{", from)) != std::string::npos; from = at + 1)
    parts.push_back(text.substr(from, at + 1 - from));
  parts.push_back(text.substr(from));
  return parts;
}

std::string motor(const rh::Json& data, const char* name) {
  const rh::Json* motor = data.find(name);
  if (!motor) throw std::runtime_error(std::string("no ") + name);
  const auto dir = motor->get<std::string>("dir");
  const auto speed = motor->get<std::int64_t>("spd");
  if (speed < 0 || speed > 100) throw std::runtime_error("a duty cycle must be from 0 to 100");
  return std::string(name) + " " + dir + " " + std::to_string(speed);
}

void carryOut(const std::string& text) {
  const rh::Json object = rh::Json::parse(text);
  const auto type = object.get<std::string>("type");
  const rh::Json* data = object.find("data");
  if (!data) throw std::runtime_error("no data");
  line("got " + text);
  if (type == "com_motor")
    line(motor(*data, "m1") + " " + motor(*data, "m2"));
  else if (type == "com_led")
    line(std::string("led ") + (data->get<bool>("state") ? "on" : "off"));
  else if (type == "com_buzzer")
    line(std::string("buzzer ") + (data->get<bool>("state") ? "on" : "off"));
  else if (type == "msg")
    line("text " + data->get<std::string>("data"));
}

void receive(int fd) {
  try {
    for (;;) {
      char buffer[kRead];
      const auto size = recv(fd, buffer, sizeof buffer, 0);
      if (size <= 0) break;
      const std::string text(buffer, static_cast<std::size_t>(size));
      for (const unsigned char each : text)
        if (each >= 0x80) throw std::runtime_error("bytes that are no ASCII");
      for (const std::string& part : cut(text)) {
        if (part.back() != '}') {  // across the border of a read: lost, with what follows of it
          line("lost " + part);
          break;
        }
        carryOut(part);
      }
    }
  } catch (const std::exception& e) {
    line(std::string("receiver dead: ") + e.what());
    return;
  }
  line("closed");
  std::exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const bool tenths = argc > 4 && std::strcmp(argv[4], "--tenths") == 0;
  const int fd = connectTo(argv[1]);
  if (fd < 0) return 1;
  say(fd, "{\"type\":\"self_info\",\"data\":{\"name\":\"" + std::string(argv[3]) + "\",\"id\":\"" + argv[2] + "\"}}");
  std::thread receiver(receive, fd);
  receiver.detach();
  // One cycle is ten orientations and one climate, glued as TCP likes.
  for (int cycle = 0;; ++cycle) {
    for (int i = 0; i < 10; ++i) {
      say(fd, "{\"type\":\"orientation_data\",\"data\":{\"pitch\":" + std::to_string(cycle % 90) + "." +
                  std::to_string(i) + ",\"roll\":-" + std::to_string(i) + ".5}}");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    say(fd, std::string("{\"type\":\"climate_data\",\"data\":{\"temperature\":") + (tenths ? "215" : "21.5") +
                ",\"pressure\":98000}}");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}
