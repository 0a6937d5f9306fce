// Robots and a browser for each, as the older robot server has them. Robots publish orientations and browsers drive,
// each at
// --rate; what arrives carries what tells when it was sent: an orientation its own time, a drive its number as speeds
// and directions (the hub writes robots what it checked, not what it got). Prints one line of JSON.
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <map>

#include "kit/measure.hpp"
#include "kit/net.hpp"
#include "kit/websocket.hpp"

using namespace bench;

namespace {

constexpr std::uint32_t kCodes = 101 * 101 * 4;

struct Peer {
  int socket = -1;
  std::size_t robot = 0;
  bool browser = false, open = false, drives = false, writing = true, lost = false;
  std::string came, going;
  std::int64_t due_ns = 0;
};

std::string driveOf(std::uint32_t code) {
  const std::uint32_t m1 = code % 101, m2 = code / 101 % 101, directions = code / (101 * 101);
  return "{\"type\":\"com_motor\",\"data\":{\"m1\":{\"dir\":\"" + std::string(directions & 1 ? "CW" : "CCW") +
         "\",\"spd\":" + std::to_string(m1) + "},\"m2\":{\"dir\":\"" + (directions & 2 ? "CW" : "CCW") +
         "\",\"spd\":" + std::to_string(m2) + "}}}";
}

// Of the next drive in `text` behind `at`; moves behind it. kCodes: there is none.
std::uint32_t nextDrive(std::string_view text, std::size_t& at) {
  std::uint32_t code = 0, weight = 1;
  for (std::uint32_t motor = 0; motor < 2; ++motor, weight = 101) {
    const std::string_view name = motor == 0 ? "\"m1\":{\"dir\":\"" : "\"m2\":{\"dir\":\"";
    const auto dir = text.find(name, at);
    if (dir == std::string_view::npos) return kCodes;
    const auto value = text.find("\"spd\":", dir);
    if (value == std::string_view::npos) return kCodes;
    std::uint32_t speed = 0;
    at = static_cast<std::size_t>(std::from_chars(text.data() + value + 6, text.data() + text.size(), speed).ptr -
                                  text.data());
    code += speed * weight;
    if (text.substr(dir + name.size(), 2) == "CW") code += 101 * 101 * (motor + 1);
  }
  return code;
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), robots_(static_cast<std::size_t>(options.count("robots"))), asked_(robots_) {}

  void run() {
    peers_.resize(robots_ * 2);
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      peers_[i].robot = i % robots_;
      peers_[i].browser = i >= robots_;
    }
    connect(0, robots_);
    until([this] { return count(&Peer::open, false) == robots_; }, "robots that were greeted or taken");
    // The hub has a moment in which it makes devices of them.
    pump(nowNs() + options_.ns("settle"));
    connect(robots_, peers_.size());
    until([this] { return count(&Peer::open, true) == robots_; }, "browsers that were let in");
    pump(nowNs() + 300'000'000);
    for (std::size_t i = robots_; i < peers_.size(); ++i)
      say(peers_[i], "{\"type\":\"conn_req\",\"data\":{\"id\":\"r" + std::to_string(peers_[i].robot) + "\"}}");
    pump(nowNs() + options_.ns("settle"));
    spread();
    pump(nowNs() + options_.ns("warmup"));
    const int pid = options_.count("pid");
    const Use before = useOf(pid);
    counting_ = true;
    const std::int64_t begin = nowNs();
    pump(begin + options_.ns("secs"));
    counting_ = false;
    const double seconds = static_cast<double>(nowNs() - begin) / 1e9;
    const Use after = useOf(pid);
    for (Peer& peer : peers_) peer.due_ns = 0;
    pump(nowNs() + 500'000'000);
    report(seconds, after.cpu_s - before.cpu_s, after.rss_mb);
  }

 private:
  void connect(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      Peer& peer = peers_[i];
      const Url url = parseUrl(options_.text(peer.browser ? "browsers" : "tcp"));
      peer.socket = connectTo(url);
      peer.going = peer.browser ? ws::request(url, "")
                                : "{\"type\":\"self_info\",\"data\":{\"name\":\"Robot " + std::to_string(peer.robot) +
                                      "\",\"id\":\"r" + std::to_string(peer.robot) + "\"}}";
      poller_.add(peer.socket, i, true);
      if (i % 32 == 31) pump(nowNs() + 20'000'000);
    }
  }

  std::size_t count(bool Peer::*what, bool browsers) const {
    std::size_t n = 0;
    for (const Peer& peer : peers_) n += peer.browser == browsers && peer.*what;
    return n;
  }

  template <class Done>
  void until(Done done, const char* what) {
    for (const std::int64_t end = nowNs() + 20'000'000'000; !done();) {
      if (nowNs() > end) giveUp(std::string("not enough ") + what);
      pump(nowNs() + 10'000'000);
    }
  }

  void spread() {
    const double period = 1e9 / options_.number("rate");
    std::size_t place = 0;
    const std::int64_t now = nowNs();
    for (Peer& peer : peers_)
      peer.due_ns =
          now + static_cast<std::int64_t>(period * static_cast<double>(++place) / static_cast<double>(peers_.size()));
  }

  void pump(std::int64_t until_ns) {
    const auto period = static_cast<std::int64_t>(1e9 / options_.number("rate"));
    while (nowNs() < until_ns) {
      std::int64_t wake = until_ns;
      for (Peer& peer : peers_) {
        if (peer.due_ns == 0) continue;
        if (peer.due_ns <= nowNs()) {
          peer.due_ns += period;
          sendOne(peer);
        }
        wake = std::min(wake, peer.due_ns);
      }
      events(wake);
    }
  }

  void sendOne(Peer& peer) {
    const std::int64_t now = nowNs();
    if (!peer.browser) {
      if (counting_) ++up_sent_;
      return say(peer, "{\"type\":\"orientation_data\",\"data\":{\"pitch\":45,\"roll\":60,\"bt\":\"" +
                           std::to_string(counting_ ? now : 0) + "\"}}");
    }
    // No motor stands: standing is said again, and has no direction.
    std::uint32_t& code = codes_[peer.robot];
    do code = (code + 1) % kCodes;
    while (code % 101 == 0 || code / 101 % 101 == 0);
    if (counting_) {
      ++down_sent_;
      asked_[peer.robot][code] = now;
    }
    say(peer, driveOf(code));
  }

  void say(Peer& peer, const std::string& text) {
    peer.going += peer.browser ? ws::frame(ws::kText, text, true) : text;
    flush(peer);
  }

  void flush(Peer& peer) {
    if (peer.lost) return;
    const auto got = ::send(peer.socket, peer.going.data(), peer.going.size(), MSG_NOSIGNAL);
    if (got < 0 && errno != EAGAIN) return lose(peer);
    if (got > 0) peer.going.erase(0, static_cast<std::size_t>(got));
    // A yardstick greets nobody: what says who it is and was taken is in.
    if (!peer.browser && peer.going.empty()) peer.open = true;
    const bool writing = !peer.going.empty();
    if (writing != peer.writing)
      poller_.change(peer.socket, static_cast<std::uint64_t>(&peer - peers_.data()), writing);
    peer.writing = writing;
  }

  void lose(Peer& peer) {
    poller_.remove(peer.socket);
    peer.lost = true;
    peer.due_ns = 0;
  }

  void events(std::int64_t until_ns) {
    static char bytes[128 * 1024];
    for (const auto& event : poller_.wait(until_ns)) {
      Peer& peer = peers_[event.data.u64];
      if (peer.lost) continue;
      if (event.events & EPOLLOUT) flush(peer);
      if (peer.lost || !(event.events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
      const auto got = ::recv(peer.socket, bytes, sizeof bytes, 0);
      if (got == 0 || (got < 0 && errno != EAGAIN)) {
        lose(peer);
      } else if (got > 0) {
        peer.came.append(bytes, static_cast<std::size_t>(got));
        peer.browser ? fromRobot(peer) : fromBrowser(peer);
      }
    }
  }

  // What a browser is told.
  void fromRobot(Peer& browser) {
    std::size_t used = 0;
    if (!browser.open) {
      const auto end = browser.came.find("\r\n\r\n");
      if (end == std::string::npos) return;
      used = end + 4;
      if (!ws::accepted({browser.came.data(), used})) giveUp("no upgrade: " + browser.came.substr(0, 300));
      browser.open = true;
    }
    ws::Frame frame;
    while (const std::size_t size = ws::parse(browser.came.data() + used, browser.came.size() - used, &frame)) {
      used += size;
      if (frame.opcode == ws::kClose) return lose(browser);
      if (frame.opcode == ws::kPing) {
        browser.going += ws::frame(ws::kPong, frame.payload, true);
        flush(browser);
      }
      const auto at = frame.payload.find("\"bt\":\"");
      if (frame.opcode != ws::kText || at == std::string_view::npos) continue;
      std::int64_t since = 0;
      std::from_chars(frame.payload.data() + at + 6, frame.payload.data() + frame.payload.size(), since);
      if (since != 0) up_.add(nowNs() - since);
    }
    browser.came.erase(0, used);
  }

  // What a robot is told.
  void fromBrowser(Peer& robot) {
    const auto end = robot.came.rfind("}}}");
    if (end == std::string::npos) return;
    const std::string_view whole(robot.came.data(), end + 3);
    auto& asked = asked_[robot.robot];
    for (std::size_t at = 0;;) {
      const std::uint32_t code = nextDrive(whole, at);
      if (code == kCodes) break;
      const auto found = asked.find(code);
      if (found == asked.end()) continue;
      down_.add(nowNs() - found->second);
      asked.erase(found);
    }
    robot.came.erase(0, end + 3);
  }

  void report(double seconds, double cpu_s, double rss_mb) {
    std::size_t lost = 0;
    for (const Peer& peer : peers_) lost += peer.lost;
    const auto arrived = static_cast<double>(up_.size() + down_.size());
    Result()
        .add("robots", static_cast<double>(robots_))
        .add("lost_peers", static_cast<double>(lost))
        .add("up_sent", static_cast<double>(up_sent_))
        .add("up_arrived", static_cast<double>(up_.size()))
        .add("down_sent", static_cast<double>(down_sent_))
        .add("down_arrived", static_cast<double>(down_.size()))
        .add("messages_per_s", arrived / seconds)
        .add("us_cpu_per_message", arrived > 0 ? cpu_s * 1e6 / arrived : 0)
        .add("rss_mb", rss_mb)
        .add("up", up_)
        .add("down", down_)
        .print();
  }

  const Options& options_;
  const std::size_t robots_;
  Poller poller_;
  std::vector<Peer> peers_;
  std::vector<std::map<std::uint32_t, std::int64_t>> asked_;  // by robot: when each drive was sent
  std::map<std::size_t, std::uint32_t> codes_;
  bool counting_ = false;
  std::uint64_t up_sent_ = 0, down_sent_ = 0;
  Samples up_, down_;
};

}  // namespace

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(argc, argv,
                        {{"tcp", "127.0.0.1:7070"},
                         {"browsers", "ws://127.0.0.1:7071/"},
                         {"robots", "100"},
                         {"rate", "10"},
                         {"secs", "5"},
                         {"warmup", "1"},
                         {"settle", "1"},
                         {"pid", "0"}});
  Load(options).run();
}
