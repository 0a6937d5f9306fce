// The yardstick for robots: the least that a program on epoll must do to cut a robot's objects by their braces and hand
// each to the browsers that asked for it, and to hand a browser's to its robot. Nothing is read but "type" and "id".
// One thread. Prints {"port":ROBOTS,"browsers":PORT}, then runs until it is ended.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>
#include <vector>

#include "kit/measure.hpp"
#include "kit/net.hpp"
#include "kit/websocket.hpp"

using namespace bench;

namespace {

constexpr std::uint64_t kRobots = 0, kBrowsers = 1, kFirstSocket = 2;

struct Peer {
  int socket = -1;
  bool browser = false, open = false, writing = false;
  std::string came, going, id;
  Peer* robot = nullptr;        // of a browser
  std::vector<Peer*> browsers;  // of a robot
};

std::string_view valueOf(std::string_view object, std::string_view key) {
  const auto at = object.find(key);
  if (at == std::string_view::npos) return {};
  const auto begin = object.find('"', object.find(':', at + key.size()));
  const auto end = begin == std::string_view::npos ? begin : object.find('"', begin + 1);
  return end == std::string_view::npos ? std::string_view() : object.substr(begin + 1, end - begin - 1);
}

class Relay {
 public:
  Relay() : robots_(listenOn(0)), browsers_(listenOn(0)) {
    poller_.add(robots_, kRobots, false);
    poller_.add(browsers_, kBrowsers, false);
    std::printf("{\"port\":%d,\"browsers\":%d}\n", portOf(robots_), portOf(browsers_));
    std::fflush(stdout);
  }

  void run() {
    static char bytes[128 * 1024];
    for (;;)
      for (const auto& event : poller_.wait(nowNs() + 1'000'000'000)) {
        if (event.data.u64 < kFirstSocket) {
          accept(event.data.u64 == kBrowsers);
          continue;
        }
        const auto found = peers_.find(static_cast<int>(event.data.u64 - kFirstSocket));
        if (found == peers_.end()) continue;
        Peer& peer = *found->second;
        if (event.events & EPOLLOUT) flush(peer);
        const auto got = ::recv(peer.socket, bytes, sizeof bytes, 0);
        if (got > 0) {
          peer.came.append(bytes, static_cast<std::size_t>(got));
          peer.browser ? fromBrowser(peer) : fromRobot(peer);
        } else if (got == 0 || errno != EAGAIN) {
          drop(peer);
        }
      }
  }

 private:
  void accept(bool browser) {
    for (int one; (one = acceptFrom(browser ? browsers_ : robots_)) >= 0;) {
      auto peer = std::make_unique<Peer>();
      peer->socket = one;
      peer->browser = browser;
      peers_[one] = std::move(peer);
      poller_.add(one, static_cast<std::uint64_t>(one) + kFirstSocket, false);
    }
  }

  void fromRobot(Peer& robot) {
    std::size_t begin = 0;
    int depth = 0;
    bool text = false;
    for (std::size_t at = 0; at < robot.came.size(); ++at) {
      const char c = robot.came[at];
      if (text) {
        if (c == '\\')
          ++at;
        else if (c == '"')
          text = false;
      } else if (c == '"') {
        text = true;
      } else if (c == '{') {
        if (depth++ == 0) begin = at;
      } else if (c == '}' && --depth == 0) {
        object(robot, std::string_view(robot.came).substr(begin, at + 1 - begin));
        begin = at + 1;
      }
    }
    robot.came.erase(0, begin);
  }

  void object(Peer& robot, std::string_view text) {
    if (valueOf(text, "\"type\"") == "self_info") {
      robot.id = valueOf(text, "\"id\"");
      by_id_[robot.id] = &robot;
      return;
    }
    if (robot.browsers.empty()) return;
    const std::string frame = ws::frame(ws::kText, text, false);
    for (Peer* browser : robot.browsers) send(*browser, frame);
  }

  void fromBrowser(Peer& browser) {
    std::size_t used = 0;
    if (!browser.open) {
      const auto end = browser.came.find("\r\n\r\n");
      if (end == std::string::npos) return;
      used = end + 4;
      browser.open = true;
      send(browser, ws::answer({browser.came.data(), used}));
    }
    ws::Frame frame;
    while (const std::size_t size = ws::parse(browser.came.data() + used, browser.came.size() - used, &frame)) {
      used += size;
      if (frame.opcode != ws::kText) continue;
      if (valueOf(frame.payload, "\"type\"") == "conn_req") {
        const auto robot = by_id_.find(valueOf(frame.payload, "\"id\""));
        if (robot == by_id_.end()) continue;
        browser.robot = robot->second;
        robot->second->browsers.push_back(&browser);
      } else if (browser.robot) {
        send(*browser.robot, frame.payload);
      }
    }
    browser.came.erase(0, used);
  }

  void send(Peer& peer, std::string_view bytes) {
    peer.going += bytes;
    flush(peer);
  }

  void flush(Peer& peer) {
    const auto got = ::send(peer.socket, peer.going.data(), peer.going.size(), MSG_NOSIGNAL);
    if (got > 0) peer.going.erase(0, static_cast<std::size_t>(got));
    const bool writing = !peer.going.empty();
    if (writing == peer.writing) return;
    peer.writing = writing;
    poller_.change(peer.socket, static_cast<std::uint64_t>(peer.socket) + kFirstSocket, writing);
  }

  void drop(Peer& peer) {
    if (peer.robot) std::erase(peer.robot->browsers, &peer);
    for (Peer* browser : peer.browsers) browser->robot = nullptr;
    by_id_.erase(peer.id);
    poller_.remove(peer.socket);
    ::close(peer.socket);
    peers_.erase(peer.socket);
  }

  const int robots_, browsers_;
  Poller poller_;
  std::map<int, std::unique_ptr<Peer>> peers_;
  std::map<std::string, Peer*, std::less<>> by_id_;
};

}  // namespace

int main() {
  prepareProcess();
  Relay().run();
}
