// Segments of captures as fast as a hub takes them: speaks an agent's two links (docs/PROTOCOL.md, 3.3) for a device
// whose key is given, with the same random bytes under ever new numbers, framed once, so that it costs the machine
// little beside the hub. --mode=disk is the yardstick: the same bytes written to files and synced, one after another,
// as fast as it goes or at --mb-per-s. It writes over --files names in turn: with few of them it has the memory of
// files at hand, with more than it writes each byte goes to memory that nobody has touched yet, as those of a careless
// hub would. Prints one line of JSON.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>
#include <thread>

#include <openssl/evp.h>

#include "kit/measure.hpp"
#include "kit/net.hpp"
#include "kit/websocket.hpp"

using namespace bench;

namespace {

constexpr std::size_t kPiece = 64 * 1024, kAhead = 256 * 1024;

std::string randomBytes(std::size_t count) {
  std::mt19937_64 random(7);
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i + 8 <= count; i += 8) {
    const std::uint64_t value = random();
    std::memcpy(bytes.data() + i, &value, 8);
  }
  return bytes;
}

std::string sha256(const std::string& bytes) {
  unsigned char digest[32];
  if (!::EVP_Digest(bytes.data(), bytes.size(), digest, nullptr, ::EVP_sha256(), nullptr)) giveUp("no SHA-256");
  std::string hex;
  for (const unsigned char each : digest) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", each);
    hex += two;
  }
  return hex;
}

// One link, blocking.
class Link {
 public:
  Link(const Url& url, const std::string& headers) : socket_(connectTo(url)) {
    ::fcntl(socket_, F_SETFL, 0);
    say(ws::request(url, headers));
    std::string head;
    char one = 0;
    while (head.find("\r\n\r\n") == std::string::npos && ::recv(socket_, &one, 1, 0) == 1) head.push_back(one);
    if (!ws::accepted(head)) giveUp("the hub does not accept the link: " + head.substr(0, head.find('\r')));
  }
  ~Link() { ::close(socket_); }
  void say(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) giveUp("the link was lost");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void text(const std::string& message) const { say(ws::frame(ws::kText, message, true)); }
  // The next message; "" when none comes within `ms`.
  std::string next(int ms) {
    for (;;) {
      ws::Frame frame;
      if (const std::size_t bytes = ws::parse(in_.data(), in_.size(), &frame)) {
        std::string message(frame.payload);
        const bool text = frame.opcode == ws::kText;
        if (frame.opcode == ws::kClose) giveUp("the hub closed the link: " + message);
        in_.erase(0, bytes);
        if (text) return message;
        continue;
      }
      pollfd watched{socket_, POLLIN, 0};
      if (::poll(&watched, 1, ms) <= 0) return "";
      char part[16384];
      const ssize_t got = ::recv(socket_, part, sizeof part, 0);
      if (got <= 0) giveUp("the link was lost");
      in_.append(part, static_cast<std::size_t>(got));
    }
  }
  std::string get(const std::string& type) {
    for (;;) {
      std::string message = next(10'000);
      if (message.empty()) giveUp("no " + type + " came");
      if (message.find("\"type\":\"" + type + "\"") != std::string::npos) return message;
    }
  }

 private:
  int socket_;
  std::string in_;
};

std::string valueOf(const std::string& message, const std::string& name) {
  const std::size_t at = message.find("\"" + name + "\":");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 3;
  if (message[begin] == '"') return message.substr(begin + 1, message.find('"', begin + 1) - begin - 1);
  return message.substr(begin, message.find_first_of(",}", begin) - begin);
}

// The frames of one segment: byte 2, offset, bytes. The mask is zeros, which is one like any other and costs nothing.
std::vector<std::string> framesOf(const std::string& bytes) {
  std::vector<std::string> frames;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    std::string payload(1, '\2');
    for (int shift = 56; shift >= 0; shift -= 8) payload.push_back(static_cast<char>(at >> shift));
    payload += bytes.substr(at, kPiece);
    std::string frame{static_cast<char>(0x82), static_cast<char>(0x80 | 127)};
    for (int shift = 56; shift >= 0; shift -= 8) frame.push_back(static_cast<char>(payload.size() >> shift));
    frames.push_back(frame + std::string(4, '\0') + payload);
  }
  return frames;
}

class Upload {
 public:
  explicit Upload(const Options& options)
      : device_(options.text("device")),
        bytes_(randomBytes(static_cast<std::size_t>(options.count("segment-mb")) << 20)),
        sha256_(sha256(bytes_)),
        frames_(framesOf(bytes_)) {
    const Url url = parseUrl(options.text("url"));
    const std::string headers = "Authorization: Robohub-Device " + device_ + ":" + options.text("key") +
                                "\r\nSec-WebSocket-Protocol: robohub.agent.v1\r\n";
    control_ = std::make_unique<Link>(url, headers);
    control_->text(
        "{\"type\":\"hello\",\"role\":\"control\",\"protocol\":[1,1],\"device\":\"" + device_ +
        "\",\"agent\":\"0.1.0\",\"boot\":\"0123456789abcdef\",\"nonce\":\"0123456789abcdef0123456789abcdef\","
        "\"epoch\":0,\"plugin\":{\"type\":\"bench_device\",\"version\":\"1.0.0\",\"manifest\":\"" +
        options.text("manifest") + "\"},\"stopped\":null}");
    const std::string link = valueOf(control_->get("welcome"), "link");
    beats_ = std::thread([this] {
      for (std::int64_t t = 1; !ending_; ++t) {
        control_->text("{\"type\":\"beat\",\"t_ns\":" + std::to_string(nowNs()) + ",\"energised\":false,\"epoch\":0}");
        while (!control_->next(500).empty()) {
        }
      }
    });
    bulk_ = std::make_unique<Link>(url, headers);
    bulk_->text("{\"type\":\"hello\",\"role\":\"bulk\",\"device\":\"" + device_ + "\",\"link\":\"" + link + "\"}");
    bulk_->get("welcome");
  }
  ~Upload() {
    ending_ = true;
    beats_.join();
  }

  // Captures of so many segments until the time is over; the number of segments.
  int run(std::int64_t length_ns, int of_capture) {
    const std::int64_t until = nowNs() + length_ns;
    int segments = 0;
    for (int capture = 0; nowNs() < until; ++capture) {
      const std::string key = "\"key\":\"bench-" + std::to_string(until) + "-" + std::to_string(capture) + "\"";
      bulk_->text("{\"type\":\"capture\"," + key + ",\"trigger\":\"request\",\"started_ms\":1}");
      int number = 0;
      for (; number < of_capture && nowNs() < until; ++number) send(key, number);
      bulk_->text("{\"type\":\"capture_end\"," + key + ",\"segments\":" + std::to_string(number) + "}");
      segments += number;
    }
    return segments;
  }
  double segmentMb() const { return static_cast<double>(bytes_.size()) / 1e6; }

 private:
  void send(const std::string& key, int number) {
    bulk_->text("{\"type\":\"segment\"," + key + ",\"number\":" + std::to_string(number) +
                ",\"bytes\":" + std::to_string(bytes_.size()) + ",\"sha256\":\"" + sha256_ + "\",\"format\":\"mp4\"}");
    std::size_t taken = std::stoull(valueOf(bulk_->get("segment_at"), "offset")), sent = taken;
    for (;;) {
      while (sent < bytes_.size() && sent - taken < kAhead) {
        bulk_->say(frames_[sent / kPiece]);
        sent += kPiece;
      }
      const std::string message = bulk_->next(30'000);
      if (message.empty()) giveUp("the hub takes no more");
      const std::string type = valueOf(message, "type");
      if (type == "segment_at") taken = std::stoull(valueOf(message, "offset"));
      if (type != "segment_done") continue;
      if (valueOf(message, "ok") != "true") giveUp("a segment was refused: " + message);
      return;
    }
  }

  const std::string device_, bytes_, sha256_;
  const std::vector<std::string> frames_;
  std::unique_ptr<Link> control_, bulk_;
  std::atomic<bool> ending_{false};
  std::thread beats_;
};

// Files of one segment each, written and synced as a careful program would, until the time is over.
int writeFiles(const Options& options, const std::string& bytes, std::int64_t length_ns) {
  const std::int64_t begin = nowNs(), until = begin + length_ns;
  const double rate = options.number("mb-per-s");
  const auto of = static_cast<int>(options.count("files"));
  int files = 0;
  while (nowNs() < until) {
    const std::string name = options.text("folder") + "/disk-" + std::to_string(files % of);
    ::unlink(name.c_str());
    const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) giveUp("no file can be made in " + options.text("folder"));
    for (std::size_t at = 0; at < bytes.size(); at += 1 << 20)
      if (::write(file, bytes.data() + at, 1 << 20) != 1 << 20) giveUp("the disk is full");
    if (::fdatasync(file) != 0) giveUp("the disk does not sync");
    ::close(file);
    ++files;
    if (rate > 0) {
      const auto due = begin + static_cast<std::int64_t>(static_cast<double>(bytes.size()) * files / rate * 1e3);
      const std::int64_t wait = due - nowNs();
      if (wait > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(wait));
    }
  }
  for (int i = 0; i < of; ++i) ::unlink((options.text("folder") + "/disk-" + std::to_string(i)).c_str());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv,
                        {{"mode", "upload"},
                         {"url", "ws://127.0.0.1:8080/api/v1/agent"},
                         {"device", "bench-2"},
                         {"key", ""},
                         {"manifest", std::string(64, '0')},
                         {"folder", "."},
                         {"segment-mb", "16"},
                         {"segments", "32"},
                         {"files", "64"},
                         {"mb-per-s", "0"},
                         {"secs", "10"}});
  prepareProcess();
  const std::int64_t length = options.ns("secs");
  Result result;
  if (options.text("mode") == "disk") {
    const std::string bytes = randomBytes(static_cast<std::size_t>(options.count("segment-mb")) << 20);
    const std::int64_t begin = nowNs();
    const int files = writeFiles(options, bytes, length);
    const double seconds = static_cast<double>(nowNs() - begin) / 1e9;
    result.add("files", files).add("mb_per_s", static_cast<double>(bytes.size()) / 1e6 * files / seconds).print();
    return 0;
  }
  Upload upload(options);
  const std::int64_t begin = nowNs();
  const int segments = upload.run(length, options.count("segments"));
  const double seconds = static_cast<double>(nowNs() - begin) / 1e9;
  result.add("segments", segments).add("mb_per_s", upload.segmentMb() * segments / seconds).print();
  return 0;
}
