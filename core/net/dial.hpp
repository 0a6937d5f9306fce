// Connecting without blocking: names are resolved on a helper thread, addresses are tried one after another.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "net/connection.hpp"
#include "net/tls_client_context.hpp"

namespace robohub::net {

// Where to connect: a TCP host (name or numeric address) and port, or a Unix socket's path.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::string unix_path;                        // when set, host and port are not used
  bool secure = false;                          // over TLS
  std::shared_ptr<const TlsClientContext> tls;  // whom to trust; without it a secure endpoint is invalid_argument
  // Asked of each of the host's addresses once they are known; the one that it refuses is not connected to. Null: all
  // are fine. So a name cannot lead to where nobody wanted to go.
  std::function<Status(const PeerAddress&)> admits = nullptr;

  static Endpoint tcp(std::string host, std::uint16_t port) { return {std::move(host), port, {}, false, {}, nullptr}; }
  static Endpoint local(std::string path) { return {{}, 0, std::move(path), false, {}, nullptr}; }
  // "host:port", "[v6]:port" (port left out when it is the scheme's own), "localhost" for Unix sockets: the Host field.
  std::string hostField() const;
};

// An address of the scheme http, ws, https or wss, split; the latter two are secure, and `endpoint.tls` is to be set
// before dialling. Errors: invalid_argument.
struct HttpUrl {
  Endpoint endpoint;
  std::string target;  // path and query, at least "/"
};
Result<HttpUrl> parseHttpUrl(std::string_view url);

// Something under way that may be given up; destroying it cancels. [loop]
class Pending {
 public:
  virtual ~Pending() = default;
};

// A Pending whose work lives in a shared object of its own (so that its callbacks may destroy this).
template <class Call>
class PendingCall final : public Pending {
 public:
  explicit PendingCall(std::shared_ptr<Call> call) : call_(std::move(call)) {}
  ~PendingCall() override { call_->cancel(); }

 private:
  std::shared_ptr<Call> call_;
};

// Calls `done` once on the loop, never from within dial(): a connection that is not started (over TLS its handshake
// begins with the first bytes that are sent), or unavailable (refused, unreachable, unknown name), permission_denied
// (of a Unix socket that whoever runs this may not use), timeout, or what endpoint.admits said. A server whose
// certificate is not trusted closes the connection as `unauthenticated`, with its fingerprint in the sentence. [loop]
std::unique_ptr<Pending> dial(Loop& loop, Endpoint endpoint, Duration timeout,
                              std::function<void(Result<std::shared_ptr<Connection>>)> done);

}  // namespace robohub::net
