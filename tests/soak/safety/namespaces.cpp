#include "soak/safety/namespaces.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <stdexcept>

namespace soak {
namespace {

bool ip(const std::string& what) {
  return std::system(("ip " + what + " >/dev/null 2>&1").c_str()) == 0;
}

void must(bool good, const std::string& what) {
  if (!good) throw std::runtime_error("the network of the trials: " + what + " does not work");
}

int ownNetwork() {
  return ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

// Lets 127.0.0.0/8 be on a cable at all.
void letLoopbackOut(const std::string& device) {
  for (const std::string& one : {std::string("all"), device}) {
    std::ofstream("/proc/sys/net/ipv4/conf/" + one + "/route_localnet") << "1";
    std::ofstream("/proc/sys/net/ipv4/conf/" + one + "/rp_filter") << "0";
  }
}

}  // namespace

std::optional<std::string> enterOwnNetwork() {
  if (::geteuid() != 0) return "they need root, who alone may make network namespaces";
  if (!ip("-V")) return "there is no `ip` here (Debian: iproute2)";
  const int before = ownNetwork();
  if (::unshare(CLONE_NEWNET) != 0) {
    ::close(before);
    return "network namespaces are not allowed here";
  }
  // Only the one address of loopback: the others of 127.0.0.0/8 are over there.
  const bool good = ip("link set lo up") && ip("addr del 127.0.0.1/8 dev lo") && ip("addr add 127.0.0.1/32 dev lo") &&
                    ip("link add probe type veth peer name probe2");
  // Containers may have it read-only.
  const bool writable = ::access("/proc/sys/net/ipv4/conf/all/route_localnet", W_OK) == 0;
  if (!good || !writable) must(::setns(before, CLONE_NEWNET) == 0, "the way back");
  ::close(before);
  if (!good) return "cables (veth pairs) cannot be made here";
  if (!writable) return "/proc/sys/net cannot be written here";
  ip("link del probe");
  return {};
}

Cable::Cable(int number)
    : name_("cable" + std::to_string(number)), address_("127.9." + std::to_string(number) + ".2"), home_(ownNetwork()) {
  must(home_ >= 0 && ::unshare(CLONE_NEWNET) == 0, "a namespace");
  there_ = ownNetwork();
  must(::setns(home_, CLONE_NEWNET) == 0 && there_ >= 0, "the way back");
  must(ip("link add " + name_ + " type veth peer name far netns /proc/" + std::to_string(::getpid()) + "/fd/" +
          std::to_string(there_)),
       "a cable");
  letLoopbackOut(name_);
  enter([this] {
    letLoopbackOut("far");
    must(ip("addr add " + address_ + "/32 dev far"), "an address");
  });
  plugged(true);
  enter([this] { must(ip("link set far up"), "the far end"); });
  route();
}

Cable::~Cable() {
  ip("link del " + name_);
  ::close(there_);
  ::close(home_);
}

void Cable::enter(const std::function<void()>& work) const {
  must(::setns(there_, CLONE_NEWNET) == 0, "going there");
  std::exception_ptr fault;
  try {
    work();
  } catch (...) {
    fault = std::current_exception();
  }
  must(::setns(home_, CLONE_NEWNET) == 0, "coming back");
  if (fault) std::rethrow_exception(fault);
}

void Cable::route() {
  must(ip("route replace " + address_ + "/32 dev " + name_), "the way there");
  enter([this] { must(ip("route replace 127.0.0.1/32 dev far src " + address_), "the way to the hub"); });
}

void Cable::plugged(bool in) {
  const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq device{};
  std::strncpy(device.ifr_name, name_.c_str(), IFNAMSIZ - 1);
  bool good = ::ioctl(any, SIOCGIFFLAGS, &device) == 0;
  device.ifr_flags = static_cast<short>(in ? device.ifr_flags | IFF_UP : device.ifr_flags & ~IFF_UP);
  good = good && ::ioctl(any, SIOCSIFFLAGS, &device) == 0;
  ::close(any);
  must(good, "pulling a cable");
  if (in && there_ >= 0) ip("route replace " + address_ + "/32 dev " + name_);  // went with the device
}

void Cable::open(Open ways) {
  if (ways == Open::both) return route();
  if (ways == Open::only_to_hub) return must(ip("route replace blackhole " + address_ + "/32"), "half a way");
  enter([] { must(ip("route replace blackhole 127.0.0.1/32"), "half a way"); });
}

}  // namespace soak
