// Stands in for the cloudtalker's own program, as brittle as that is: TLS 1.2 and no other, an Origin that means
// nothing, a state in answer to EVERY text, a state each ten heartbeats from a thread that sleeps on what it was told,
// files as binary frames of 1,300 bytes with no length and no end, states in their midst. It never dials again: when
// its connection ends it hangs about until somebody ends it.
//
//   cloudtalker -c CERT -k KEY -e HOST:PORT/ds/v3 --orders FIFO
//
// Orders, one a line: `start T TRIGGER`, `segment T TRIGGER N FILE`, `end T TRIGGER`, `alarm T`, `say TEXT`, `drop`
// (the connection, abruptly), `cut T TRIGGER N FILE` (half of a segment, then the connection is dropped). Says on lines
// of standard output: "connected", "refused: why", "heard TEXT", "command arm", "sent N states", "closed", "died: why".
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

#include "rh/json.hpp"

namespace {

constexpr std::size_t kFrame = 1300;

std::mutex output;
void line(const std::string& text) {
  std::lock_guard lock(output);
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

[[noreturn]] void die(const std::string& why) {
  line("died: " + why);
  std::_Exit(3);
}

// It does not come back by itself.
[[noreturn]] void hang() {
  for (;;) pause();
}

class Talker {
 public:
  Talker(const std::string& certificate, const std::string& key, const std::string& where) {
    const auto colon = where.find(':'), slash = where.find('/');
    if (colon == std::string::npos || slash == std::string::npos) die("-e is HOST:PORT/PATH");
    const std::string host = where.substr(0, colon), port = where.substr(colon + 1, slash - colon - 1);
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION);
    if (!certificate.empty() && (SSL_CTX_use_certificate_file(context_, certificate.c_str(), SSL_FILETYPE_PEM) != 1 ||
                                 SSL_CTX_use_PrivateKey_file(context_, key.c_str(), SSL_FILETYPE_PEM) != 1))
      die("certificate or key cannot be read");
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (inet_pton(AF_INET, host.c_str(), &at.sin_addr) != 1 ||
        connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) {
      line("refused: no connection");
      hang();
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    if (SSL_connect(ssl_) != 1) {
      line("refused: " + sslError());
      hang();
    }
    write("GET " + where.substr(slash) + " HTTP/1.1\r\nHost: " + host + ":" + port +
          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          "Sec-WebSocket-Version: 13\r\nOrigin: http://" +
          host + ":" + port + "\r\n\r\n");
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      char byte = 0;
      if (SSL_read(ssl_, &byte, 1) != 1) {
        line("refused: " + (head.empty() ? sslError() : head));
        hang();
      }
      head += byte;
    }
    if (head.find(" 101 ") == std::string::npos) {
      line("refused: " + head.substr(0, head.find('\r')));
      hang();
    }
    line("connected " + std::string(SSL_get_version(ssl_)));
    sayState();
  }

  // Ends never.
  void run(const std::string& orders) {
    std::thread([this] { beat(); }).detach();
    std::thread([this] { ping(); }).detach();
    std::thread([this, orders] { obey(orders); }).detach();
    receive();
    line("closed");
    hang();
  }

 private:
  static std::string sslError() {
    char text[256];
    ERR_error_string_n(ERR_peek_error(), text, sizeof text);
    return text;
  }

  void write(const std::string& bytes) {
    std::lock_guard lock(ssl_mutex_);
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const int done = SSL_write(ssl_, bytes.data() + sent, static_cast<int>(bytes.size() - sent));
      if (done <= 0) return;
      sent += static_cast<std::size_t>(done);
    }
  }

  void frame(unsigned char first, const std::string& payload) {
    std::string bytes(1, static_cast<char>(first));
    if (payload.size() < 126) {
      bytes += static_cast<char>(0x80 | payload.size());
    } else {
      bytes += static_cast<char>(0x80 | 126);
      bytes += static_cast<char>(payload.size() >> 8);
      bytes += static_cast<char>(payload.size() & 0xff);
    }
    const char mask[4] = {0x12, 0x34, 0x56, 0x78};
    bytes.append(mask, 4);
    for (std::size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
    write(bytes);
  }
  void say(const std::string& text) { frame(0x81, text); }

  void sayState() {
    std::string text;
    {
      std::lock_guard lock(mutex_);
      text = "{\"type\":\"state\",\"id\":" + std::to_string(id_) +
             ",\"heartbeat_period\":" + std::to_string(heartbeat_s_) + ",\"pir_armed\":" + (armed_ ? "true" : "false") +
             ",\"capture_asap\":" + (capture_ ? "true" : "false") + "}";
    }
    say(text);
    ++states_;
  }

  void beat() {
    for (;;) {
      std::int64_t period;
      {
        std::lock_guard lock(mutex_);
        period = heartbeat_s_;
      }
      if (period <= 0) die("sleep length must be non-negative");
      std::this_thread::sleep_for(std::chrono::seconds(10 * period));
      sayState();
    }
  }

  void ping() {
    for (;;) {
      std::this_thread::sleep_for(std::chrono::seconds(55));
      frame(0x89, "");
    }
  }

  // Locks the reading, not the writing: a reader waits for the descriptor outside.
  int read(char* to, int size) {
    for (;;) {
      {
        std::lock_guard lock(ssl_mutex_);
        if (SSL_pending(ssl_) > 0) return SSL_read(ssl_, to, size);
      }
      pollfd waiting{fd_, POLLIN, 0};
      poll(&waiting, 1, 1000);
      if (waiting.revents == 0) continue;
      std::lock_guard lock(ssl_mutex_);
      return SSL_read(ssl_, to, size);
    }
  }
  bool exactly(std::string& to, std::size_t size) {
    to.clear();
    while (to.size() < size) {
      char part[4096];
      const int got = read(part, static_cast<int>(std::min(size - to.size(), sizeof part)));
      if (got <= 0) return false;
      to.append(part, static_cast<std::size_t>(got));
    }
    return true;
  }

  void receive() {
    for (std::string head, payload; exactly(head, 2);) {
      const int opcode = static_cast<unsigned char>(head[0]) & 0x0f;
      std::size_t size = static_cast<unsigned char>(head[1]) & 0x7f;
      if (size == 126) {
        if (!exactly(payload, 2)) return;
        size = static_cast<unsigned char>(payload[0]) * 256u + static_cast<unsigned char>(payload[1]);
      }
      if (!exactly(payload, size)) return;
      if (opcode == 8) return;
      if (opcode == 9) frame(0x8a, payload);
      if (opcode == 1) hear(payload);
    }
  }

  void hear(const std::string& text) {
    line("heard " + text);
    const auto message = rh::Json::parse(text);
    {
      std::lock_guard lock(mutex_);
      id_ = message.get<std::int64_t>("id", id_);
      heartbeat_s_ = message.get<std::int64_t>("heartbeat_period", heartbeat_s_);
      if (message.get<bool>("pir_armed", armed_) != armed_) {
        armed_ = !armed_;
        line(armed_ ? "command arm" : "command disarm");
      }
      if (message.get<bool>("capture_asap", capture_) != capture_) {
        capture_ = !capture_;
        line("command capture");
      }
    }
    sayState();
    line("sent " + std::to_string(states_.load()) + " states");
  }

  static std::string about(const char* type, const std::string& at, const std::string& trigger) {
    return std::string("{\"type\":\"capture_") + type + "\",\"trigger_timestamp\":" + at + ",\"trigger\":\"" + trigger +
           "\"";
  }

  // States come in the midst of it.
  void sendFile(const std::string& name, bool half) {
    std::ifstream file(name, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    const std::size_t end = half ? bytes.size() / 2 : bytes.size();
    for (std::size_t at = 0, n = 0; at < end; at += kFrame, ++n) {
      frame(0x82, bytes.substr(at, std::min(kFrame, end - at)));
      if (n % 7 == 3) sayState();
    }
  }

  void drop() {
    std::lock_guard lock(ssl_mutex_);
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    shutdown(fd_, SHUT_RDWR);
  }

  void obey(const std::string& orders) {
    std::ifstream from(orders);
    for (std::string order; std::getline(from, order);) {
      std::istringstream words(order);
      std::string what, at, trigger, number, file;
      words >> what;
      if (what == "say") {
        say(order.substr(4));
        continue;
      }
      if (what == "drop") {
        drop();
        continue;
      }
      words >> at >> trigger >> number >> file;
      if (what == "alarm") say("{\"type\":\"alarm\",\"trigger_timestamp\":" + at + "}");
      if (what == "start" || what == "end") say(about(what.c_str(), at, trigger) + "}");
      if (what == "segment" || what == "cut") {
        say(about("segment", at, trigger) + ",\"seg_no\":" + number + "}");
        sendFile(file, what == "cut");
        if (what == "cut") drop();
      }
      line("done " + order);
    }
  }

  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  int fd_ = -1;
  std::mutex ssl_mutex_;  // one call of OpenSSL at a time
  std::mutex mutex_;      // guards what follows
  std::int64_t id_ = 0, heartbeat_s_ = 10;
  bool armed_ = false, capture_ = false;
  std::atomic<int> states_{0};
};

}  // namespace

int main(int count, char** words) {
  std::string certificate, key, where, orders;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string option = words[i];
    if (option == "-c") certificate = words[i + 1];
    if (option == "-k") key = words[i + 1];
    if (option == "-e") where = words[i + 1];
    if (option == "--orders") orders = words[i + 1];
  }
  try {
    Talker(certificate, key, where).run(orders);
  } catch (const std::exception& error) {
    die(error.what());
  }
}
