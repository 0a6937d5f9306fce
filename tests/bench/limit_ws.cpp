// The yardstick for live sockets: the least that a program on epoll must do to hand each message of a publisher (/pub)
// to every subscriber (/sub), and to answer an echo (/echo). One thread, one framed buffer a message, bounded queues.
// --tick-ms joins what is published within a tick. Prints {"port":N}, then runs until it is ended.
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "kit/measure.hpp"
#include "kit/net.hpp"
#include "kit/websocket.hpp"

using namespace bench;

namespace {

using Bytes = std::shared_ptr<const std::string>;
constexpr std::size_t kMaxQueued = 256;  // messages; the oldest goes first
constexpr std::uint64_t kListener = 0;

struct Connection {
  enum class Role { unknown, publisher, subscriber, echo } role = Role::unknown;
  std::string came;
  std::deque<Bytes> queue;
  std::size_t sent = 0;  // of the queue's first message
  bool lost = false;
};

class FanOut {
 public:
  FanOut(int port, std::int64_t tick_ns) : tick_ns_(tick_ns), listener_(listenOn(port)) {
    poller_.add(listener_, kListener, false);
  }
  int port() const { return portOf(listener_); }

  void run() {
    for (;;) {
      for (const auto& event : poller_.wait(joined_.empty() ? nowNs() + 1'000'000'000 : due_ns_)) {
        if (event.data.u64 == kListener) {
          for (int one; (one = acceptFrom(listener_)) >= 0;) {
            connections_[one] = {};
            poller_.add(one, static_cast<std::uint64_t>(one), false);
          }
          continue;
        }
        const int socket = static_cast<int>(event.data.u64);
        const auto found = connections_.find(socket);
        if (found == connections_.end()) continue;
        if (event.events & EPOLLOUT) flush(socket, found->second);
        if (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read(socket, found->second);
        if (found->second.lost) drop(socket);
      }
      if (!joined_.empty() && nowNs() >= due_ns_) publish(share(std::exchange(joined_, {})));
    }
  }

 private:
  void read(int socket, Connection& connection) {
    static char bytes[128 * 1024];
    const auto got = ::recv(socket, bytes, sizeof bytes, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) connection.lost = true;
    if (got <= 0) return;
    connection.came.append(bytes, static_cast<std::size_t>(got));
    if (connection.role == Connection::Role::unknown && !upgrade(socket, connection)) return;
    std::size_t used = 0;
    ws::Frame frame;
    while (const std::size_t size = ws::parse(connection.came.data() + used, connection.came.size() - used, &frame)) {
      used += size;
      if (frame.opcode == ws::kPing) send(socket, connection, share(ws::frame(ws::kPong, frame.payload, false)));
      if (frame.opcode != ws::kText) continue;
      const Bytes message = share(ws::frame(ws::kText, frame.payload, false));
      if (connection.role == Connection::Role::echo) send(socket, connection, message);
      if (connection.role != Connection::Role::publisher) continue;
      if (tick_ns_ == 0) {
        publish(message);
      } else {
        if (joined_.empty()) due_ns_ = nowNs() + tick_ns_;
        joined_ += *message;
      }
    }
    connection.came.erase(0, used);
  }

  void publish(const Bytes& message) {
    for (const int one : subscribers_) send(one, connections_[one], message);
  }

  bool upgrade(int socket, Connection& connection) {
    const auto end = connection.came.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string head = connection.came.substr(0, end + 4);
    connection.came.erase(0, end + 4);
    using Role = Connection::Role;
    connection.role = head.starts_with("GET /pub ")    ? Role::publisher
                      : head.starts_with("GET /echo ") ? Role::echo
                                                       : Role::subscriber;
    if (connection.role == Role::subscriber) subscribers_.insert(socket);
    send(socket, connection, share(ws::answer(head)));
    return true;
  }

  static Bytes share(std::string bytes) { return std::make_shared<const std::string>(std::move(bytes)); }

  void send(int socket, Connection& connection, const Bytes& message) {
    if (connection.queue.empty()) {
      const auto got = ::send(socket, message->data(), message->size(), MSG_NOSIGNAL);
      if (got == static_cast<ssize_t>(message->size())) return;
      if (got < 0 && errno != EAGAIN) {
        connection.lost = true;
        return;
      }
      connection.sent = got > 0 ? static_cast<std::size_t>(got) : 0;
      poller_.change(socket, static_cast<std::uint64_t>(socket), true);
    } else if (connection.queue.size() >= kMaxQueued) {
      connection.queue.erase(connection.queue.begin() + (connection.sent > 0 ? 1 : 0));
    }
    connection.queue.push_back(message);
  }

  void flush(int socket, Connection& connection) {
    while (!connection.queue.empty()) {
      iovec parts[64];
      int count = 0;
      std::size_t skip = connection.sent;
      for (auto one = connection.queue.begin(); one != connection.queue.end() && count < 64; ++one) {
        parts[count++] = {const_cast<char*>((*one)->data()) + skip, (*one)->size() - skip};
        skip = 0;
      }
      auto got = ::writev(socket, parts, count);
      if (got < 0) {
        connection.lost = errno != EAGAIN;
        return;
      }
      connection.sent += static_cast<std::size_t>(got);
      while (!connection.queue.empty() && connection.sent >= connection.queue.front()->size()) {
        connection.sent -= connection.queue.front()->size();
        connection.queue.pop_front();
      }
    }
    poller_.change(socket, static_cast<std::uint64_t>(socket), false);
  }

  void drop(int socket) {
    subscribers_.erase(socket);
    connections_.erase(socket);
    ::close(socket);
  }

  const std::int64_t tick_ns_;
  std::string joined_;  // since the last tick
  std::int64_t due_ns_ = 0;
  Poller poller_;
  int listener_;
  std::map<int, Connection> connections_;
  std::set<int> subscribers_;
};

}  // namespace

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(argc, argv, {{"port", "0"}, {"tick-ms", "0"}});
  FanOut server(options.count("port"), static_cast<std::int64_t>(options.number("tick-ms") * 1e6));
  Result().add("port", server.port()).print();
  server.run();
}
