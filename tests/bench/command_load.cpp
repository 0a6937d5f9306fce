// A person who takes the turn on a bench device and clicks --rate times a second: how long a click takes from the
// page's socket to the driver, which notes the time in a file that both map, and what the server (--pid) and the
// device's agent (--agent) spent on it. Answers the dead-man's stamps as a page does. Prints one line of JSON.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/json.hpp"
#include "kit/measure.hpp"
#include "kit/net.hpp"
#include "kit/websocket.hpp"

using namespace bench;
namespace json = robohub::json;

namespace {

constexpr std::size_t kClicks = 65536;

const std::int64_t* mapClicks(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) giveUp("there is no file " + file);
  void* memory = ::mmap(nullptr, kClicks * sizeof(std::int64_t), PROT_READ, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (memory == MAP_FAILED) giveUp("the file of clicks cannot be mapped");
  return static_cast<const std::int64_t*>(memory);
}

class Player {
 public:
  explicit Player(const Options& options)
      : device_("\"device\":" + json::quote(options.text("device"))),
        url_(parseUrl(options.text("url"))),
        socket_(connectTo(url_)) {
    std::string headers = options.text("header");
    for (std::size_t at; (at = headers.find('#')) != std::string::npos;) headers.replace(at, 1, "\r\n");
    going_ = ws::request(url_, headers + "\r\n");
    poller_.add(socket_, 0, true);
  }

  void takeTurn() {
    const std::int64_t deadline = nowNs() + 10'000'000'000;
    while (!open_ && nowNs() < deadline) events(deadline);
    say("{\"type\":\"watch\"," + device_ + "}");
    say("{\"type\":\"join\"," + device_ + "}");
    while (epoch_ == 0 && nowNs() < deadline) events(deadline);
    if (epoch_ == 0) giveUp("no turn was given within 10 s");
    // Nothing moves before the first answers to the dead-man have reached the device.
    while (beats_ < 3 && nowNs() < deadline) events(deadline);
  }

  // Times of sending, by click.
  std::vector<std::int64_t> click(double rate, std::int64_t warmup_ns, std::int64_t length_ns, std::size_t* first) {
    std::vector<std::int64_t> sent;
    const auto period = static_cast<std::int64_t>(1e9 / rate);
    const std::int64_t begin = nowNs() + warmup_ns;
    for (std::int64_t due = nowNs(); due < begin + length_ns && sent.size() < kClicks; due += period) {
      while (nowNs() < due) events(due);
      if (due < begin) *first = sent.size() + 1;
      const std::string number = std::to_string(sent.size());
      sent.push_back(nowNs());
      say("{\"type\":\"command\"," + device_ + ",\"name\":\"click\",\"params\":{\"n\":" + number +
          "},\"epoch\":" + std::to_string(epoch_) + ",\"key\":\"click-" + number + "\"}");
    }
    const std::int64_t settled = nowNs() + 500'000'000;
    while (nowNs() < settled) events(settled);
    return sent;
  }

  std::uint64_t succeeded() const { return succeeded_; }
  std::uint64_t refused() const { return refused_; }
  const std::string& refusal() const { return refusal_; }

 private:
  void say(const std::string& message) {
    going_ += ws::frame(ws::kText, message, true);
    flush();
  }

  void flush() {
    const auto got = ::send(socket_, going_.data(), going_.size(), MSG_NOSIGNAL);
    if (got < 0 && errno != EAGAIN) giveUp("the hub has closed the connection");
    if (got > 0) going_.erase(0, static_cast<std::size_t>(got));
    poller_.change(socket_, 0, !going_.empty());
  }

  void events(std::int64_t until_ns) {
    static std::array<char, 64 * 1024> bytes;
    for (const auto& event : poller_.wait(until_ns)) {
      if (event.events & EPOLLOUT) flush();
      if (!(event.events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
      const auto got = ::recv(socket_, bytes.data(), bytes.size(), 0);
      if (got == 0 || (got < 0 && errno != EAGAIN)) giveUp("the hub has closed the connection");
      if (got > 0) came_.append(bytes.data(), static_cast<std::size_t>(got));
    }
    std::size_t used = 0;
    if (!open_) {
      const auto end = came_.find("\r\n\r\n");
      if (end == std::string::npos) return;
      used = end + 4;
      if (!ws::accepted({came_.data(), used})) giveUp("no upgrade: " + came_.substr(0, 300));
      open_ = true;
    }
    ws::Frame frame;
    while (const std::size_t size = ws::parse(came_.data() + used, came_.size() - used, &frame)) {
      used += size;
      if (frame.opcode == ws::kText) take(frame.payload);
      if (frame.opcode == ws::kPing) going_ += ws::frame(ws::kPong, frame.payload, true);
      if (frame.opcode == ws::kClose) giveUp("the hub has closed the live socket");
    }
    came_.erase(0, used);
  }

  void take(std::string_view text) {
    if (text.find("\"telemetry\"") != std::string_view::npos) return;
    const auto message = json::parseObject(text);
    if (!message) giveUp("the hub sent what is no JSON");
    const std::string type = json::getString(**message, "type").value_or("");
    if (type == "stamp") {
      ++beats_;
      say("{\"type\":\"beat\"," + device_ +
          ",\"epoch\":" + std::to_string(json::getInt(**message, "epoch").value_or(0)) +
          ",\"stamp\":" + json::quote(json::getString(**message, "stamp").value_or("")) + "}");
    } else if (type == "you") {
      const bool active = json::getString(**message, "state").value_or("") == "active";
      epoch_ = active ? json::getInt(**message, "epoch").value_or(0) : 0;
    } else if (type == "command") {
      const std::string state = json::getString(**message, "state").value_or("");
      if (state == "succeeded") ++succeeded_;
      if (state == "refused" || state == "failed" || state == "expired") {
        ++refused_;
        refusal_ = std::string(text);
      }
    } else if (type == "error") {
      refusal_ = std::string(text);
    }
  }

  const std::string device_;
  const Url url_;
  Poller poller_;
  int socket_;
  bool open_ = false;
  std::string came_, going_, refusal_;
  std::int64_t epoch_ = 0;
  std::uint64_t succeeded_ = 0, refused_ = 0, beats_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(argc, argv,
                        {{"url", ""},
                         {"header", ""},
                         {"device", ""},
                         {"clicks", ""},
                         {"rate", "200"},
                         {"secs", "5"},
                         {"warmup", "1"},
                         {"pid", "0"},
                         {"agent", "0"}});
  const std::int64_t* arrived = mapClicks(options.text("clicks"));
  Player player(options);
  player.takeTurn();
  std::size_t first = 0;
  const int pid = options.count("pid"), agent = options.count("agent");
  const Use before = useOf(pid), agent_before = useOf(agent);
  const auto sent = player.click(options.number("rate"), options.ns("warmup"), options.ns("secs"), &first);
  const Use after = useOf(pid), agent_after = useOf(agent);
  Samples delay;
  for (std::size_t n = first; n < sent.size(); ++n)
    if (const std::int64_t at = __atomic_load_n(&arrived[n], __ATOMIC_ACQUIRE); at >= sent[n]) delay.add(at - sent[n]);
  if (!player.refusal().empty()) std::fprintf(stderr, "a click was not carried out: %s\n", player.refusal().c_str());
  Result()
      .add("clicks", static_cast<double>(sent.size() - first))
      .add("arrived", static_cast<double>(delay.size()))
      .add("succeeded", static_cast<double>(player.succeeded()))
      .add("refused", static_cast<double>(player.refused()))
      .add("delay", delay)
      .add("us_cpu_per_click", (after.cpu_s - before.cpu_s) / static_cast<double>(sent.size()) * 1e6)
      .add("agent_us_cpu_per_click", (agent_after.cpu_s - agent_before.cpu_s) / static_cast<double>(sent.size()) * 1e6)
      .print();
}
