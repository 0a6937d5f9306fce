// Many people who each drive a device of their own: --devices=ID:KEY#ID:KEY... are devices of the bench's type that
// this program plays too, over an agent's own link (docs/PROTOCOL.md, 3.2), so that all of the machine's other core is
// left to the hub. Each page holds the turn, answers the dead-man and clicks; each device acknowledges and answers
// every command. Counts what arrives, how late, and what the server spent. Prints one line of JSON.
#include <charconv>
#include <memory>

#include "kit/measure.hpp"
#include "kit/peer.hpp"

using namespace bench;

namespace {

struct Couple {
  std::string id, link_headers;
  std::unique_ptr<Peer> device, page;
  bool online = false;
  std::string epoch;  // of the page's turn; "" without one
  int beats = 0;
  std::vector<std::int64_t> sent, arrived;  // by click
  std::size_t first = 0;                    // that counts
};

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(by, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

class Load {
 public:
  explicit Load(const Options& options) : options_(options), pid_(options.count("pid")) {
    for (const auto& device : split(options.text("devices"), '#')) {
      auto one = std::make_unique<Couple>();
      one->id = device.substr(0, device.find(':'));
      one->link_headers =
          "Authorization: Robohub-Device " + device + "\r\nSec-WebSocket-Protocol: robohub.agent.v1\r\n";
      couples_.push_back(std::move(one));
    }
    if (couples_.empty()) giveUp("--devices names nobody");
  }

  void run() {
    connectAll();
    const Use before = click();
    const Use after = useOf(pid_);
    for (const std::int64_t settled = nowNs() + 2'000'000'000; nowNs() < settled;) events(nowNs() + 10'000'000);
    report(before, after);
  }

 private:
  void connectAll() {
    const Url link = parseUrl(options_.text("link-url")), live = parseUrl(options_.text("url"));
    std::string headers;
    for (const auto& line : split(options_.text("header"), '#')) headers += line + "\r\n";
    const std::int64_t deadline = nowNs() + 30'000'000'000;
    std::size_t id = 0;
    for (auto& one : couples_) {
      one->device = std::make_unique<Peer>(poller_, id++, link, one->link_headers);
      one->page = std::make_unique<Peer>(poller_, id++, live, headers);
      const std::string me = "\"device\":\"" + one->id + "\"";
      one->device->say("{\"type\":\"hello\",\"role\":\"control\",\"protocol\":[1,1]," + me +
                       ",\"agent\":\"0.1.0\",\"boot\":\"0123456789abcdef\",\"nonce\":\"" + nonce_ +
                       "\",\"epoch\":0,\"plugin\":{\"type\":\"bench_device\",\"version\":\"1.0.0\",\"manifest\":\"" +
                       options_.text("manifest") + "\"},\"stopped\":null}");
      while (!one->online && nowNs() < deadline) events(nowNs() + 10'000'000);
      one->page->say("{\"type\":\"watch\"," + me + "}");
      one->page->say("{\"type\":\"join\"," + me + "}");
      one->page->flush();
    }
    for (auto& one : couples_)
      while ((one->epoch.empty() || one->beats < 3) && nowNs() < deadline) events(nowNs() + 10'000'000);
    for (auto& one : couples_)
      if (one->epoch.empty()) giveUp("no turn was given on " + one->id);
  }

  // Spreads the clicks evenly over pages and time; gives the server's use at the begin of what counts.
  Use click() {
    const double per_ns = options_.number("rate") / 1e9;
    const std::int64_t begin = nowNs(), counted = begin + options_.ns("warmup"), end = counted + options_.ns("secs");
    Use before;
    bool counting = false;
    std::uint64_t said = 0;
    for (std::int64_t now = nowNs(); now < end; now = nowNs()) {
      if (!counting && now >= counted) {
        counting = true;
        before = useOf(pid_);
        for (auto& one : couples_) one->first = one->sent.size();
      }
      const auto due = static_cast<std::uint64_t>(static_cast<double>(now - begin) * per_ns);
      // Nobody is left unheard for more than a moment, however late this program is.
      for (const auto most = std::min(due, said + 64); said < most; ++said)
        clickOnce(*couples_[said % couples_.size()]);
      events(begin + static_cast<std::int64_t>(static_cast<double>(said + 1) / per_ns));
    }
    seconds_ = static_cast<double>(nowNs() - counted) / 1e9;
    return before;
  }

  void clickOnce(Couple& one) {
    const std::string number = std::to_string(one.sent.size());
    one.sent.push_back(nowNs());
    one.arrived.push_back(0);
    one.page->say("{\"type\":\"command\",\"device\":\"" + one.id + "\",\"name\":\"click\",\"params\":{\"n\":" + number +
                  "},\"epoch\":" + one.epoch + ",\"key\":\"" + one.id + "-" + number + "\"}");
    one.page->flush();
  }

  void events(std::int64_t until_ns) {
    if (nowNs() >= beat_due_ns_) {
      beat_due_ns_ = nowNs() + 100'000'000;
      for (auto& one : couples_)
        if (one->online) beat(*one);
    }
    for (const auto& event : poller_.wait(std::min(until_ns, beat_due_ns_))) {
      Couple& one = *couples_[event.data.u64 / 2];
      if (event.data.u64 % 2 == 0)
        one.device->onEvents(event.events, [&](std::string_view text) { toDevice(one, text); });
      else
        one.page->onEvents(event.events, [&](std::string_view text) { toPage(one, text); });
    }
  }

  void beat(Couple& one) {
    one.device->say("{\"type\":\"beat\",\"t_ns\":" + std::to_string(nowNs()) +
                    ",\"energised\":false,\"epoch\":" + (one.epoch.empty() ? "0" : one.epoch) + "}");
    one.device->flush();
  }

  void toDevice(Couple& one, std::string_view text) {
    const auto type = memberOf(text, "type");
    if (type == "command") {
      std::size_t n = 0;
      const auto number = memberOf(text, "n");
      std::from_chars(number.data(), number.data() + number.size(), n);
      if (n >= one.arrived.size() || one.arrived[n] != 0) giveUp("a device was sent what nobody clicked, or twice");
      one.arrived[n] = nowNs();
      const std::string id(memberOf(text, "id"));
      one.device->say("{\"type\":\"ack\",\"id\":\"" + id + "\"}");
      one.device->say("{\"type\":\"result\",\"id\":\"" + id +
                      "\",\"state\":\"succeeded\",\"code\":\"\",\"message\":\"\",\"pointer\":\"\",\"value\":null}");
    } else if (type == "welcome") {
      one.online = true;
      beat(one);
    } else if (type == "refused") {
      giveUp("the hub refuses a device: " + std::string(text));
    }
  }

  void toPage(Couple& one, std::string_view text) {
    const auto type = memberOf(text, "type");
    if (type == "command") {
      const auto state = memberOf(text, "state");
      if (state == "succeeded") ++succeeded_;
      if (state == "refused" || state == "failed" || state == "expired") refuse(text);
    } else if (type == "stamp") {
      ++one.beats;
      one.page->say("{\"type\":\"beat\",\"device\":\"" + one.id +
                    "\",\"epoch\":" + std::string(memberOf(text, "epoch")) + ",\"stamp\":\"" +
                    std::string(memberOf(text, "stamp")) + "\"}");
    } else if (type == "you" && memberOf(text, "device") == one.id) {
      one.epoch = memberOf(text, "state") == "active" ? std::string(memberOf(text, "epoch")) : "";
    } else if (type == "error") {
      refuse(text);
    }
  }

  void refuse(std::string_view text) {
    if (refused_++ == 0) std::fprintf(stderr, "refused: %s\n", std::string(text).c_str());
  }

  void report(const Use& before, const Use& after) {
    Samples delay;
    std::uint64_t clicks = 0, all = 0;
    for (const auto& one : couples_) {
      all += one->sent.size();
      for (std::size_t n = one->first; n < one->sent.size(); ++n, ++clicks)
        if (one->arrived[n] != 0) delay.add(one->arrived[n] - one->sent[n]);
    }
    const auto counted = static_cast<double>(clicks);
    Result()
        .add("devices", static_cast<double>(couples_.size()))
        .add("clicks", counted)
        .add("clicks_per_s", counted / seconds_)
        .add("arrived", static_cast<double>(delay.size()))
        .add("all", static_cast<double>(all))
        .add("succeeded", static_cast<double>(succeeded_))
        .add("refused", static_cast<double>(refused_))
        .add("delay", delay)
        .add("us_cpu_per_click", (after.cpu_s - before.cpu_s) / counted * 1e6)
        .print();
  }

  const Options& options_;
  const int pid_;
  const std::string nonce_ = "0123456789abcdef0123456789abcdef";
  Poller poller_;
  std::vector<std::unique_ptr<Couple>> couples_;  // the device of the n-th is peer 2n, its page 2n + 1
  std::int64_t beat_due_ns_ = 0;
  std::uint64_t succeeded_ = 0, refused_ = 0;
  double seconds_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(argc, argv,
                        {{"url", "ws://127.0.0.1:8080/api/v1/live"},
                         {"link-url", "ws://127.0.0.1:8080/api/v1/agent"},
                         {"header", ""},
                         {"devices", ""},
                         {"manifest", ""},
                         {"rate", "20000"},
                         {"secs", "4"},
                         {"warmup", "0.5"},
                         {"pid", "0"}});
  Load(options).run();
}
