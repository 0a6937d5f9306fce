// Many viewers of one MJPEG stream: how many pictures come, how old they are, whether any is torn, and what the server
// spent. All but a picture's begin and end is thrown away inside the kernel, so that the viewers leave the machine to
// the server. --slow further viewers sit behind links of --slow-rate bytes/s and are counted apart. Prints one line of
// JSON.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "kit/measure.hpp"
#include "kit/net.hpp"
#include "kit/picture.hpp"

using namespace bench;

namespace {

struct Viewer {
  int socket = -1;
  bool started = false, lost = false, slow = false;
  enum class Expects { answer, part, picture } expects = Expects::answer;
  std::string head;        // of the answer or of a part, as far as it came
  std::string begin, end;  // the picture's first and last bytes
  std::size_t left = 0;    // of the picture
  std::uint64_t last_number = 0;
};

struct Totals {
  bool counting = false;
  std::uint64_t pictures = 0, torn = 0, skipped = 0;
  Samples age, slow_age;
};

std::size_t contentLength(const std::string& head) {
  const char* line = ::strcasestr(head.c_str(), "content-length:");
  return line ? std::strtoul(line + std::strlen("content-length:"), nullptr, 10) : 0;
}

void pictureDone(Viewer& viewer, Totals& totals) {
  const auto stamp = readStamp(viewer.begin);
  if (totals.counting) {
    if (!viewer.slow) ++totals.pictures;
    if (!stamp || viewer.end != "\xff\xd9") ++totals.torn;
    if (stamp) (viewer.slow ? totals.slow_age : totals.age).add(nowNs() - stamp->made_ns);
    if (stamp && viewer.last_number && !viewer.slow) totals.skipped += stamp->number - viewer.last_number - 1;
  }
  if (stamp) viewer.last_number = stamp->number;
}

// Takes what came; what belongs to the middle of a picture never gets here.
void take(Viewer& viewer, std::string_view bytes, Totals& totals) {
  while (!bytes.empty()) {
    if (viewer.expects == Viewer::Expects::picture) {
      const auto part = bytes.substr(0, viewer.left);
      if (viewer.begin.size() < kStampedBytes) viewer.begin += part.substr(0, kStampedBytes - viewer.begin.size());
      viewer.end = (viewer.end + std::string(part.substr(part.size() < 2 ? 0 : part.size() - 2)));
      if (viewer.end.size() > 2) viewer.end.erase(0, viewer.end.size() - 2);
      viewer.left -= part.size();
      bytes.remove_prefix(part.size());
      if (viewer.left > 0) continue;
      pictureDone(viewer, totals);
      viewer.expects = Viewer::Expects::part;
      viewer.head.clear();
      continue;
    }
    viewer.head += bytes.front();
    bytes.remove_prefix(1);
    if (!viewer.head.ends_with("\r\n\r\n")) continue;
    if (viewer.expects == Viewer::Expects::answer) {
      if (viewer.head.find(" 200 ") == std::string::npos) giveUp("the server answered: " + viewer.head);
      viewer.expects = Viewer::Expects::part;
      viewer.started = true;
    } else if (const std::size_t length = contentLength(viewer.head)) {
      viewer.left = length;
      viewer.begin.clear();
      viewer.end.clear();
      viewer.expects = Viewer::Expects::picture;
    }
    viewer.head.clear();
  }
}

void read(Viewer& viewer, Totals& totals) {
  char bytes[1024];
  for (int round = 0; round < 8; ++round) {
    const bool middle =
        viewer.expects == Viewer::Expects::picture && viewer.begin.size() >= kStampedBytes && viewer.left > 2;
    // MSG_TRUNC on TCP discards without copying (tcp(7)).
    const auto got =
        middle ? ::recv(viewer.socket, nullptr, viewer.left - 2, MSG_TRUNC)
               : ::recv(viewer.socket, bytes, viewer.expects == Viewer::Expects::picture ? 256 : sizeof bytes, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) viewer.lost = true;
    if (got <= 0) return;
    if (middle) {
      viewer.left -= static_cast<std::size_t>(got);
    } else {
      take(viewer, {bytes, static_cast<std::size_t>(got)}, totals);
    }
  }
}

// What a slow link lets through in one period.
void readSlowly(Viewer& viewer, std::size_t most, Totals& totals) {
  static char bytes[64 * 1024];
  const auto got = ::recv(viewer.socket, bytes, std::min(most, sizeof bytes), 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) viewer.lost = true;
  if (got > 0) take(viewer, {bytes, static_cast<std::size_t>(got)}, totals);
}

constexpr std::int64_t kSlowPeriodNs = 10'000'000;
constexpr int kSlowReceiveBuffer = 8192;

}  // namespace

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(argc, argv,
                        {{"url", ""},
                         {"n", "200"},
                         {"secs", "4"},
                         {"warmup", "1.5"},
                         {"slow", "0"},
                         {"slow-rate", "500000"},
                         {"pid", "0"},
                         {"header", ""}});
  const Url url = parseUrl(options.text("url"));
  // HTTP/1.0, so that no server cuts the stream into chunks.
  const std::string header = options.text("header").empty() ? "" : options.text("header") + "\r\n";
  const std::string request =
      "GET " + url.path + " HTTP/1.0\r\nHost: " + url.host + ":" + std::to_string(url.port) + "\r\n" + header + "\r\n";
  Poller poller;
  Totals totals;
  const auto n = static_cast<std::size_t>(options.count("n"));
  const auto slow_bytes = static_cast<std::size_t>(options.number("slow-rate") * kSlowPeriodNs / 1e9);
  std::vector<Viewer> viewers(n + static_cast<std::size_t>(options.count("slow")));
  const int pid = options.count("pid");
  const Use empty = useOf(pid);
  for (std::size_t i = 0; i < viewers.size(); ++i) {
    viewers[i].slow = i >= n;
    viewers[i].socket = connectTo(url, viewers[i].slow ? kSlowReceiveBuffer : 0);
    poller.add(viewers[i].socket, i, true);
  }

  Use before, after;
  std::int64_t slow_due = nowNs() + kSlowPeriodNs;
  std::int64_t begin = nowNs() + options.ns("warmup");
  const std::int64_t length = options.ns("secs");
  for (std::int64_t now = nowNs(); now < begin + length; now = nowNs()) {
    if (!totals.counting && now >= begin) {
      totals.counting = true;
      before = useOf(pid);
      begin = nowNs();
    }
    const bool any_slow = viewers.size() > n;
    if (any_slow && now >= slow_due) {
      for (std::size_t i = n; i < viewers.size(); ++i)
        if (!viewers[i].lost) readSlowly(viewers[i], slow_bytes, totals);
      slow_due = std::max(slow_due + kSlowPeriodNs, now);
    }
    const std::int64_t until = totals.counting ? begin + length : begin;
    for (const auto& event : poller.wait(any_slow ? std::min(until, slow_due) : until)) {
      Viewer& viewer = viewers[event.data.u64];
      if (event.events & EPOLLOUT) {
        if (::send(viewer.socket, request.data(), request.size(), MSG_NOSIGNAL) < 0)
          giveUp("the server does not listen");
        poller.change(viewer.socket, event.data.u64, false, !viewer.slow);
      }
      if (!viewer.slow && event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read(viewer, totals);
      if (viewer.lost) poller.remove(viewer.socket);
    }
  }
  after = useOf(pid);
  std::size_t alive = 0;
  for (const auto& viewer : viewers) alive += viewer.started && !viewer.lost;
  const double seconds = static_cast<double>(nowNs() - begin) / 1e9;
  const auto pictures = static_cast<double>(totals.pictures);
  Result()
      .add("viewers", static_cast<double>(viewers.size()))
      .add("alive", static_cast<double>(alive))
      .add("fps", pictures / seconds / static_cast<double>(n))
      .add("torn", static_cast<double>(totals.torn))
      .add("skipped", static_cast<double>(totals.skipped))
      .add("age", totals.age)
      .add("slow_pictures", static_cast<double>(totals.slow_age.size()))
      .add("slow_age", totals.slow_age)
      .add("slow_age_worst_ms", totals.slow_age.percentileMs(100))
      .add("cpu_s_per_1000", pictures > 0 ? (after.cpu_s - before.cpu_s) / pictures * 1000 : 0)
      .add("rss_mb", after.rss_mb)
      .add("grown_mb", after.rss_mb - empty.rss_mb)
      .print();
}
