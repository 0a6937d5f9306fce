#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include <cerrno>

#include "process/child.hpp"

namespace robohub::process {

Result<SocketPair> socketPair(SocketKind kind, int buffer_bytes) {
  int fds[2];
  const int type = (kind == SocketKind::packets ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC;
  if (socketpair(AF_UNIX, type, 0, fds) != 0)
    return fail(ErrorCode::internal, std::string("No local sockets: ") + strerror(errno));
  SocketPair pair{FileDescriptor(fds[0]), FileDescriptor(fds[1])};
  for (int fd : fds) {
    // The kernel may grant less; it says so by a full queue, which callers meet anyway.
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  }
  fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK);
  return pair;
}

}  // namespace robohub::process
