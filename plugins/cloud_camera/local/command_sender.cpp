#include "cloud_camera/local/command_sender.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "cloud_camera/local/address_choice.hpp"
#include "hw/descriptor.hpp"

namespace cloud_camera {
namespace {

constexpr std::size_t kMostWaiting = 16;

using rh::hw::Descriptor;

std::string why() {
  return std::strerror(errno);
}

}  // namespace

CommandSender::CommandSender(LocalAddress to, std::function<void(const std::string&)> complain)
    : to_(std::move(to)), complain_(std::move(complain)), thread_([this] { run(); }) {}

CommandSender::~CommandSender() {
  {
    const rh::Lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CommandSender::send(const std::string& command) {
  {
    const rh::Lock lock(mutex_);
    if (waiting_.size() == kMostWaiting) waiting_.pop_front();
    waiting_.push_back("{\"command\":\"" + command + "\"}");
  }
  changed_.notify_all();
}

void CommandSender::run() {
  std::string told;
  rh::Lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this]() RH_REQUIRES(mutex_) { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::string datagram = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const std::string failure = sendNow(datagram);
    if (!failure.empty() && failure != told)
      complain_("The program at local.commands was not told " + datagram + ": " + failure + ".");
    told = failure;
    lock.lock();
  }
}

std::string CommandSender::sendNow(const std::string& datagram) const {
  if (to_.unixPath()) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    to_.path.copy(name.sun_path, sizeof name.sun_path - 1);
    const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto sent = ::sendto(socket.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&name), sizeof name);
    return sent < 0 ? why() : "";
  }
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int fault = ::getaddrinfo(to_.host.c_str(), std::to_string(to_.port).c_str(), &wanted, &found); fault != 0)
    return to_.host + ": " + ::gai_strerror(fault);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);
  // One address only, else a program that listens on both kinds would be told twice.
  const addrinfo* chosen = chosenOf(found);
  const Descriptor socket(::socket(chosen->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto sent =
      ::sendto(socket.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL, chosen->ai_addr, chosen->ai_addrlen);
  return sent < 0 ? why() : "";
}

}  // namespace cloud_camera
