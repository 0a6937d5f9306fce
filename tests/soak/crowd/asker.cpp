#include "soak/crowd/asker.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include "bench/kit/measure.hpp"
#include "soak/crowd/http_answer.hpp"

namespace soak {

using bench::nowNs;

Asker::Asker(AskerSettings settings) : settings_(std::move(settings)) {
  const std::string device = "/api/v1/devices/" + settings_.device;
  questions_ = {{"POST", "/api/v1/session", R"({"guest":"Asker"})", true},
                {"GET", "/", ""},
                {"GET", "/api/v1/session", ""},
                {"GET", "/api/v1/devices", ""},
                {"GET", device, ""},
                {"POST", device + "/turn", ""},
                {"GET", device + "/turn", ""},
                {"GET", device + "/telemetry?channel=load", ""},
                {"DELETE", device + "/turn", ""},
                {"GET", "/api/v1/openapi.json", ""},
                {"GET", "/healthz", ""},
                {"GET", "/api/v1/captures", ""}};
  thread_ = std::thread([this] { run(); });
}

Asker::~Asker() {
  ending_ = true;
  thread_.join();
  disconnect();
}

std::string Asker::lastFault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

std::string Asker::byRequest() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [request, histogram] : by_request_) {
    char line[160];
    std::snprintf(line, sizeof line, "    %-46s %7llu  p50 %6.1f  p99 %6.1f ms\n", request.c_str(),
                  static_cast<unsigned long long>(histogram.count()), histogram.percentileMs(50),
                  histogram.percentileMs(99));
    text += line;
  }
  return text;
}

void Asker::run() {
  const auto period = static_cast<std::int64_t>(1e9 / settings_.per_s);
  std::int64_t due = nowNs();
  for (std::size_t i = 0; !ending_; ++i, due += period) {
    while (!ending_ && nowNs() < due) {
      const std::int64_t left = due - nowNs();
      if (left > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(std::min<std::int64_t>(left, 50'000'000)));
    }
    if (!ending_) ask(questions_[i % questions_.size()], due);
  }
}

void Asker::ask(const Question& question, std::int64_t due_ns) {
  std::string request = std::string(question.method) + " " + question.target +
                        " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(settings_.port) +
                        "\r\nOrigin: http://127.0.0.1:" + std::to_string(settings_.port) + "\r\n";
  if (!question.signs_in) request += "Cookie: " + cookie_ + "\r\n";
  if (*question.method == 'P')
    request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(question.body.size()) + "\r\n";
  request += "\r\n" + question.body;
  if (settings_.fresh) disconnect();
  ++asked_;
  std::string came;
  HttpAnswer answer;
  // The hub may have closed a connection that lay idle.
  const bool reused = socket_ >= 0;
  bool done = exchange(request, &came);
  if (!done && reused) done = exchange(request, &came);
  if (!done || !readAnswer(came, &answer) || answer.status != 200) {
    ++failed_;
    const std::lock_guard lock(mutex_);
    fault_ = std::string(question.method) + " " + question.target + ": " +
             (came.empty() ? "no answer" : came.substr(0, 200));
    disconnect();
    return;
  }
  const std::int64_t took = nowNs() - due_ns;
  timings_.add(took);
  if (question.signs_in) cookie_ = answer.cookie;
  if (answer.closes) disconnect();
  const std::lock_guard lock(mutex_);
  by_request_[std::string(question.method) + " " + question.target].add(took);
}

bool Asker::connect() {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return false;
  const int on = 1;
  const timeval patience{10, 0};
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, settings_.from.c_str(), &address.sin_addr);
  ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(settings_.port);
  return ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

void Asker::disconnect() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

// One request and its whole answer, over the connection that is there or a new one.
bool Asker::exchange(const std::string& request, std::string* answer) {
  answer->clear();
  if (socket_ < 0 && !connect()) return disconnect(), false;
  if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    return disconnect(), false;
  char bytes[64 * 1024];
  HttpAnswer whole;
  while (!readAnswer(*answer, &whole)) {
    const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got <= 0) return disconnect(), false;
    answer->append(bytes, static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace soak
