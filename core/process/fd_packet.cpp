#include "process/fd_packet.hpp"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace robohub::process {

namespace {

union Ancillary {
  cmsghdr head;
  char bytes[CMSG_SPACE(sizeof(int))];
};

}  // namespace

Status sendPacket(int socket, std::string_view text, int file) {
  if (text.empty() || text.size() > kMaxFdPacket)
    return fail(ErrorCode::too_large, "A packet has 1 to " + std::to_string(kMaxFdPacket) + " bytes.");
  iovec part{const_cast<char*>(text.data()), text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  Ancillary ancillary{};
  if (file >= 0) {
    message.msg_control = ancillary.bytes;
    message.msg_controllen = sizeof ancillary.bytes;
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    ::memcpy(CMSG_DATA(head), &file, sizeof file);
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    const bool gone = errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN;
    return fail(gone ? ErrorCode::unavailable : ErrorCode::internal,
                std::string("A packet cannot be sent: ") + ::strerror(errno));
  }
  return {};
}

Result<FdPacket> receivePacket(int socket, Duration patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    pollfd watched{socket, POLLIN, 0};
    const auto left = std::max(until - std::chrono::steady_clock::now(), Duration::zero());
    const timespec rest{static_cast<time_t>(left.count() / 1'000'000'000),
                        static_cast<long>(left.count() % 1'000'000'000)};
    const int ready = ::ppoll(&watched, 1, &rest, nullptr);
    if (ready == 0) return fail(ErrorCode::timeout, "Nothing came in time.");
    if (ready < 0 && errno != EINTR) return fail(ErrorCode::internal, std::string("poll: ") + ::strerror(errno));
    if (ready > 0) break;
  }
  char bytes[kMaxFdPacket];
  iovec part{bytes, sizeof bytes};
  Ancillary ancillary{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = ancillary.bytes;
  message.msg_controllen = sizeof ancillary.bytes;
  ssize_t got = 0;
  while ((got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  FdPacket packet;
  if (got < 0 && errno != ECONNRESET) return fail(ErrorCode::internal, std::string("recvmsg: ") + ::strerror(errno));
  if (got <= 0) {
    packet.end = true;
    return packet;
  }
  bool too_many = false;
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    // Room for one, rounded up, is room for two: the kernel says of none that it was too many, and all are open now.
    for (std::size_t at = 0; at + sizeof(int) <= head->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
      int file = -1;
      ::memcpy(&file, CMSG_DATA(head) + at, sizeof file);
      FileDescriptor came(file);
      if (packet.file)
        too_many = true;
      else
        packet.file = std::move(came);
    }
  }
  if (too_many) return fail(ErrorCode::corrupt, "What came has more than one file.");
  if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return fail(ErrorCode::corrupt, "What came is no packet.");
  packet.text.assign(bytes, static_cast<std::size_t>(got));
  return packet;
}

}  // namespace robohub::process
