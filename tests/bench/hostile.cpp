// How long a new page waits for its live socket while --silent connections say nothing and --half stop inside their
// request's head. Whoever of these is closed by the server comes back at once. Prints one line of JSON.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "kit/measure.hpp"
#include "kit/net.hpp"
#include "kit/websocket.hpp"

using namespace bench;

namespace {

struct Guest {
  int socket = -1;
  bool half = false;
};

class Siege {
 public:
  explicit Siege(const Options& options) : url_(parseUrl(options.text("url"))) {
    std::string headers = options.text("header");
    for (std::size_t at; (at = headers.find('#')) != std::string::npos;) headers.replace(at, 1, "\r\n");
    request_ = ws::request(url_, headers.empty() ? "" : headers + "\r\n");
    guests_.resize(static_cast<std::size_t>(options.count("silent") + options.count("half")));
    for (std::size_t i = 0; i < guests_.size(); ++i) {
      guests_[i].half = i >= static_cast<std::size_t>(options.count("silent"));
      enter(i);
      if (i % 64 == 0) events(nowNs() + 1'000'000);
    }
  }

  // One page: from connecting to the whole answer.
  std::int64_t probe() {
    const std::int64_t begin = nowNs();
    const int page = connectTo(url_);
    poller_.add(page, kPage, true);
    came_.clear();
    while (came_.find("\r\n\r\n") == std::string::npos) {
      if (nowNs() - begin > 10'000'000'000) giveUp("a new page had no answer within 10 s");
      page_ = page;
      events(begin + 10'000'000'000);
    }
    const std::int64_t taken = nowNs() - begin;
    if (!ws::accepted(came_)) giveUp("no upgrade: " + came_.substr(0, 300));
    poller_.remove(page);
    ::close(page);
    page_ = -1;
    return taken;
  }

  void rest(std::int64_t until_ns) {
    while (nowNs() < until_ns) events(until_ns);
  }
  int returned() const { return returned_; }

 private:
  static constexpr std::uint64_t kPage = ~0ull;

  void enter(std::size_t i) {
    guests_[i].socket = connectTo(url_);
    poller_.add(guests_[i].socket, i, guests_[i].half);
  }

  void events(std::int64_t until_ns) {
    char bytes[4096];
    for (const auto& event : poller_.wait(until_ns)) {
      const bool page = event.data.u64 == kPage;
      const int socket = page ? page_ : guests_[event.data.u64].socket;
      if (event.events & EPOLLOUT) {
        if (page) ::send(socket, request_.data(), request_.size(), MSG_NOSIGNAL);
        if (!page) ::send(socket, request_.data(), request_.size() / 2, MSG_NOSIGNAL);
        poller_.change(socket, event.data.u64, false);
        continue;
      }
      const auto got = ::recv(socket, bytes, sizeof bytes, 0);
      if (page && got > 0) came_.append(bytes, static_cast<std::size_t>(got));
      if (page && got == 0) giveUp("a new page was refused: " + came_);
      if (!page && (got == 0 || (got < 0 && errno != EAGAIN))) {
        ::close(socket);
        ++returned_;
        enter(event.data.u64);
      }
    }
  }

  const Url url_;
  std::string request_, came_;
  std::vector<Guest> guests_;
  Poller poller_;
  int page_ = -1, returned_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(argc, argv,
                        {{"url", ""},
                         {"header", ""},
                         {"silent", "1000"},
                         {"half", "1000"},
                         {"probes", "200"},
                         {"rate", "50"},
                         {"warmup", "1"},
                         {"pid", "0"}});
  Siege siege(options);
  siege.rest(nowNs() + options.ns("warmup"));
  Samples wait;
  const auto period = static_cast<std::int64_t>(1e9 / options.number("rate"));
  for (int i = 0; i < options.count("probes"); ++i) {
    const std::int64_t next = nowNs() + period;
    wait.add(siege.probe());
    siege.rest(next);
  }
  Result()
      .add("probes", static_cast<double>(wait.size()))
      .add("wait", wait)
      .add("returned", siege.returned())
      .add("rss_mb", useOf(options.count("pid")).rss_mb)
      .print();
}
