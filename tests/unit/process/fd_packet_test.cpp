#include "process/fd_packet.hpp"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <iterator>
#include <vector>

#include "process/child.hpp"

using namespace robohub;
using namespace robohub::process;
using namespace std::chrono_literals;

namespace {

SocketPair packets() {
  return socketPair(SocketKind::packets, 64 * 1024).value();
}

std::ptrdiff_t openFiles() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

// As a child that keeps to no rule: one packet with so many files.
void sendMany(int socket, std::size_t files) {
  std::vector<char> space(CMSG_SPACE(files * sizeof(int)));
  char text = 'x';
  iovec part{&text, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(files * sizeof(int));
  const std::vector<int> sent(files, STDERR_FILENO);
  ::memcpy(CMSG_DATA(head), sent.data(), files * sizeof(int));
  REQUIRE(::sendmsg(socket, &message, MSG_NOSIGNAL) == 1);
}

}  // namespace

TEST_CASE("a packet brings its text and its file") {
  const auto pair = packets();
  int pipe[2];
  REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  const FileDescriptor reads(pipe[0]), writes(pipe[1]);
  REQUIRE(sendPacket(pair.ours.get(), "take this", writes.get()));
  const auto packet = receivePacket(pair.theirs.get(), 5s);
  REQUIRE(packet);
  CHECK(packet->text == "take this");
  REQUIRE(packet->file);
  CHECK((::fcntl(packet->file.get(), F_GETFD) & FD_CLOEXEC) != 0);
  REQUIRE(::write(packet->file.get(), "y", 1) == 1);
  char byte = 0;
  REQUIRE(::read(reads.get(), &byte, 1) == 1);
  CHECK(byte == 'y');
  REQUIRE(sendPacket(pair.ours.get(), "no file"));
  CHECK_FALSE(receivePacket(pair.theirs.get(), 5s)->file);
}

TEST_CASE("a packet with more files than one is refused, and none of them stays open") {
  const auto pair = packets();
  for (const std::size_t files : {2, 3, 4, 100}) {
    INFO(files);
    sendMany(pair.ours.get(), files);
    const auto before = openFiles();
    {
      const auto packet = receivePacket(pair.theirs.get(), 5s);
      REQUIRE_FALSE(packet);
      CHECK(packet.error().code == ErrorCode::corrupt);
    }
    CHECK(openFiles() == before);
  }
}

TEST_CASE("who is silent is told from who is gone, and too long a packet from both") {
  auto pair = packets();
  CHECK(receivePacket(pair.theirs.get(), 1ms).error().code == ErrorCode::timeout);
  CHECK(sendPacket(pair.ours.get(), "").error().code == ErrorCode::too_large);
  CHECK(sendPacket(pair.ours.get(), std::string(kMaxFdPacket + 1, 'x')).error().code == ErrorCode::too_large);
  const std::string longer(kMaxFdPacket + 1, 'x');
  REQUIRE(::send(pair.ours.get(), longer.data(), longer.size(), 0) > 0);
  CHECK(receivePacket(pair.theirs.get(), 5s).error().code == ErrorCode::corrupt);
  pair.ours.reset();
  const auto packet = receivePacket(pair.theirs.get(), 5s);
  REQUIRE(packet);
  CHECK(packet->end);
  CHECK(sendPacket(pair.theirs.get(), "x").error().code == ErrorCode::unavailable);
}
