// The programs beside the older camera agent, as they talk to it on the device:
//
//   camera_programs segments ADDRESS FILE...   a recorder: one connection, names glued together; closing it ends the
//   capture camera_programs alarm ADDRESS GPIO         a sensor: one alarm camera_programs actuator ADDRESS what
//   follows the agent's commands: prints each, and dies at any other
//
// ADDRESS: the path of a Unix socket, or host:port.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family = AF_UNIX;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address addressOf(const std::string& text) {
  Address address;
  if (text.find('/') != std::string::npos) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, text.c_str(), sizeof name.sun_path - 1);
    std::memcpy(&address.storage, &name, sizeof name);
    address.size = sizeof name;
    return address;
  }
  const auto colon = text.rfind(':');
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
  if (inet_pton(AF_INET, text.substr(0, colon).c_str(), &name.sin_addr) != 1) die("address");
  std::memcpy(&address.storage, &name, sizeof name);
  address.size = sizeof name;
  address.family = AF_INET;
  return address;
}

void say(const std::string& where, const std::string& text) {
  const Address address = addressOf(where);
  const int fd = socket(address.family, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, address.get(), address.size) != 0) die("connect");
  // In two pieces, as it comes: nobody promised that an object is one packet.
  const std::size_t half = text.size() / 2;
  if (send(fd, text.data(), half, MSG_NOSIGNAL) < 0) die("send");
  usleep(20'000);
  if (send(fd, text.data() + half, text.size() - half, MSG_NOSIGNAL) < 0) die("send");
  close(fd);
}

void follow(const std::string& where) {
  const Address address = addressOf(where);
  const int fd = socket(address.family, SOCK_DGRAM, 0);
  if (fd < 0 || bind(fd, address.get(), address.size) != 0) die("bind");
  std::printf("ready\n");
  std::fflush(stdout);
  for (;;) {
    char bytes[256];
    const ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n < 0) die("recv");
    const std::string command(bytes, static_cast<std::size_t>(n));
    if (command != "{\"command\":\"arm\"}" && command != "{\"command\":\"disarm\"}" &&
        command != "{\"command\":\"capture\"}") {
      std::printf("unknown command\n");
      std::exit(1);
    }
    std::printf("%s\n", command.c_str());
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "segments") {
    std::string text;
    for (int i = 3; i < argc; ++i) text += "{\"segment\":\"" + std::string(argv[i]) + "\"}";
    say(argv[2], text);
  } else if (what == "alarm" && argc == 4) {
    say(argv[2], "{\"event\":\"alarm\",\"gpio\":" + std::string(argv[3]) + "}");
  } else if (what == "actuator") {
    follow(argv[2]);
  } else {
    std::fprintf(stderr, "camera_programs segments|alarm|actuator ADDRESS ...\n");
    return 2;
  }
  return 0;
}
