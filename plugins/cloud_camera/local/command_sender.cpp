#include "cloud_camera/local/command_sender.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "cloud_camera/local/address_choice.hpp"
#include "hw/descriptor.hpp"

namespace cloud_camera {
namespace {

using rh::hw::Descriptor;
using std::chrono::milliseconds;

constexpr std::size_t kMostWaiting = 16;
constexpr milliseconds kRefusal{50};      // a host that is near says by then that nobody has the port
constexpr milliseconds kLongest{60'000};  // between two questions for the same name, each of which may take long

std::string why() {
  return std::strerror(errno);
}

}  // namespace

CommandSender::CommandSender(LocalAddress to, std::function<void(const std::string&)> complain, milliseconds again)
    : to_(std::move(to)), complain_(std::move(complain)), again_(again), pause_(again), thread_([this] { run(); }) {}

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
    waiting_.push_back(command);
  }
  changed_.notify_all();
}

void CommandSender::run() {
  std::string unheard;  // "arm" or "disarm", the newest
  rh::Lock lock(mutex_);
  for (;;) {
    const auto due = [this]() RH_REQUIRES(mutex_) { return ending_ || !waiting_.empty(); };
    if (unheard.empty())
      changed_.wait(lock, due);
    else
      changed_.wait_for(lock, pause_, due);
    if (ending_ && waiting_.empty()) return;
    std::string once;
    if (!waiting_.empty()) {
      std::string command = std::move(waiting_.front());
      waiting_.pop_front();
      (command == "capture" ? once : unheard) = std::move(command);
    }
    const milliseconds patience = ending_ ? milliseconds(0) : kRefusal;
    lock.unlock();
    if (!unheard.empty() && tell(unheard, patience)) unheard.clear();
    if (!once.empty()) tell(once, patience);
    lock.lock();
  }
}

bool CommandSender::tell(const std::string& command, milliseconds patience) {
  const std::string datagram = "{\"command\":\"" + command + "\"}";
  const Outcome outcome = sendNow(datagram, patience);
  if (!outcome.failure.empty() && outcome.failure != told_)
    complain_("The program at local.commands was not told " + datagram + ": " + outcome.failure + ".");
  told_ = outcome.failure;
  pause_ = outcome.unresolved ? std::min(2 * pause_, kLongest) : again_;
  return outcome.failure.empty();
}

CommandSender::Outcome CommandSender::sendNow(const std::string& datagram, milliseconds patience) const {
  if (to_.unixPath()) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    to_.path.copy(name.sun_path, sizeof name.sun_path - 1);
    const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto sent = ::sendto(socket.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&name), sizeof name);
    return {sent < 0 ? why() : "", false};
  }
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int fault = ::getaddrinfo(to_.host.c_str(), std::to_string(to_.port).c_str(), &wanted, &found); fault != 0)
    return {to_.host + ": " + ::gai_strerror(fault), true};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);
  // One address only, else a program that listens on both kinds would be told twice.
  const addrinfo* chosen = chosenOf(found);
  const Descriptor socket(::socket(chosen->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Connected, since only so a refusal is heard.
  if (::connect(socket.get(), chosen->ai_addr, chosen->ai_addrlen) != 0 ||
      ::send(socket.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL) < 0)
    return {why(), false};
  pollfd heard{socket.get(), POLLIN, 0};
  char byte = 0;
  const bool refused = ::poll(&heard, 1, static_cast<int>(patience.count())) > 0 &&
                       ::recv(socket.get(), &byte, 1, 0) < 0 && errno != EAGAIN;
  return {refused ? why() : "", false};
}

}  // namespace cloud_camera
