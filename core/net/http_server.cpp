#include "net/http_server.hpp"

#include <sys/socket.h>

#include <mutex>

#include "net/http_session.hpp"

namespace robohub::net {
namespace {

constexpr Duration kDrainCheck = std::chrono::milliseconds(5);

// To a newcomer for whom there is no place: whatever fits into its socket at once, then the end.
void turnAway(const UniqueFd& fd) {
  static constexpr std::string_view kAnswer =
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n";
  send(fd.get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
}

}  // namespace

struct HttpServer::Shared : std::enable_shared_from_this<HttpServer::Shared> {
  std::vector<Loop*> loops;
  std::shared_ptr<HttpServerCore> core = std::make_shared<HttpServerCore>();
  std::vector<std::unique_ptr<Listener>> listeners;  // loop 0's after listen
  std::size_t next_loop = 0;                         // loop 0's
  MonoTime drain_until{};
  bool cut = false;
  std::function<void()> drained;

  void accept(UniqueFd fd, PeerAddress peer, const std::string& tag);
  void addListener(std::unique_ptr<Listener> listener, std::string tag);
  void drainAll();
  void checkDrained();
};

void HttpServer::Shared::accept(UniqueFd fd, PeerAddress peer, const std::string& tag) {
  ConnectionQuota::Refused refused;
  auto place = core->quota->take(peer, refused);
  if (!place) {
    auto& count = refused == ConnectionQuota::Refused::total ? core->refused_total : core->refused_by_address;
    count.fetch_add(1, std::memory_order_relaxed);
    return turnAway(fd);
  }
  core->accepted.fetch_add(1, std::memory_order_relaxed);
  ConnectionOptions options;
  options.write_stall = core->options.write_stall;
  auto connection = Connection::create(plainTransport(std::move(fd)), peer, options);
  connection->keep(std::move(place));
  Loop& loop = *loops[next_loop++ % loops.size()];
  if (loop.inLoop()) return HttpSession::begin(loop, core, std::move(connection), tag);
  loop.post([&loop, core = core, connection = std::move(connection), tag] {
    HttpSession::begin(loop, core, connection, tag);
  });
}

void HttpServer::Shared::addListener(std::unique_ptr<Listener> listener, std::string tag) {
  // std::function wants to be copied; the listener moves on in its shared wrapping.
  auto carried = std::make_shared<std::unique_ptr<Listener>>(std::move(listener));
  loops[0]->post([self = shared_from_this(), carried, tag = std::move(tag)] {
    if (self->core->draining.load()) return;
    auto on_accept = [self = self.get(), tag](UniqueFd fd, PeerAddress peer) {
      self->accept(std::move(fd), peer, tag);
    };
    if ((*carried)->start(*self->loops[0], std::move(on_accept))) self->listeners.push_back(std::move(*carried));
  });
}

void HttpServer::Shared::drainAll() {
  for (Loop* loop : loops) loop->post([loop, core = core] { loop->drain(core.get()); });
}

void HttpServer::Shared::checkDrained() {
  Loop& loop = *loops[0];
  const bool empty = core->quota->taken() == 0;
  if (empty || (cut && loop.now() > drain_until + std::chrono::seconds(1))) {
    if (const auto done = std::exchange(drained, nullptr)) done();
    return;
  }
  if (!cut && loop.now() >= drain_until) {
    cut = true;
    drainAll();
  }
  loop.after(kDrainCheck, [self = shared_from_this()] { self->checkDrained(); });
}

HttpServer::HttpServer(LoopPool& loops, std::shared_ptr<HttpApp> app, HttpServerOptions options)
    : shared_(std::make_shared<Shared>()) {
  for (std::size_t i = 0; i < loops.size(); ++i) shared_->loops.push_back(&loops.at(i));
  shared_->core->app = std::move(app);
  shared_->core->quota = std::make_shared<ConnectionQuota>(options.max_connections, options.max_per_address);
  shared_->core->options = options;
}

HttpServer::HttpServer(Loop& loop, std::shared_ptr<HttpApp> app, HttpServerOptions options)
    : shared_(std::make_shared<Shared>()) {
  shared_->loops.push_back(&loop);
  shared_->core->app = std::move(app);
  shared_->core->quota = std::make_shared<ConnectionQuota>(options.max_connections, options.max_per_address);
  shared_->core->options = options;
}

HttpServer::~HttpServer() = default;

Result<std::uint16_t> HttpServer::listenTcp(const std::string& host, std::uint16_t port, std::string tag) {
  auto listener = Listener::tcp(host, port);
  if (!listener) return fail(listener.error());
  const auto bound = (*listener)->port();
  shared_->addListener(std::move(*listener), std::move(tag));
  return bound;
}

Status HttpServer::listenUnix(const std::string& path, std::string tag) {
  auto listener = Listener::local(path);
  if (!listener) return fail(listener.error());
  shared_->addListener(std::move(*listener), std::move(tag));
  return {};
}

void HttpServer::drain(Duration limit, std::function<void()> done) {
  if (shared_->core->draining.exchange(true)) return;
  shared_->loops[0]->post([self = shared_, limit, done = std::move(done)] {
    self->drained = done;
    self->drain_until = self->loops[0]->now() + limit;
    for (auto& listener : self->listeners) listener->close();
    self->drainAll();
    self->checkDrained();
  });
}

HttpServerStats HttpServer::stats() const {
  const auto& core = *shared_->core;
  HttpServerStats stats;
  stats.connections = core.quota->taken();
  stats.accepted = core.accepted;
  stats.refused_total = core.refused_total;
  stats.refused_by_address = core.refused_by_address;
  stats.requests = core.requests;
  stats.bad_requests = core.bad_requests;
  stats.timeouts = core.timeouts;
  return stats;
}

}  // namespace robohub::net
