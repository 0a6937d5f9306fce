#include "soak/crowd/crowd.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "bench/kit/measure.hpp"
#include "bench/kit/websocket.hpp"

namespace soak {

using bench::nowNs;

namespace {

constexpr std::int64_t kMs = 1'000'000, kS = 1'000 * kMs;
constexpr int kAtOnce = 200;                 // who come at the same moment: the listener's queue is finite
constexpr std::int64_t kPatience = 30 * kS;  // of who comes, until the hub has told of a device
constexpr int kDeafBufferBytes = 4096;

}  // namespace

Crowd::Crowd(CrowdSettings settings)
    : settings_(std::move(settings)),
      url_{"127.0.0.1", settings_.port, "/api/v1/live"},
      origin_("http://127.0.0.1:" + std::to_string(settings_.port)),
      random_(settings_.seed),
      buffer_(256 * 1024) {
  thread_ = std::thread([this] { run(); });
}

Crowd::~Crowd() {
  ending_ = true;
  thread_.join();
  for (const Client& client : clients_)
    if (client.socket >= 0) ::close(client.socket);
}

void Crowd::become(CrowdSize size) {
  const std::lock_guard lock(mutex_);
  wish_ = size;
  wished_ = true;
}

std::string Crowd::lastFault() {
  const std::lock_guard lock(mutex_);
  return fault_;
}

double Crowd::cpuSeconds() const {
  clockid_t clock{};
  timespec spent{};
  // pthread_t is what this handle is, on Linux.
  if (::pthread_getcpuclockid(const_cast<std::thread&>(thread_).native_handle(), &clock) != 0) return 0;
  ::clock_gettime(clock, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

void Crowd::run() {
  // Real clients are other machines: whoever measures and who is measured go first.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 5);
  while (!ending_) {
    follow();
    due();
    churn();
    std::int64_t until = nowNs() + 20 * kMs;
    if (!dues_.empty() && entering_ < kAtOnce) until = std::min(until, dues_.top().at_ns);
    for (const auto& event : poller_.wait(until)) {
      Client& client = clients_[event.data.u64 & 0xffffffff];
      // Of a socket that was closed within this round.
      if (client.socket < 0 || client.visit != static_cast<std::uint32_t>(event.data.u64 >> 32)) continue;
      ready(client, event.events);
    }
  }
}

void Crowd::follow() {
  CrowdSize wish;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(wished_, false)) return;
    wish = wish_;
  }
  churns_ = wish.churns;
  resize(Kind::person, wish.people);
  resize(Kind::picture, wish.pictures);
  resize(Kind::silent, wish.silent);
  resize(Kind::half, wish.half);
  resize(Kind::stalled, wish.stalled);
}

void Crowd::resize(Kind kind, int count) {
  int have = 0;
  for (Client& client : clients_) {
    if (client.kind != kind) continue;
    const bool wanted = have < count;
    ++have;
    if (wanted == client.wanted) continue;
    client.wanted = wanted;
    if (wanted)
      schedule(client, 0);
    else if (client.state != State::away)
      leave(client);
  }
  for (; have < count; ++have) {
    Client& client = clients_.emplace_back();
    client.kind = kind;
    client.wanted = true;
    if (kind == Kind::person) people_.push_back(indexOf(client));
    schedule(client, 0);
  }
}

void Crowd::schedule(const Client& client, std::int64_t delay_ns) {
  dues_.push({nowNs() + delay_ns, indexOf(client), client.visit});
}

void Crowd::due() {
  const std::int64_t now = nowNs();
  while (!dues_.empty() && dues_.top().at_ns <= now && entering_ < kAtOnce) {
    const Due next = dues_.top();
    dues_.pop();
    Client& client = clients_[next.client];
    if (client.visit != next.visit) continue;
    if (client.state == State::deaf)
      leave(client);
    else if (client.state == State::away && client.wanted)
      enter(client);
  }
}

// Pages are closed, reloaded and lost: some say so, some only close, some are gone.
void Crowd::churn() {
  const std::int64_t now = nowNs();
  if (now < next_churn_ns_) return;
  if (next_churn_ns_ == 0) next_churn_ns_ = now;
  giveUpLate();
  const auto period = static_cast<std::int64_t>(1e9 / std::max(settings_.churn_per_s, 0.1));
  for (; next_churn_ns_ <= now; next_churn_ns_ += period) {
    if (people_.empty() || !churns_ || settings_.churn_per_s <= 0) continue;
    Client& client = clients_[people_[random_() % people_.size()]];
    if (client.state != State::open) continue;
    const auto way = random_() % 3;
    if (way == 0) say(client, bench::ws::frame(bench::ws::kClose, std::string("\x03\xe9", 2), true));
    if (client.state != State::open) continue;
    if (way == 1) {
      const linger at_once{1, 0};
      ::setsockopt(client.socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    if (random_() % 2) client.cookie.clear();
    leave(client);
  }
}

void Crowd::giveUpLate() {
  if (entering_ == 0) return;
  const std::int64_t now = nowNs();
  for (Client& client : clients_)
    if (visits(client.kind) && client.state != State::away && client.state != State::open &&
        now - client.since_ns > kPatience)
      sentAway(client, "nothing came within 30 s");
}

void Crowd::enter(Client& client) {
  client.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client.socket < 0) return sentAway(client, std::string("socket: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(client.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (client.kind == Kind::stalled)
    ::setsockopt(client.socket, SOL_SOCKET, SO_RCVBUF, &kDeafBufferBytes, sizeof kDeafBufferBytes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr =
      htonl(INADDR_LOOPBACK + 1 + indexOf(client) % static_cast<std::uint32_t>(settings_.addresses));
#ifdef IP_BIND_ADDRESS_NO_PORT
  ::setsockopt(client.socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
#endif
  if (::bind(client.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return sentAway(client, std::string("bind: ") + std::strerror(errno));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(settings_.port);
  if (::connect(client.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    return sentAway(client, std::string("connect: ") + std::strerror(errno));
  client.since_ns = nowNs();
  client.writing = true;
  enters(client, State::connecting);
  ++client.visit;
  poller_.add(client.socket, indexOf(client) | std::uint64_t(client.visit) << 32, true);
}

void Crowd::enters(Client& client, State state) {
  const bool was_in = client.state == State::open, is_in = state == State::open;
  const bool was_coming = client.state != State::away && client.state != State::open;
  const bool is_coming = state != State::away && state != State::open;
  client.state = state;
  if (visits(client.kind)) entering_ += int(is_coming) - int(was_coming);
  auto& count = client.kind == Kind::person    ? counts_.people
                : client.kind == Kind::picture ? counts_.pictures
                                               : counts_.others;
  const bool other = !visits(client.kind);
  count += other ? int(state != State::away) - int(was_in || was_coming) : int(is_in) - int(was_in);
}

// By itself; comes again when it is wanted.
void Crowd::leave(Client& client) {
  if (client.socket >= 0) ::close(client.socket);
  client.socket = -1;
  if (client.state != State::away) enters(client, State::away);
  std::string().swap(client.came);
  std::string().swap(client.going);
  ++client.visit;
  if (client.wanted) schedule(client, static_cast<std::int64_t>(random_() % 2'000) * kMs);
}

void Crowd::sentAway(Client& client, const std::string& why) {
  if (!visits(client.kind))
    ++counts_.sent_away;
  else if (client.state == State::open)
    ++counts_.lost;
  else
    ++counts_.refused;
  if (visits(client.kind)) {
    const std::lock_guard lock(mutex_);
    fault_ = why;
  }
  client.cookie.clear();
  leave(client);
}

const std::string& Crowd::deviceOf(const Client& client) const {
  const auto& all = client.kind == Kind::picture ? settings_.cameras : settings_.devices;
  return all[indexOf(client) % all.size()];
}

}  // namespace soak
