// Many viewers of one MJPEG stream: how many pictures come, how old they are, whether any is torn, and what the server
// spent. All but a picture's begin and end is thrown away inside the kernel, so that the viewers leave the machine to
// the server. Prints one line of JSON.
#include <sys/socket.h>
#include <unistd.h>

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
  bool started = false, lost = false;
  enum class Expects { answer, part, picture } expects = Expects::answer;
  std::string head;        // of the answer or of a part, as far as it came
  std::string begin, end;  // the picture's first and last bytes
  std::size_t left = 0;    // of the picture
  std::uint64_t last_number = 0;
};

struct Totals {
  bool counting = false;
  std::uint64_t pictures = 0, torn = 0, skipped = 0;
  Samples age;
};

std::size_t contentLength(const std::string& head) {
  const char* line = ::strcasestr(head.c_str(), "content-length:");
  return line ? std::strtoul(line + std::strlen("content-length:"), nullptr, 10) : 0;
}

void pictureDone(Viewer& viewer, Totals& totals) {
  const auto stamp = readStamp(viewer.begin);
  if (totals.counting) {
    ++totals.pictures;
    if (!stamp || viewer.end != "\xff\xd9") ++totals.torn;
    if (stamp) totals.age.add(nowNs() - stamp->made_ns);
    if (stamp && viewer.last_number) totals.skipped += stamp->number - viewer.last_number - 1;
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

}  // namespace

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(argc, argv,
                        {{"url", ""}, {"n", "200"}, {"secs", "4"}, {"warmup", "1.5"}, {"pid", "0"}, {"header", ""}});
  const Url url = parseUrl(options.text("url"));
  // HTTP/1.0, so that no server cuts the stream into chunks.
  const std::string header = options.text("header").empty() ? "" : options.text("header") + "\r\n";
  const std::string request =
      "GET " + url.path + " HTTP/1.0\r\nHost: " + url.host + ":" + std::to_string(url.port) + "\r\n" + header + "\r\n";
  Poller poller;
  Totals totals;
  std::vector<Viewer> viewers(static_cast<std::size_t>(options.count("n")));
  for (std::size_t i = 0; i < viewers.size(); ++i) {
    viewers[i].socket = connectTo(url);
    poller.add(viewers[i].socket, i, true);
  }

  const int pid = options.count("pid");
  Use before, after;
  std::int64_t begin = nowNs() + options.ns("warmup");
  const std::int64_t length = options.ns("secs");
  for (std::int64_t now = nowNs(); now < begin + length; now = nowNs()) {
    if (!totals.counting && now >= begin) {
      totals.counting = true;
      before = useOf(pid);
      begin = nowNs();
    }
    for (const auto& event : poller.wait(totals.counting ? begin + length : begin)) {
      Viewer& viewer = viewers[event.data.u64];
      if (event.events & EPOLLOUT) {
        if (::send(viewer.socket, request.data(), request.size(), MSG_NOSIGNAL) < 0)
          giveUp("the server does not listen");
        poller.change(viewer.socket, event.data.u64, false);
      }
      if (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read(viewer, totals);
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
      .add("fps", pictures / seconds / static_cast<double>(viewers.size()))
      .add("torn", static_cast<double>(totals.torn))
      .add("skipped", static_cast<double>(totals.skipped))
      .add("age", totals.age)
      .add("cpu_s_per_1000", pictures > 0 ? (after.cpu_s - before.cpu_s) / pictures * 1000 : 0)
      .add("rss_mb", after.rss_mb)
      .print();
}
