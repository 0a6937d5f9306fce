// A whole hub with the doors of the older robot server, a robot and its browser that the test plays byte by byte.
#pragma once
#include <catch2/catch.hpp>

#include "unit/hub/test_hub.hpp"

namespace robohub::gateway::test {

using robohub::test::eventually;

class RobotHub : public robohub::test::TestHub {
 public:
  explicit RobotHub(const std::function<void(hub::Settings&)>& change = {})
      : TestHub([&](hub::Settings& say) {
          say.plugin_folders = {TEST_PLUGIN_FOLDER};
          say.robots.listen = {"127.0.0.1", 0};
          say.robots.browsers = {"127.0.0.1", 0};
          say.robots.accept_all = true;
          say.robots.accept_unfenced = true;
          if (change) change(say);
        }) {
    findDoors();
  }
  // After each start.
  void findDoors() {
    for (const std::string& door : hub->doors()) {
      const auto port_at = static_cast<std::uint16_t>(std::stoi(door.substr(door.rfind(':') + 1)));
      (door.starts_with("robot_tcp") ? robots : browsers) = port_at;
    }
  }
  std::string presence(const std::string& id) const {
    const auto state = deviceState(id);
    return state ? json::getString(*state, "presence").value_or("") : "";
  }
  bool online(const std::string& id) const {
    return eventually([&] { return presence(id) == "online"; });
  }

  std::uint16_t robots = 0, browsers = 0;
};

inline constexpr const char* kStanding =
    R"({"type":"com_motor","data":{"m1":{"dir":"CCW","spd":0},"m2":{"dir":"CW","spd":0}}})";

// As a browser's joystick says it.
inline std::string motor(int left, int right) {
  return "{\"type\":\"com_motor\",\"data\":{\"m1\":{\"dir\":\"" + std::string(left < 0 ? "CW" : "CCW") +
         "\",\"spd\":" + std::to_string(std::abs(left)) + "},\"m2\":{\"dir\":\"" + (right < 0 ? "CCW" : "CW") +
         "\",\"spd\":" + std::to_string(std::abs(right)) + "}}}";
}

class Robot {
 public:
  explicit Robot(const RobotHub& hub) : peer(hub.robots) {}
  Robot(const RobotHub& hub, const std::string& id, const std::string& name = "Robot X", const char* from = nullptr,
        int receive_buffer = 0)
      : peer(hub.robots, receive_buffer, from) {
    say("{\"type\":\"self_info\",\"data\":{\"name\":\"" + name + "\",\"id\":\"" + id + "\"}}");
  }
  void say(const std::string& text) { peer.say(text); }
  // The next object; throws when none comes.
  std::string object() {
    std::string text;
    int depth = 0;
    do {
      const std::string next = peer.exactly(1);
      depth += next == "{" ? 1 : next == "}" ? -1 : 0;
      text += next;
    } while (depth > 0);
    return text;
  }
  // The next one that holds this; the others are passed over.
  std::string await(const std::string& part) {
    for (;;) {
      const std::string text = object();
      if (text.find(part) != std::string::npos) return text;
    }
  }

  // Whether it is a device; false: it waits for an administrator.
  bool isDevice() {
    for (;;) {
      const std::string text = object();
      if (text.find("com_motor") != std::string::npos) return true;
      if (text.find("Waiting for an administrator") != std::string::npos) return false;
    }
  }
  // Passes over what a robot is told when it becomes a device.
  void settled() {
    for (int i = 0; i < 3; ++i) await(kStanding);
  }

  net::test::RawPeer peer;
};

class Browser {
 public:
  explicit Browser(const RobotHub& hub, const std::vector<std::string>& headers = {})
      : socket(hub.browsers, "/", headers) {
    if (socket.status() == 101) greeting = text();
  }
  void send(const std::string& text) { socket.send(text); }
  // The next text frame; answers pings. "": the socket was closed.
  std::string text() {
    for (;;) {
      const auto [head, payload] = socket.peer().frame();
      if (head == 0x81) return payload;
      if (head == 0x88) return "";
    }
  }
  std::string await(const std::string& part) {
    for (;;) {
      const std::string next = text();
      if (next.empty()) throw std::runtime_error("closed before: " + part);
      if (next.find(part) != std::string::npos) return next;
    }
  }
  // Tied, and with the turn.
  void drive(const std::string& id) {
    send("{\"type\":\"conn_req\",\"data\":{\"id\":\"" + id + "\"}}");
    await("It is your turn.");
  }

  robohub::test::WebSocketPeer socket;
  std::string greeting;
};

}  // namespace robohub::gateway::test
