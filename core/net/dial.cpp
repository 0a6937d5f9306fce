#include "net/dial.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <tuple>

#include "base/mutex.hpp"
#include "net/slow_names.hpp"
#include "net/tls_transport.hpp"

namespace robohub::net {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::optional<Address> numericAddress(const std::string& host, std::uint16_t port) {
  Address address;
  auto& in4 = reinterpret_cast<sockaddr_in&>(address.storage);
  auto& in6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (inet_pton(AF_INET, host.c_str(), &in4.sin_addr) == 1) {
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    address.size = sizeof in4;
  } else if (inet_pton(AF_INET6, host.c_str(), &in6.sin6_addr) == 1) {
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    address.size = sizeof in6;
  } else {
    return std::nullopt;
  }
  return address;
}

// Blocks: on the loop's helper thread.
std::vector<Address> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  std::vector<Address> addresses;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return addresses;
  for (const addrinfo* at = found; at; at = at->ai_next) {
    Address address;
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
    addresses.push_back(address);
  }
  freeaddrinfo(found);
  return addresses;
}

// A name server that does not answer holds up the thread that a loop has for such calls, so each name is asked for once
// for all who dial it meanwhile, not at all when they have given up before its turn came, and beside the others when it
// was slow before.
class Lookup {
 public:
  using Done = std::function<void(const std::vector<Address>&)>;
  static constexpr std::size_t kMaxWaiting = 64;  // names of one loop

  // Tells `done` on the loop, unless `token` has gone by then. False when too many names wait already. [loop]
  static bool ask(Loop& loop, const std::string& host, std::uint16_t port, const std::weak_ptr<void>& token,
                  Done done) {
    // Held by the work on the helper thread, then by what that posts: what goes with its loop is not under way.
    thread_local std::map<std::tuple<Loop*, std::string, std::uint16_t>, std::weak_ptr<Lookup>> under_way;
    std::erase_if(under_way, [](const auto& each) { return each.second.expired(); });
    const auto key = std::tuple(&loop, host, port);
    if (const auto at = under_way.find(key); at != under_way.end())
      if (const auto lookup = at->second.lock(); lookup && lookup->join(token, done)) return true;
    if (under_way.size() >= kMaxWaiting) return false;
    const auto lookup = std::make_shared<Lookup>();
    lookup->join(token, std::move(done));
    under_way[key] = lookup;
    thread_local SlowNames slow_names;
    auto work = [&loop, lookup, host, port] {
      if (!lookup->isWanted()) return;
      const MonoTime began = std::chrono::steady_clock::now();
      auto addresses = resolve(host, port);
      const MonoTime ended = std::chrono::steady_clock::now();
      loop.post([lookup, host, began, ended, addresses = std::move(addresses)] {
        slow_names.took(host, ended - began, ended);
        lookup->tell(addresses);
      });
    };
    if (slow_names.has(host, std::chrono::steady_clock::now()))
      loop.runSlow(std::move(work));
    else
      loop.runBlocking(std::move(work));
    return true;
  }

 private:
  struct Asker {
    std::weak_ptr<void> token;
    Done done;
  };

  // False when its time has passed.
  bool join(const std::weak_ptr<void>& token, Done done) {
    Lock lock(mutex_);
    if (over_) return false;
    std::erase_if(askers_, [](const Asker& asker) { return asker.token.expired(); });
    askers_.push_back({token, std::move(done)});
    return true;
  }

  // [helper thread]
  bool isWanted() {
    Lock lock(mutex_);
    over_ = std::all_of(askers_.begin(), askers_.end(), [](const Asker& asker) { return asker.token.expired(); });
    return !over_;
  }

  void tell(const std::vector<Address>& addresses) {
    std::vector<Asker> askers;
    {
      Lock lock(mutex_);
      over_ = true;
      askers.swap(askers_);
    }
    for (const Asker& asker : askers)
      if (const auto held = asker.token.lock()) asker.done(addresses);
  }

  Mutex mutex_;
  bool over_ RH_GUARDED_BY(mutex_) = false;
  std::vector<Asker> askers_ RH_GUARDED_BY(mutex_);
};

class Dial final : public FdHandler, public std::enable_shared_from_this<Dial> {
 public:
  using Done = std::function<void(Result<std::shared_ptr<Connection>>)>;
  Dial(Loop& loop, Endpoint endpoint, Done done)
      : loop_(loop), endpoint_(std::move(endpoint)), done_(std::move(done)) {}

  void begin(Duration timeout) {
    due_ = std::chrono::steady_clock::now() + timeout;
    timer_ = loop_.after(timeout, [this] {
      timer_ = 0;
      finish(fail(ErrorCode::timeout, "No connection to " + where() + " in time."));
    });
    loop_.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->findAddresses();
    });
  }

  void cancel() {
    done_ = nullptr;
    stop();
  }

  void onReady(std::uint32_t) override {
    const auto self = shared_from_this();
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    leaveLoop();
    if (error == 0) return connected();
    last_error_ = error;
    tryNext();
  }

  void onLoopStopping() override { finish(fail(ErrorCode::unavailable, "The program ends.")); }

 private:
  std::string where() const {
    return endpoint_.unix_path.empty() ? endpoint_.host + " port " + std::to_string(endpoint_.port)
                                       : endpoint_.unix_path;
  }

  void findAddresses() {
    if (!done_) return;
    if (endpoint_.secure && !endpoint_.tls)
      return finish(fail(ErrorCode::invalid_argument, "Nobody said whom to trust at " + where() + "."));
    if (!endpoint_.unix_path.empty()) return connectLocal();
    if (endpoint_.host == "localhost") {
      addresses_.push_back(*numericAddress("127.0.0.1", endpoint_.port));
      addresses_.push_back(*numericAddress("::1", endpoint_.port));
      return tryNext();
    }
    if (auto address = numericAddress(endpoint_.host, endpoint_.port)) {
      addresses_.push_back(*address);
      return tryNext();
    }
    asking_ = std::make_shared<char>();
    // Whatever ends this dial lets go of asking_, so `this` is there whenever it is told.
    if (!Lookup::ask(loop_, endpoint_.host, endpoint_.port, asking_,
                     [this](const std::vector<Address>& addresses) { found(addresses); }))
      finish(fail(ErrorCode::unavailable, "Too many names wait to be resolved, " + endpoint_.host + " is one more."));
  }

  void found(const std::vector<Address>& addresses) {
    const auto self = shared_from_this();
    addresses_ = addresses;
    if (addresses.empty()) return finish(fail(ErrorCode::unavailable, "The name " + endpoint_.host + " is not known."));
    tryNext();
  }

  void connectLocal() {
    Address address;
    auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
    if (endpoint_.unix_path.size() >= sizeof local.sun_path)
      return finish(fail(ErrorCode::invalid_argument, "The path of the Unix socket is too long."));
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, endpoint_.unix_path.data(), endpoint_.unix_path.size());
    address.size = sizeof local;
    addresses_.push_back(address);
    tryNext();
  }

  void tryNext() {
    while (next_ < addresses_.size()) {
      const Address& address = addresses_[next_++];
      if (endpoint_.admits && address.storage.ss_family != AF_UNIX) {
        if (auto admitted = endpoint_.admits(PeerAddress::from(address.storage)); !admitted) {
          refusal_ = std::move(admitted.error());
          continue;
        }
      }
      fd_.reset(socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      if (!fd_) {
        last_error_ = errno;
        continue;
      }
      if (address.storage.ss_family != AF_UNIX) {
        const int on = 1;
        setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      }
      if (connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0)
        return connected();
      last_error_ = errno;
      if (errno == EINPROGRESS && loop_.addFd(fd_.get(), EPOLLOUT, *this)) {
        watching_ = true;
        if (next_ < addresses_.size()) patience_ = loop_.after(share(), [this] { giveUp(); });
        return;
      }
    }
    if (last_error_ == 0 && refusal_) return finish(fail(*refusal_));
    // Behind a socket file that may not be used somebody may well be listening.
    const bool forbidden = last_error_ == EACCES && !endpoint_.unix_path.empty();
    finish(fail(forbidden ? ErrorCode::permission_denied : ErrorCode::unavailable,
                "Cannot connect to " + where() + ": " + strerror(last_error_) + "."));
  }

  void connected() {
    const auto& address = addresses_[next_ - 1].storage;
    const auto peer = address.ss_family == AF_UNIX ? PeerAddress::local(0) : PeerAddress::from(address);
    finish(Connection::create(endpoint_.secure ? tlsClientTransport(std::move(fd_), endpoint_.tls, endpoint_.host)
                                               : plainTransport(std::move(fd_)),
                              peer));
  }

  // A fair part of the time that is left, but not much longer than it takes to lose a packet and send it again.
  Duration share() const {
    const auto others = static_cast<Duration::rep>(addresses_.size() - next_);
    return std::clamp<Duration>((due_ - loop_.now()) / (others + 1), kLeast, kMost);
  }

  void giveUp() {
    patience_ = 0;
    const auto self = shared_from_this();
    leaveLoop();
    last_error_ = ETIMEDOUT;
    tryNext();
  }

  void leaveLoop() {
    if (patience_) loop_.cancel(std::exchange(patience_, 0));
    if (std::exchange(watching_, false)) loop_.removeFd(fd_.get(), *this);
  }

  void stop() {
    if (timer_) loop_.cancel(std::exchange(timer_, 0));
    leaveLoop();
    fd_.reset();
    asking_.reset();
  }

  void finish(Result<std::shared_ptr<Connection>> result) {
    const auto self = shared_from_this();
    stop();
    const auto done = std::move(done_);
    done_ = nullptr;
    if (done) done(std::move(result));
  }

  static constexpr Duration kLeast = std::chrono::milliseconds(250);
  static constexpr Duration kMost = std::chrono::milliseconds(2500);

  Loop& loop_;
  const Endpoint endpoint_;
  Done done_;
  std::shared_ptr<void> asking_;  // from when the name is asked for until the dial is over
  UniqueFd fd_;
  bool watching_ = false;
  std::vector<Address> addresses_;
  std::size_t next_ = 0;
  int last_error_ = 0;
  std::optional<Error> refusal_;
  MonoTime due_{};
  TimerId timer_ = 0;     // of all addresses
  TimerId patience_ = 0;  // of this one, while there are others
};

}  // namespace

std::string Endpoint::hostField() const {
  if (!unix_path.empty()) return "localhost";
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (secure ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

Result<HttpUrl> parseHttpUrl(std::string_view url) {
  const auto wrong = [&](ErrorCode code, const char* what) { return fail(code, what + std::string(url) + "."); };
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return wrong(ErrorCode::invalid_argument, "This is not an http address: ");
  const auto scheme = url.substr(0, colon);
  HttpUrl parsed;
  parsed.endpoint.secure = scheme == "https" || scheme == "wss";
  if (!parsed.endpoint.secure && scheme != "http" && scheme != "ws")
    return wrong(ErrorCode::invalid_argument, "This is not an http address: ");
  auto rest = url.substr(colon + 3);
  const auto slash = std::min(rest.find_first_of("/?#"), rest.size());
  auto authority = rest.substr(0, slash);
  const auto target = rest.substr(slash, rest.find('#') - slash);
  parsed.target = target.empty() || target.front() != '/' ? "/" + std::string(target) : std::string(target);
  for (const char c : url)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
      return wrong(ErrorCode::invalid_argument, "An address may not hold blanks or control characters: ");
  if (authority.find('@') != std::string_view::npos)
    return wrong(ErrorCode::invalid_argument, "A name and password may not stand in an address: ");
  std::string_view port;
  if (authority.substr(0, 1) == "[") {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return wrong(ErrorCode::invalid_argument, "A bracket is not closed: ");
    parsed.endpoint.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else {
    const auto end = std::min(authority.find(':'), authority.size());
    parsed.endpoint.host = authority.substr(0, end);
    port = authority.substr(end);
  }
  unsigned number = parsed.endpoint.secure ? 443 : 80;
  if (!port.empty()) {
    number = 0;
    if (port.front() != ':' || port.size() < 2 || port.size() > 6)
      return wrong(ErrorCode::invalid_argument, "The port is wrong: ");
    for (const char c : port.substr(1)) {
      if (c < '0' || c > '9') return wrong(ErrorCode::invalid_argument, "The port is wrong: ");
      number = number * 10 + static_cast<unsigned>(c - '0');
    }
  }
  if (parsed.endpoint.host.empty() || number == 0 || number > 65535)
    return wrong(ErrorCode::invalid_argument, "The host or port is missing: ");
  parsed.endpoint.port = static_cast<std::uint16_t>(number);
  return parsed;
}

std::unique_ptr<Pending> dial(Loop& loop, Endpoint endpoint, Duration timeout,
                              std::function<void(Result<std::shared_ptr<Connection>>)> done) {
  auto dial = std::make_shared<Dial>(loop, std::move(endpoint), std::move(done));
  dial->begin(timeout);
  return std::make_unique<PendingCall<Dial>>(std::move(dial));
}

}  // namespace robohub::net
