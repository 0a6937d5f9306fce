#include "soak/safety/chaos_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace soak {
namespace {

// What a router would keep: behind this the sender has to wait.
constexpr std::size_t kBuffered = 64 * 1024;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

void prepare(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

}  // namespace

ChaosProxy::ChaosProxy(std::uint16_t to_port, std::uint64_t seed)
    : to_port_(to_port),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      random_(seed) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the proxy cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

ChaosProxy::~ChaosProxy() {
  ending_ = true;
  wake();
  thread_.join();
  for (auto& connection : connections_) close(connection, true);
  ::close(listener_);
  ::close(wake_);
}

void ChaosProxy::wake() const {
  const std::uint64_t one = 1;
  if (::write(wake_, &one, sizeof one) < 0) return;  // full: it is awake already
}

void ChaosProxy::hold(bool up, bool down) {
  up_held_ = up;
  down_held_ = down;
  wake();
}

void ChaosProxy::cut() {
  cut_ = true;
  wake();
}

void ChaosProxy::shape(Shape shape) {
  const std::lock_guard lock(mutex_);
  shape_ = shape;
}

void ChaosProxy::accept() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(to_port_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(client);
      ::close(server);
      continue;
    }
    prepare(client);
    prepare(server);
    Connection& connection = connections_.emplace_back();
    connection.up.from = connection.down.to = client;
    connection.up.to = connection.down.from = server;
  }
}

void ChaosProxy::read(Way& way) {
  char some[16384];
  while (!way.ended && way.waiting_bytes < kBuffered) {
    const ssize_t size = ::recv(way.from, some, sizeof some, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
      way.ended = true;
      return;
    }
    auto due = Clock::now() + now_.delay;
    if (now_.jitter.count() > 0)
      due += std::chrono::microseconds(std::uniform_int_distribution<std::int64_t>(0, now_.jitter.count())(random_));
    if (!way.waiting.empty()) due = std::max(due, way.waiting.back().due);  // TCP keeps the order
    way.waiting.push_back({due, std::string(some, static_cast<std::size_t>(size))});
    way.waiting_bytes += static_cast<std::size_t>(size);
  }
}

// True when there may be more to write at once.
bool ChaosProxy::write(Connection& connection, Way& way, std::int64_t& tokens) {
  if (way.ended && way.waiting.empty()) connection.over = true;
  if (way.waiting.empty() || way.waiting.front().due > Clock::now()) return false;
  Piece& piece = way.waiting.front();
  std::size_t size = piece.bytes.size();
  if (now_.bytes_per_s > 0) {
    if (tokens <= 0) return false;
    size = std::min(size, static_cast<std::size_t>(tokens));
    size = std::min<std::size_t>(size, 1448);  // so that connections take turns
  }
  const ssize_t sent = ::send(way.to, piece.bytes.data(), size, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) connection.over = true;
    return false;
  }
  if (now_.bytes_per_s > 0) tokens -= sent;
  way.waiting_bytes -= static_cast<std::size_t>(sent);
  piece.bytes.erase(0, static_cast<std::size_t>(sent));
  if (piece.bytes.empty()) way.waiting.pop_front();
  return true;
}

void ChaosProxy::close(Connection& connection, bool reset) {
  const linger at_once{1, 0};
  for (const int fd : {connection.up.from, connection.up.to}) {
    if (reset) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(fd);
  }
}

// Every way that lets something pass, with its tokens.
template <class Work>
void ChaosProxy::each(Work work) {
  const bool up = !up_held_, down = !down_held_;
  for (auto& connection : connections_) {
    if (connection.up.from < 0 || connection.over) continue;
    if (up) work(connection, connection.up, up_tokens_);
    if (down) work(connection, connection.down, down_tokens_);
  }
}

// Until something comes, or is due. Fifty of these beside each other must not take the processors from what is tested:
// none wakes for nothing, and none asks descriptors that have nothing.
void ChaosProxy::wait() {
  constexpr auto kFull = std::chrono::milliseconds(1);  // before a receiver that does not read is asked again
  const auto time = Clock::now();
  auto until = time + std::chrono::seconds(1);
  fds_.assign({{listener_, POLLIN, 0}, {wake_, POLLIN, 0}});
  for (auto& connection : connections_) connection.up.watched = connection.down.watched = 0;
  each([&](Connection&, Way& way, std::int64_t tokens) {
    if (!way.ended && way.waiting_bytes < kBuffered) {
      way.watched = fds_.size();
      fds_.push_back({way.from, POLLIN, 0});
    }
    if (way.waiting.empty()) return;
    auto due = way.waiting.front().due;
    if (due <= time)
      due = now_.bytes_per_s == 0 || tokens > 0
                ? time + kFull
                : time + std::chrono::nanoseconds((1 - tokens) * 1'000'000'000 / std::int64_t(now_.bytes_per_s) + 1);
    until = std::min(until, due);
  });
  const auto rest = std::max<std::chrono::nanoseconds>(until - time, std::chrono::nanoseconds(0)).count();
  const timespec patience{rest / 1'000'000'000, rest % 1'000'000'000};
  if (::ppoll(fds_.data(), fds_.size(), &patience, nullptr) < 0)
    for (auto& one : fds_) one.revents = 0;
  std::uint64_t ignored = 0;
  if (fds_[1].revents && ::read(wake_, &ignored, sizeof ignored) < 0) return;
}

void ChaosProxy::earn() {
  if (now_.bytes_per_s == 0) return;
  const auto rate = static_cast<std::int64_t>(now_.bytes_per_s);
  const auto time = Clock::now();
  // At most 20 ms of it are saved up; what is less than a byte waits for the next time.
  const auto passed = std::chrono::nanoseconds(time - earned_at_).count();
  const std::int64_t more = std::min(passed, std::int64_t{1'000'000'000}) * rate / 1'000'000'000;
  if (more == 0) return;
  earned_at_ = passed > 1'000'000'000 ? time : earned_at_ + std::chrono::nanoseconds(more * 1'000'000'000 / rate);
  up_tokens_ = std::min(up_tokens_ + more, rate / 50);
  down_tokens_ = std::min(down_tokens_ + more, rate / 50);
}

void ChaosProxy::run() {
  while (!ending_) {
    {
      const std::lock_guard lock(mutex_);
      now_ = shape_;
    }
    wait();
    earn();
    if (cut_.exchange(false))
      for (auto& connection : connections_) {
        close(connection, true);
        connection.over = true;
        connection.up.from = -1;
      }
    each([&](Connection&, Way& way, std::int64_t&) {
      if (way.watched != 0 && fds_[way.watched].revents != 0) read(way);
    });
    for (bool more = true; more;) {
      more = false;
      each([&](Connection& connection, Way& way, std::int64_t& tokens) {
        more = write(connection, way, tokens) || more;
      });
    }
    if (fds_[0].revents != 0) accept();
    connections_.remove_if([this](Connection& connection) {
      if (connection.over && connection.up.from >= 0) close(connection, false);
      return connection.over;
    });
  }
}

}  // namespace soak
