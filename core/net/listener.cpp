#include "net/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace robohub::net {
namespace {

constexpr int kAcceptsPerEvent = 64;
constexpr Duration kPause = std::chrono::milliseconds(50);

Error errnoError(const std::string& what) {
  const int error = errno;
  const auto code = error == EADDRINUSE                         ? ErrorCode::conflict
                    : error == EACCES || error == EPERM         ? ErrorCode::permission_denied
                    : error == EADDRNOTAVAIL || error == EINVAL ? ErrorCode::invalid_argument
                                                                : ErrorCode::internal;
  return {code, what + ": " + strerror(error) + ".", {}};
}

UniqueFd reserveDescriptor() {
  return UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void setOption(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

// A socket file whose server is gone refuses connections.
bool isStale(const sockaddr_un& address) {
  struct stat info {};
  if (lstat(address.sun_path, &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

PeerAddress peerOf(int fd, const sockaddr_storage& address) {
  if (address.ss_family != AF_UNIX) return PeerAddress::from(address);
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
  return PeerAddress::local(credentials.uid);
}

}  // namespace

Listener::Listener(UniqueFd fd, std::string name, std::uint16_t port, std::string path)
    : fd_(std::move(fd)), reserve_(reserveDescriptor()), name_(std::move(name)), path_(std::move(path)), port_(port) {}

Listener::~Listener() {
  close();
}

Result<std::unique_ptr<Listener>> Listener::tcp(const std::string& host, std::uint16_t port, int backlog) {
  sockaddr_storage address{};
  socklen_t size = 0;
  auto& in4 = reinterpret_cast<sockaddr_in&>(address);
  auto& in6 = reinterpret_cast<sockaddr_in6&>(address);
  const std::string numeric = host == "localhost" ? "127.0.0.1" : host;
  if (inet_pton(AF_INET, numeric.c_str(), &in4.sin_addr) == 1) {
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    size = sizeof in4;
  } else if (inet_pton(AF_INET6, numeric.c_str(), &in6.sin6_addr) == 1) {
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    size = sizeof in6;
  } else {
    return fail(ErrorCode::invalid_argument, "\"" + host + "\" is not an IPv4 or IPv6 address to listen on.");
  }
  UniqueFd fd(socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const std::string where = "Cannot listen on " + host + " port " + std::to_string(port);
  if (!fd) return fail(errnoError(where));
  setOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  setOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);  // Linux hands it on to whoever is accepted
  if (size == sizeof in6) setOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd.get(), backlog) != 0)
    return fail(errnoError(where));
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return fail(errnoError(where));
  const auto bound = PeerAddress::from(address);
  return std::unique_ptr<Listener>(new Listener(std::move(fd), bound.toString(), bound.port(), {}));
}

Result<std::unique_ptr<Listener>> Listener::local(const std::string& path, int backlog) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail(ErrorCode::invalid_argument,
                "The path of a Unix socket must be 1 to 107 bytes long: \"" + path + "\".");
  std::memcpy(address.sun_path, path.data(), path.size());
  const std::string where = "Cannot listen on " + path;
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(errnoError(where));
  if (isStale(address)) unlink(path.c_str());
  // On Linux bind() takes the mode of the socket's inode: at no moment may others connect.
  fchmod(fd.get(), 0600);
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return fail(errnoError(where));
  if (chmod(path.c_str(), 0600) != 0 || listen(fd.get(), backlog) != 0) {
    auto error = errnoError(where);
    unlink(path.c_str());
    return fail(std::move(error));
  }
  return std::unique_ptr<Listener>(new Listener(std::move(fd), path, 0, path));
}

Status Listener::start(Loop& loop, OnAccept on_accept) {
  on_accept_ = std::move(on_accept);
  auto status = loop.addFd(fd_.get(), EPOLLIN, *this);
  if (!status) return status;
  loop_ = &loop;
  registered_ = true;
  return {};
}

void Listener::close() {
  if (resume_) loop_->cancel(std::exchange(resume_, 0));
  if (std::exchange(registered_, false)) loop_->removeFd(fd_.get(), *this);
  if (fd_ && !path_.empty()) unlink(path_.c_str());
  fd_.reset();
}

void Listener::onReady(std::uint32_t) {
  for (int i = 0; i < kAcceptsPerEvent && registered_ && !resume_; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    UniqueFd fd(accept4(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      if (!path_.empty()) address.ss_family = AF_UNIX;
      const auto peer = peerOf(fd.get(), address);
      on_accept_(std::move(fd), peer);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return refuseOne();
    // Others (ECONNABORTED, EPROTO ...) are of that one newcomer.
  }
}

// The queue of newcomers keeps the socket readable for ever while there is no descriptor to take them with.
void Listener::refuseOne() {
  if (reserve_) {
    reserve_.reset();
    UniqueFd victim(accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (victim) ++refused_;
    victim.reset();
  }
  reserve_ = reserveDescriptor();
  loop_->modifyFd(fd_.get(), 0, *this);
  resume_ = loop_->after(kPause, [this] {
    resume_ = 0;
    if (!reserve_) reserve_ = reserveDescriptor();
    loop_->modifyFd(fd_.get(), EPOLLIN, *this);
  });
}

}  // namespace robohub::net
