#include "net/http_server.hpp"

#include <sys/socket.h>

#include <mutex>

#include "net/forwarded.hpp"
#include "net/http_session.hpp"
#include "net/http_write.hpp"
#include "net/security_fields.hpp"
#include "net/tls_transport.hpp"

namespace robohub::net {
namespace {

constexpr Duration kDrainCheck = std::chrono::milliseconds(5);

std::string wholeAnswer(HttpResponse response) {
  auto text = answerHead(response, AnswerLength::of_body, false);
  return text + *response.body;
}

// To a newcomer for whom there is no place: whatever fits into its socket at once, then the end.
void turnAway(const UniqueFd& fd) {
  static const std::string answer = [] {
    auto response = serverProblem(503, "There are too many connections.");
    response.headers.add("Retry-After", "5");
    return wholeAnswer(std::move(response));
  }();
  send(fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
}

// To somebody who speaks plain HTTP on a port of TLS.
const SharedBytes& toPlain() {
  static const SharedBytes answer = [] {
    auto response = HttpResponse::text(400, "This port speaks TLS, use https://\n");
    addSecurityFields(response);
    response.headers.set("Cache-Control", "no-store");
    return shareBytes(wholeAnswer(std::move(response)));
  }();
  return answer;
}

}  // namespace

struct HttpServer::Shared : std::enable_shared_from_this<HttpServer::Shared> {
  Shared(std::shared_ptr<HttpApp> app, HttpServerOptions options) {
    core->app = std::move(app);
    core->quota = std::make_shared<ConnectionQuota>(options.max_connections, options.max_per_address);
    core->options.set(std::make_shared<const HttpServerOptions>(std::move(options)));
  }

  std::vector<Loop*> loops;
  std::shared_ptr<HttpServerCore> core = std::make_shared<HttpServerCore>();
  std::vector<std::unique_ptr<Listener>> listeners;  // loop 0's after listen
  std::size_t next_loop = 0;                         // loop 0's
  MonoTime drain_until{};
  bool cut = false;
  std::function<void()> drained;

  void accept(UniqueFd fd, PeerAddress peer, const std::string& tag, bool secure);
  void addListener(std::unique_ptr<Listener> listener, std::string tag, bool secure);
  void drainAll();
  void checkDrained();
};

void HttpServer::Shared::accept(UniqueFd fd, PeerAddress peer, const std::string& tag, bool secure) {
  const auto settings = core->options.get();
  ConnectionQuota::Refused refused;
  auto place = core->quota->take(peer, isTrustedProxy(peer, settings->trusted_proxies), refused);
  if (!place) {
    auto& count = refused == ConnectionQuota::Refused::total ? core->refused_total : core->refused_by_address;
    count.fetch_add(1, std::memory_order_relaxed);
    if (!secure) turnAway(fd);
    return;
  }
  core->accepted.fetch_add(1, std::memory_order_relaxed);
  ConnectionOptions options;
  options.write_stall = settings->write_stall;
  options.handshake = settings->tls_handshake;
  auto connection = Connection::create(
      secure ? tlsServerTransport(std::move(fd), core->tls.get(), toPlain()) : plainTransport(std::move(fd)), peer,
      options);
  connection->keep(std::move(place));
  Loop& loop = *loops[next_loop++ % loops.size()];
  if (loop.inLoop()) return HttpSession::begin(loop, core, std::move(connection), tag);
  loop.post([&loop, core = core, connection = std::move(connection), tag] {
    HttpSession::begin(loop, core, connection, tag);
  });
}

void HttpServer::Shared::addListener(std::unique_ptr<Listener> listener, std::string tag, bool secure) {
  // std::function wants to be copied; the listener moves on in its shared wrapping.
  auto carried = std::make_shared<std::unique_ptr<Listener>>(std::move(listener));
  loops[0]->post([self = shared_from_this(), carried, tag = std::move(tag), secure] {
    if (self->core->draining.load()) return;
    auto on_accept = [self = self.get(), tag, secure](UniqueFd fd, PeerAddress peer) {
      self->accept(std::move(fd), peer, tag, secure);
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
    : shared_(std::make_shared<Shared>(std::move(app), std::move(options))) {
  for (std::size_t i = 0; i < loops.size(); ++i) shared_->loops.push_back(&loops.at(i));
}

HttpServer::HttpServer(Loop& loop, std::shared_ptr<HttpApp> app, HttpServerOptions options)
    : shared_(std::make_shared<Shared>(std::move(app), std::move(options))) {
  shared_->loops.push_back(&loop);
}

HttpServer::~HttpServer() = default;

Result<std::uint16_t> HttpServer::listenTcp(const std::string& host, std::uint16_t port, std::string tag) {
  auto listener = Listener::tcp(host, port);
  if (!listener) return fail(listener.error());
  const auto bound = (*listener)->port();
  shared_->addListener(std::move(*listener), std::move(tag), false);
  return bound;
}

Result<std::uint16_t> HttpServer::listenTls(const std::string& host, std::uint16_t port, std::string tag,
                                            std::shared_ptr<const TlsServerContext> tls) {
  auto listener = Listener::tcp(host, port);
  if (!listener) return fail(listener.error());
  const auto bound = (*listener)->port();
  setTls(std::move(tls));
  shared_->addListener(std::move(*listener), std::move(tag), true);
  return bound;
}

void HttpServer::setTls(std::shared_ptr<const TlsServerContext> tls) {
  shared_->core->tls.set(std::move(tls));
}

void HttpServer::configure(HttpServerOptions options) {
  shared_->core->quota->setLimits(options.max_connections, options.max_per_address);
  shared_->core->options.set(std::make_shared<const HttpServerOptions>(std::move(options)));
}

Status HttpServer::listenUnix(const std::string& path, std::string tag) {
  auto listener = Listener::local(path);
  if (!listener) return fail(listener.error());
  shared_->addListener(std::move(*listener), std::move(tag), false);
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
  stats.tls_handshakes = core.tls_handshakes;
  stats.tls_failures = core.tls_failures;
  return stats;
}

}  // namespace robohub::net
