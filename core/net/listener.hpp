// A listening socket on one loop. It survives running out of descriptors: a reserved one is given up to take the
// newcomer and close it at once (a prompt refusal instead of a hang), then accepting pauses for a moment instead of
// spinning.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "net/address.hpp"
#include "net/loop.hpp"

namespace robohub::net {

class Listener final : public FdHandler {
 public:
  // The descriptor is non-blocking, close-on-exec and, for TCP, has TCP_NODELAY.
  using OnAccept = std::function<void(UniqueFd, PeerAddress)>;

  // `host` is a numeric IPv4 or IPv6 address ("::" takes both kinds) or "localhost"; port 0 takes a free one.
  // Errors: invalid_argument (host), conflict (address in use), permission_denied, internal. [any-thread]
  static Result<std::unique_ptr<Listener>> tcp(const std::string& host, std::uint16_t port, int backlog = 1024);
  // A Unix socket of mode 0600; a stale file of a dead server is replaced, a live one is a conflict. The path (at most
  // 107 bytes) is unlinked at the end. [any-thread]
  static Result<std::unique_ptr<Listener>> local(const std::string& path, int backlog = 64);
  // After close(), or on its loop.
  ~Listener() override;

  // Begins to accept on `loop`. [loop, or before it runs]
  Status start(Loop& loop, OnAccept on_accept);
  // Stops accepting and closes the socket. [loop]
  void close();

  std::uint16_t port() const { return port_; }  // 0 for a Unix socket
  // "127.0.0.1:8080", "[::]:8080", "/run/robohub/admin.sock".
  const std::string& name() const { return name_; }
  // Newcomers turned away because descriptors had run out. [loop]
  std::uint64_t refused() const { return refused_; }

  void onReady(std::uint32_t events) override;
  void onLoopStopping() override { close(); }

 private:
  Listener(UniqueFd fd, std::string name, std::uint16_t port, std::string path);
  void refuseOne();

  UniqueFd fd_, reserve_;
  std::string name_, path_;
  std::uint16_t port_ = 0;
  Loop* loop_ = nullptr;
  bool registered_ = false;
  TimerId resume_ = 0;
  OnAccept on_accept_;
  std::uint64_t refused_ = 0;
};

}  // namespace robohub::net
