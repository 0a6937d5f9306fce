// A hub at the administrator's socket of a data folder that answers every request with the same words: what a real one
// says that sees other folders than whoever asks it.
#pragma once
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>

namespace robohub::test {

class ScriptedHub {
 public:
  // `status`: "201 Created".
  ScriptedHub(const std::filesystem::path& data, const std::string& status, const std::string& body)
      : answer_("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body) {
    std::filesystem::create_directories(data);
    const std::string path = (data / "admin.sock").string();
    std::filesystem::remove(path);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(socket_, 4) != 0)
      throw std::runtime_error("no socket at " + path);
    thread_ = std::thread([this] { answerAll(); });
  }
  ~ScriptedHub() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  ScriptedHub(const ScriptedHub&) = delete;
  ScriptedHub& operator=(const ScriptedHub&) = delete;

 private:
  void answerAll() const {
    for (;;) {
      const int peer = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) return;
      // A request is over with the end of its JSON.
      std::string request(4096, '\0');
      ssize_t size = 0;
      for (ssize_t got = 1; got > 0 && request.find('}') == std::string::npos; size += got)
        got = ::recv(peer, request.data() + size, request.size() - static_cast<std::size_t>(size), 0);
      (void)::send(peer, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      ::close(peer);
    }
  }

  const std::string answer_;
  int socket_ = -1;
  std::thread thread_;
};

}  // namespace robohub::test
