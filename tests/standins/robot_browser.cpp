// Stands in for the published page of the older robot server: takes the first message as a greeting, every later one as
// JSON (anything else and its script is dead), looks for its robot in the list, which it takes for an array, and asks
// for it. It knows nothing of turns: once it has asked it drives, and lets go.
//
//   robot_browser HOST:PORT ROBOT HOLD_MS [SPEED]
//
// Holds the joystick for so long at 20 messages a second, says zero once on release, switches the lamp on and off, says
// a text, and goes 500 ms later. Says on lines of standard output: "greeting ...", "got {...}", "released", "page dead:
// why".
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "kit/measure.hpp"
#include "kit/net.hpp"
#include "kit/websocket.hpp"
#include "rh/json.hpp"

using namespace bench;

namespace {

void line(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

class Page {
 public:
  Page(const std::string& address, std::string robot, std::int64_t hold_ns, int speed)
      : url_(parseUrl("ws://" + address + "/")), robot_(std::move(robot)), hold_ns_(hold_ns), speed_(speed) {
    socket_ = connectTo(url_);
    going_ = ws::request(url_, "Origin: http://127.0.0.1:5000\r\n");
    poller_.add(socket_, 0, true);
  }

  int run() {
    while (!over_) {
      const std::int64_t now = nowNs();
      if (next_ns_ != 0 && now >= next_ns_) step(now);
      for (const auto& event : poller_.wait(next_ns_ == 0 ? now + 50'000'000 : next_ns_)) {
        if (event.events & EPOLLOUT) flush();
        if (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read();
      }
    }
    return 0;
  }

 private:
  void say(const std::string& text) {
    going_ += ws::frame(ws::kText, text, true);
    flush();
  }
  void flush() {
    const auto sent = ::send(socket_, going_.data(), going_.size(), MSG_NOSIGNAL);
    if (sent > 0) going_.erase(0, static_cast<std::size_t>(sent));
    poller_.change(socket_, 0, !going_.empty());
  }
  void read() {
    static char bytes[65536];
    const auto size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) {
      over_ = true;
      return;
    }
    if (size > 0) came_.append(bytes, static_cast<std::size_t>(size));
    std::size_t used = 0;
    if (!open_) {
      const auto end = came_.find("\r\n\r\n");
      if (end == std::string::npos) return;
      used = end + 4;
      if (!ws::accepted({came_.data(), used})) {
        line("not let in: " + came_.substr(0, came_.find('\r')));
        over_ = true;
        return;
      }
      open_ = true;
    }
    ws::Frame frame;
    while (const std::size_t one = ws::parse(came_.data() + used, came_.size() - used, &frame)) {
      used += one;
      if (frame.opcode == ws::kClose) over_ = true;
      if (frame.opcode == ws::kText) message(std::string(frame.payload));
    }
    came_.erase(0, used);
  }

  void message(const std::string& text) {
    if (!greeted_) {
      greeted_ = true;
      line("greeting " + text);
      return;
    }
    if (dead_) return;
    try {
      const rh::Json object = rh::Json::parse(text);
      line("got " + text);
      if (object.get<std::string>("type") == "robots")
        for (const rh::Json& each : object.find("data")->items())
          if (each.get<std::string>("id") == robot_ && next_ns_ == 0) {
            say("{\"type\":\"conn_req\",\"data\":{\"id\":\"" + robot_ + "\"}}");
            next_ns_ = nowNs() + 100'000'000;
            release_ns_ = next_ns_ + hold_ns_;
          }
    } catch (const std::exception& e) {
      dead_ = true;
      line(std::string("page dead: ") + e.what() + " " + text);
    }
  }

  void step(std::int64_t now) {
    if (now < release_ns_) {
      next_ns_ += 50'000'000;
      return drive(speed_);
    }
    if (!released_) {
      released_ = true;
      drive(0);
      line("released");
      say(R"({"type":"com_led","data":{"state":true}})");
      say(R"({"type":"com_led","data":{"state":false}})");
      say(R"({"type":"msg","data":{"data":"Grüße }{ aus dem Labor"}})");
      next_ns_ = now + 500'000'000;
      return;
    }
    say("quit");
    next_ns_ = now + 5'000'000'000;
  }

  void drive(int speed) {
    const std::string spd = std::to_string(speed);
    say("{\"type\":\"com_motor\",\"data\":{\"m1\":{\"dir\":\"CCW\",\"spd\":" + spd +
        "},\"m2\":{\"dir\":\"CW\",\"spd\":" + spd + "}}}");
  }

  const Url url_;
  const std::string robot_;
  const std::int64_t hold_ns_;
  const int speed_;
  int socket_ = -1;
  Poller poller_;
  std::string came_, going_;
  bool open_ = false, greeted_ = false, dead_ = false, over_ = false, released_ = false;
  std::int64_t next_ns_ = 0, release_ns_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  prepareProcess();
  return Page(argv[1], argv[2], std::atoll(argv[3]) * 1'000'000, argc > 4 ? std::atoi(argv[4]) : 50).run();
}
