// Plain non-blocking sockets and epoll, without any of robohub's own code, so that a yardstick measures the kernel and
// not what it is compared with. Everything here is for one thread.
#pragma once
#include <sys/epoll.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct Url {
  std::string host = "127.0.0.1";
  int port = 80;
  std::string path = "/";
};
// "http://127.0.0.1:8080/path", "ws://...". Hosts are IPv4 addresses.
Url parseUrl(const std::string& text);

// Both end the program when they fail. A listener on port 0 takes a free one; its port is what portOf() says.
int listenOn(int port);
int portOf(int listener);
// Returns at once; writable when it is connected. `receive_buffer`: what the kernel may hold for a slow reader, in
// bytes; 0 = as it likes.
int connectTo(const Url& url, int receive_buffer = 0);
int acceptFrom(int listener);  // -1 when nobody waits

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // `id` comes back with the socket's events. Reading is always of interest unless `read` is false.
  void add(int socket, std::uint64_t id, bool write, bool read = true);
  void change(int socket, std::uint64_t id, bool write, bool read = true);
  void remove(int socket);
  // Waits until something happens or the time has come. The events are valid until the next call.
  const std::vector<epoll_event>& wait(std::int64_t until_ns);

 private:
  int epoll_;
  std::vector<epoll_event> events_;
};

}  // namespace bench
