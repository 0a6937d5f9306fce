// Many WebSocket clients of one server. Prints one line of JSON.
//   --mode=fan   what a publisher says arrives at each of --n clients: how often, how late, and what the server spent.
//   The
//                publisher is one connection of our own to --publish-url, at --rate messages of --size bytes a second;
//                with no such URL somebody else publishes. Messages carry their time behind --marker.
//   --mode=rtt   each of --n clients sends --message at --rate and waits for what comes back
//   --mode=idle  --n clients connect and stay: what one costs
// --first is sent by each client when it is connected; --header goes with each upgrade request; # separates several.
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <utility>

#include "kit/measure.hpp"
#include "kit/net.hpp"
#include "kit/websocket.hpp"

using namespace bench;

namespace {

struct Client {
  int socket = -1;
  bool publishes = false, open = false, lost = false, writing = true;
  std::string came, going;
  std::uint64_t received = 0;
  std::int64_t due_ns = 0, asked_ns = 0;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('#', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        mode_(options.text("mode")),
        first_(split(options.text("first"))),
        marker_(options.text("marker")) {
    if (mode_ != "fan" && mode_ != "rtt" && mode_ != "idle") giveUp("--mode is fan, rtt or idle");
    for (const auto& line : split(options.text("header"))) headers_ += line + "\r\n";
  }

  void run() {
    const int pid = options_.count("pid");
    const auto n = static_cast<std::size_t>(options_.count("n"));
    const bool publishes = mode_ == "fan" && !options_.text("publish-url").empty();
    clients_.resize(n + (publishes ? 1 : 0));
    if (publishes) clients_.back().publishes = true;
    const Use empty = useOf(pid);
    const std::int64_t start = nowNs();
    connectAll();
    const double connect_s = static_cast<double>(nowNs() - start) / 1e9;
    pump(nowNs() + options_.ns("warmup"), false);
    const Use before = useOf(pid);
    counting_ = true;
    const std::int64_t begin = nowNs();
    pump(begin + options_.ns("secs"), true);
    counting_ = false;
    const double seconds = static_cast<double>(nowNs() - begin) / 1e9;
    const Use after = useOf(pid);
    report(n, seconds, connect_s, empty, before, after);
  }

 private:
  void connectAll() {
    std::size_t next = 0;
    const std::int64_t deadline = nowNs() + 30'000'000'000;
    for (std::size_t open = 0; open < clients_.size();) {
      if (nowNs() > deadline) giveUp("only " + std::to_string(open) + " clients were let in");
      // At most so many at once, that the listener's queue does not overflow.
      for (; next < clients_.size() && next < open + 256; ++next) {
        Client& client = clients_[next];
        const Url url = parseUrl(options_.text(client.publishes ? "publish-url" : "url"));
        client.socket = connectTo(url);
        client.going = ws::request(url, headers_);
        poller_.add(client.socket, next, true);
      }
      events(nowNs() + 20'000'000);
      open = 0;
      for (const auto& client : clients_) open += client.open;
    }
    // Senders take their turns evenly over one period.
    const double period = 1e9 / options_.number("rate");
    std::size_t place = 0;
    for (auto& client : clients_)
      if (client.publishes || mode_ == "rtt")
        client.due_ns = nowNs() + static_cast<std::int64_t>(period * static_cast<double>(++place) /
                                                            static_cast<double>(clients_.size()));
  }

  void pump(std::int64_t until_ns, bool measured) {
    const auto period = static_cast<std::int64_t>(1e9 / options_.number("rate"));
    while (nowNs() < until_ns) {
      std::int64_t wake = until_ns;
      for (auto& client : clients_) {
        if (client.due_ns == 0) continue;
        if (client.due_ns <= nowNs() && (client.publishes || client.asked_ns == 0)) {
          sendOne(client);
          sent_ += measured ? 1 : 0;
          client.due_ns = std::max(client.due_ns + period, nowNs() - period);
        }
        wake = std::min(wake, std::max(client.due_ns, nowNs() + 50'000));
        if (!client.publishes && clients_.size() > 64) break;
      }
      events(wake);
    }
  }

  void sendOne(Client& client) {
    std::string message = options_.text("message");
    if (message.empty()) {
      message = "{" + marker_ + std::to_string(nowNs()) + ",\"pad\":\"";
      const auto size = static_cast<std::size_t>(options_.count("size"));
      if (message.size() + 2 < size) message.append(size - 2 - message.size(), 'x');
      message += "\"}";
    }
    client.asked_ns = nowNs();
    send(client, ws::frame(ws::kText, message, true));
  }

  void send(Client& client, const std::string& bytes) {
    client.going += bytes;
    flush(client);
  }

  void flush(Client& client) {
    const auto got = ::send(client.socket, client.going.data(), client.going.size(), MSG_NOSIGNAL);
    if (got < 0 && errno != EAGAIN) return lose(client);
    if (got > 0) client.going.erase(0, static_cast<std::size_t>(got));
    const bool writing = !client.going.empty();
    if (writing != client.writing) poller_.change(client.socket, idOf(client), writing);
    client.writing = writing;
  }

  std::uint64_t idOf(const Client& client) const { return static_cast<std::uint64_t>(&client - clients_.data()); }

  void lose(Client& client) {
    if (!client.lost) poller_.remove(client.socket);
    client.lost = true;
    client.due_ns = 0;
  }

  void events(std::int64_t until_ns) {
    static char bytes[128 * 1024];
    for (const auto& event : poller_.wait(until_ns)) {
      Client& client = clients_[event.data.u64];
      if (client.lost) continue;
      if (event.events & EPOLLOUT) flush(client);
      if (client.lost || !(event.events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
      const auto got = ::recv(client.socket, bytes, sizeof bytes, 0);
      if (got == 0 || (got < 0 && errno != EAGAIN)) {
        lose(client);
      } else if (got > 0) {
        client.came.append(bytes, static_cast<std::size_t>(got));
        take(client);
      }
    }
  }

  void take(Client& client) {
    std::size_t used = 0;
    if (!client.open) {
      const auto end = client.came.find("\r\n\r\n");
      if (end == std::string::npos) return;
      used = end + 4;
      if (!ws::accepted({client.came.data(), used})) giveUp("no upgrade: " + client.came.substr(0, 300));
      client.open = true;
      if (!client.publishes)
        for (const auto& message : first_) send(client, ws::frame(ws::kText, message, true));
    }
    ws::Frame frame;
    while (const std::size_t size = ws::parse(client.came.data() + used, client.came.size() - used, &frame)) {
      used += size;
      if (frame.opcode == ws::kPing) send(client, ws::frame(ws::kPong, frame.payload, true));
      if (frame.opcode == ws::kClose) return lose(client);
      if (frame.opcode == ws::kText) message(client, frame.payload);
    }
    client.came.erase(0, used);
  }

  void message(Client& client, std::string_view text) {
    std::int64_t since = 0;
    if (mode_ == "rtt" && client.asked_ns) {
      since = std::exchange(client.asked_ns, 0);
    } else if (const auto at = text.find(marker_); at != std::string_view::npos) {
      std::from_chars(text.data() + at + marker_.size(), text.data() + text.size(), since);
    }
    if (!counting_ || since == 0) return;
    ++client.received;
    bytes_ += text.size();
    delay_.add(nowNs() - since);
  }

  void report(std::size_t n, double seconds, double connect_s, const Use& empty, const Use& before, const Use& after) {
    std::uint64_t received = 0, least = ~0ull;
    std::size_t alive = 0;
    for (std::size_t i = 0; i < n; ++i) {
      received += clients_[i].received;
      least = std::min(least, clients_[i].received);
      alive += clients_[i].open && !clients_[i].lost;
    }
    const auto messages = static_cast<double>(received);
    Result()
        .add("clients", static_cast<double>(n))
        .add("alive", static_cast<double>(alive))
        .add("sent", static_cast<double>(sent_))
        .add("received_per_s", messages / seconds)
        .add("bytes_per_message", messages > 0 ? static_cast<double>(bytes_) / messages : 0)
        .add("least_per_s", static_cast<double>(least) / seconds)
        .add("delay", delay_)
        .add("us_cpu_per_message", messages > 0 ? (after.cpu_s - before.cpu_s) / messages * 1e6 : 0)
        .add("connects_per_s", static_cast<double>(n) / connect_s)
        .add("kb_per_client", (before.rss_mb - empty.rss_mb) * 1000 / static_cast<double>(n))
        .add("rss_mb", after.rss_mb)
        .print();
  }

  const Options& options_;
  const std::string mode_;
  const std::vector<std::string> first_;
  const std::string marker_;
  std::string headers_;
  Poller poller_;
  std::vector<Client> clients_;
  Samples delay_;
  std::uint64_t sent_ = 0, bytes_ = 0;
  bool counting_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(argc, argv,
                        {{"mode", "fan"},
                         {"url", ""},
                         {"publish-url", ""},
                         {"n", "100"},
                         {"rate", "50"},
                         {"size", "200"},
                         {"secs", "4"},
                         {"warmup", "1"},
                         {"pid", "0"},
                         {"header", ""},
                         {"first", ""},
                         {"message", ""},
                         {"marker", "\"bt\":"}});
  Load(options).run();
}
