#include "net/transport.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace robohub::net {
namespace {

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(UniqueFd fd) : fd_(std::move(fd)) {}

  IoResult read(char* buffer, std::size_t size) override {
    for (;;) {
      const auto got = recv(fd_.get(), buffer, size, 0);
      if (got > 0) return {IoResult::What::ok, static_cast<std::size_t>(got), 0};
      if (got == 0) return {IoResult::What::end, 0, 0};
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoResult::What::want_read, 0, 0};
      return {IoResult::What::failed, 0, errno};
    }
  }

  IoResult write(const iovec* parts, int count) override {
    for (;;) {
      ssize_t sent;
      if (count == 1) {
        sent = send(fd_.get(), parts->iov_base, parts->iov_len, MSG_NOSIGNAL);
      } else {
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(parts);
        message.msg_iovlen = static_cast<std::size_t>(count);
        sent = sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
      }
      if (sent >= 0) return {IoResult::What::ok, static_cast<std::size_t>(sent), 0};
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoResult::What::want_write, 0, 0};
      return {IoResult::What::failed, 0, errno};
    }
  }

  bool endWriting() override {
    shutdown(fd_.get(), SHUT_WR);
    return true;
  }
  int fd() const override { return fd_.get(); }

 private:
  UniqueFd fd_;
};

}  // namespace

Error Transport::fault(const IoResult& result) const {
  return {ErrorCode::unavailable, std::string("The connection broke: ") + strerror(result.error) + ".", {}};
}

std::unique_ptr<Transport> plainTransport(UniqueFd fd) {
  return std::make_unique<PlainTransport>(std::move(fd));
}

}  // namespace robohub::net
