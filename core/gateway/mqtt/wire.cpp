#include "gateway/mqtt/wire.hpp"

#include <fcntl.h>
#include <mosquitto.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "gateway/mqtt/topic.hpp"

namespace robohub::gateway {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int kMostWaiting = 1000;
constexpr Duration kAnswerWithin = 6s;  // the broker, to our coming; and to all subscriptions together
constexpr Duration kGoodbyeWithin = 300ms;
constexpr int kShortestKeepAlive = 5;  // that the library takes, in seconds

struct Address {
  std::string host;
  int port;
};

// Of "mqtt://host:port", "mqtt://[address]:port" or without the port; a path says nothing.
Address addressOf(const std::string& url) {
  Address address{url.substr(url.find("//") + 2), url.starts_with("mqtts") ? 8883 : 1883};
  address.host.resize(std::min(address.host.size(), address.host.find_first_of("/?#")));
  const auto colon = address.host.rfind(':');
  if (colon != std::string::npos && colon + 1 < address.host.size() &&
      address.host.find_first_not_of("0123456789", colon + 1) == std::string::npos) {
    address.port = std::stoi(address.host.substr(colon + 1));
    address.host.resize(colon);
  }
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  return address;
}

// One address of it, in digits; "" when there is none. Where a broker in the house has addresses of both kinds it
// listens at that of IPv4.
std::string numericOf(const std::string& host, bool& ipv4) {
  for (const int family : {AF_INET, AF_INET6}) {
    ipv4 = family == AF_INET;
    addrinfo wanted{};
    wanted.ai_family = family;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
    if (code == EAI_AGAIN) break;  // its servers are dead, and would be waited for again
    if (code != 0) continue;
    char digits[NI_MAXHOST] = "";
    (void)::getnameinfo(found->ai_addr, found->ai_addrlen, digits, sizeof digits, nullptr, 0, NI_NUMERICHOST);
    ::freeaddrinfo(found);
    if (*digits) return digits;
  }
  return {};
}

// While it shakes hands over TLS; null: not, or no more. The library goes on with that when it is told to read, also
// where it wants to write, and "wants to write" stays set behind it.
const SSL* shaking(mosquitto* library) {
  const auto* const tls = static_cast<const SSL*>(mosquitto_ssl_get(library));
  return tls && SSL_in_init(tls) ? tls : nullptr;
}

// CONNACK's codes (MQTT 3.1.1, section 3.2.2.3).
std::string refusal(int code) {
  switch (code) {
    case 1: return "The broker does not speak MQTT 3.1.1.";
    case 2: return "The broker refuses the client id.";
    case 3: return "The broker takes no connections now.";
    default: return "The broker refuses the user name or the password.";
  }
}

// What a function of the library has answered; `number` is errno behind it.
std::string reasonOf(int code, int number) {
  if (code == MOSQ_ERR_ERRNO && number != 0) return std::strerror(number);
  if (code == MOSQ_ERR_EAI) return "its name is not known";
  return mosquitto_strerror(code);
}

}  // namespace

void MqttWire::Destroy::operator()(mosquitto* library) const {
  mosquitto_destroy(library);
}

MqttWire::MqttWire(const MqttBroker& broker, const std::string& client_id, std::string will,
                   std::function<void(MqttIncoming)> message)
    : broker_(broker),
      will_(std::move(will)),
      message_(std::move(message)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  static const bool once = mosquitto_lib_init() == MOSQ_ERR_SUCCESS;
  library_.reset(mosquitto_new(client_id.c_str(), true, this));
  if (!once || !library_ || wake_.get() < 0) throw std::bad_alloc();
  mosquitto_connect_callback_set(library_.get(), &MqttWire::onConnect);
  mosquitto_subscribe_callback_set(library_.get(), &MqttWire::onSubscribe);
  mosquitto_publish_callback_set(library_.get(), &MqttWire::onPublish);
  mosquitto_message_callback_set(library_.get(), &MqttWire::onMessage);
}

MqttWire::~MqttWire() = default;

void MqttWire::onConnect(mosquitto*, void* self, int code) {
  static_cast<MqttWire*>(self)->answer_ = code;
}

// No exception may go through the library. What there is no memory for is lost, as it may be on the way.
void MqttWire::onSubscribe(mosquitto*, void* self, int id, int count, const int* granted) {
  try {
    static_cast<MqttWire*>(self)->granted_[id] = count > 0 && granted[0] <= 2;
  } catch (const std::bad_alloc&) {
  }
}

void MqttWire::onPublish(mosquitto*, void* self, int) {
  --static_cast<MqttWire*>(self)->waiting_;
}

void MqttWire::onMessage(mosquitto*, void* self, const mosquitto_message* message) {
  // Of what is too large so much that it is seen to be: whoever publishes waits for this copy, under the mutex.
  const auto size = std::min(static_cast<std::size_t>(std::max(message->payloadlen, 0)), kMaxMqttPayload + 1);
  try {
    static_cast<MqttWire*>(self)->came_.push_back(
        {message->topic, size > 0 ? std::string(static_cast<const char*>(message->payload), size) : std::string(),
         message->retain});
  } catch (const std::bad_alloc&) {
  }
}

void MqttWire::onLog(mosquitto*, void* self, int level, const char* text) {
  auto& said = static_cast<MqttWire*>(self)->said_;
  if (level != MOSQ_LOG_ERR || !said.empty()) return;  // the first says most; OpenSSL's own follow
  try {
    said = text;
  } catch (const std::bad_alloc&) {
  }
}

// ---- the thread that may block ------------------------------------------------------------------------------------

Status MqttWire::prepareTls() {
  const auto text = [](const std::filesystem::path& path) { return path.empty() ? nullptr : path.c_str(); };
  const char* const folder = broker_.ca_file.empty() ? X509_get_default_cert_dir() : nullptr;
  const int code = mosquitto_tls_set(library_.get(), text(broker_.ca_file), folder, text(broker_.certificate),
                                     text(broker_.key), nullptr);
  if (code != MOSQ_ERR_SUCCESS) return fail(ErrorCode::invalid_argument, reasonOf(code, errno));
  if (folder) mosquitto_int_option(library_.get(), MOSQ_OPT_TLS_USE_OS_CERTS, 1);
  mosquitto_tls_opts_set(library_.get(), 1, "tlsv1.2", nullptr);  // or newer; the certificate and its name are checked
  return {};
}

// Why it failed; `number` is errno behind it. What there is to say of TLS stands in the library's log only.
std::string MqttWire::why(int code, int number) const {
  return said_.empty() ? reasonOf(code, number) : said_;
}

std::string MqttWire::connect() {
  const Address address = addressOf(broker_.url);
  // The library asks whether the broker is there after as long a silence, and gives it up after another.
  const int keep_alive =
      std::max(static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(broker_.keep_alive * 3 / 4).count()),
               kShortestKeepAlive);
  const auto unreachable = [](const std::string& reason) { return "The broker cannot be reached: " + reason; };
  if (address.port <= 0 || address.port > 65535) return unreachable("there is no such port");
  if (leaving_) return "The hub ends.";
  bool ipv4 = false;
  const std::string numeric = numericOf(address.host, ipv4);
  if (numeric.empty()) return unreachable("its name is not known");
  if (leaving_) return "The hub ends.";
  const bool tls = broker_.url.starts_with("mqtts");
  {
    Lock lock(mutex_);
    mosquitto* const library = library_.get();
    if (!broker_.user.empty())
      if (const int code = mosquitto_username_pw_set(library, broker_.user.c_str(),
                                                     broker_.password.empty() ? nullptr : broker_.password.c_str());
          code != MOSQ_ERR_SUCCESS)
        return unreachable("its user: " + reasonOf(code, errno));
    mosquitto_will_set(library, kMqttHubTopic, static_cast<int>(will_.size()), will_.data(), 0, false);
    mosquitto_int_option(library, MOSQ_OPT_TCP_NODELAY, 1);
    if (tls)
      if (const Status ready = prepareTls(); !ready) return unreachable(ready.error().message);
    // It waits for no connection, and asks for the name once more where the certificate's has to be that; so it tries
    // one address.
    mosquitto_log_callback_set(library, &MqttWire::onLog);
    ERR_clear_error();
    const int code = mosquitto_connect_bind_async(library, (tls ? address.host : numeric).c_str(), address.port,
                                                  keep_alive, ipv4 ? "0.0.0.0" : "::");
    if (code != MOSQ_ERR_SUCCESS) return unreachable(why(code, errno));
    (void)::fcntl(mosquitto_socket(library), F_SETFD, FD_CLOEXEC);
  }
  const auto until = steady_clock::now() + kAnswerWithin;
  while (!leaving_) {
    const int code = turn(until - steady_clock::now());
    const int number = errno;
    Lock lock(mutex_);
    if (answer_ == 0) {
      mosquitto_log_callback_set(library_.get(), nullptr);  // it would write a line for each message
      open_ = true;
      return {};
    }
    if (answer_ > 0) return refusal(answer_);
    if (code != MOSQ_ERR_SUCCESS) return unreachable(why(code, number));
    if (steady_clock::now() >= until) return "The broker does not answer.";
  }
  return "The hub ends.";
}

std::vector<std::string> MqttWire::subscribe(const std::vector<std::string>& filters) {
  const auto until = steady_clock::now() + kAnswerWithin;
  std::vector<std::pair<std::string, int>> asked;
  std::size_t sent = 0;
  for (const std::string& filter : filters) {
    Lock lock(mutex_);
    int id = 0;
    const int code = mosquitto_subscribe(library_.get(), &id, filter.c_str(), 0);
    asked.emplace_back(filter, code == MOSQ_ERR_SUCCESS ? id : 0);
    sent += code == MOSQ_ERR_SUCCESS;
  }
  const auto answered = [&] {
    Lock lock(mutex_);
    return granted_.size() >= sent;
  };
  while (!leaving_ && !answered() && steady_clock::now() < until)
    if (turn(until - steady_clock::now()) != MOSQ_ERR_SUCCESS) break;  // serve() finds it lost
  std::vector<std::string> refused;
  Lock lock(mutex_);
  for (const auto& [filter, id] : asked)
    if (const auto at = granted_.find(id); at == granted_.end() || !at->second) refused.push_back(filter);
  return refused;
}

std::string MqttWire::serve() {
  for (;;) {
    if (leaving_) {
      goodbye();
      return "The hub ends.";
    }
    {
      Lock lock(mutex_);
      if (!given_up_.empty()) {
        // What the kernel still holds is not sent either: it was meant for then.
        const linger none{1, 0};
        (void)::setsockopt(mosquitto_socket(library_.get()), SOL_SOCKET, SO_LINGER, &none, sizeof none);
        return given_up_;
      }
      if (mosquitto_socket(library_.get()) < 0) return "The broker closed the connection.";
    }
    const int code = turn(1s);
    if (code == MOSQ_ERR_KEEPALIVE) return "The broker does not answer.";
    if (code != MOSQ_ERR_SUCCESS) return "The broker closed the connection.";
  }
}

// Waits for the socket, or for wake(), and does what there is to do.
int MqttWire::turn(Duration most) {
  pollfd watched[2] = {{-1, POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  {
    Lock lock(mutex_);
    watched[0].fd = mosquitto_socket(library_.get());
    const SSL* const tls = shaking(library_.get());
    if (tls ? SSL_want_write(tls) : mosquitto_want_write(library_.get())) watched[0].events |= POLLOUT;
  }
  // At least once a second, for what the library does by time.
  (void)::poll(watched, 2, static_cast<int>(std::clamp<std::int64_t>(toMs(most), 0, 1000)));
  eventfd_t count = 0;
  if (watched[1].revents != 0) (void)::eventfd_read(wake_.get(), &count);
  std::vector<MqttIncoming> came;
  int code = MOSQ_ERR_SUCCESS;
  int number = 0;
  {
    Lock lock(mutex_);
    ERR_clear_error();
    const short ready = watched[0].revents;
    if ((ready & ~POLLOUT) != 0 || (ready != 0 && shaking(library_.get()))) {
      int fault = 0;
      socklen_t size = sizeof fault;
      if (shaking(library_.get())) (void)::getsockopt(watched[0].fd, SOL_SOCKET, SO_ERROR, &fault, &size);
      code = mosquitto_loop_read(library_.get(), 1);
      // It is patient with a socket that is dead before hands are shaken.
      if (code == MOSQ_ERR_SUCCESS && (ready & (POLLHUP | POLLERR)) != 0 && shaking(library_.get())) {
        code = fault != 0 ? MOSQ_ERR_ERRNO : MOSQ_ERR_CONN_LOST;
        errno = fault;
      }
    }
    if (code == MOSQ_ERR_SUCCESS && !shaking(library_.get()) && mosquitto_want_write(library_.get()))
      code = mosquitto_loop_write(library_.get(), 1);
    // Its keep-alive began before the name was asked for; until the broker has answered connect() has a limit.
    if (code == MOSQ_ERR_SUCCESS && answer_ >= 0) code = mosquitto_loop_misc(library_.get());
    number = errno;
    came.swap(came_);
  }
  if (code != MOSQ_ERR_SUCCESS) open_ = false;
  for (MqttIncoming& each : came) message_(std::move(each));
  errno = number;
  return code;
}

// A socket that is closed while something has come that nobody has read resets the connection, and with that the broker
// may lose what was sent last: a stop, say. So our side is ended first, and the broker's end waited for.
void MqttWire::goodbye() {
  const auto until = steady_clock::now() + kGoodbyeWithin;
  net::UniqueFd last;
  const auto unsent = [&] {
    Lock lock(mutex_);
    return mosquitto_socket(library_.get()) >= 0 && mosquitto_want_write(library_.get());
  };
  {
    Lock lock(mutex_);
    open_ = false;  // nothing comes behind the goodbye
    last.reset(::fcntl(mosquitto_socket(library_.get()), F_DUPFD_CLOEXEC, 3));
    (void)mosquitto_publish(library_.get(), nullptr, kMqttHubTopic, static_cast<int>(will_.size()), will_.data(), 0,
                            false);
    (void)mosquitto_disconnect(library_.get());  // closes its own descriptor once it is written
  }
  while (unsent() && steady_clock::now() < until)
    if (turn(until - steady_clock::now()) != MOSQ_ERR_SUCCESS) break;
  if (last.get() < 0) return;
  ::shutdown(last.get(), SHUT_WR);
  char bytes[4096];
  while (steady_clock::now() < until) {
    pollfd watched{last.get(), POLLIN, 0};
    if (::poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(toMs(until - steady_clock::now()), 0))) <= 0)
      return;
    if (::recv(last.get(), bytes, sizeof bytes, MSG_DONTWAIT) <= 0) return;
  }
}

// ---- any thread ---------------------------------------------------------------------------------------------------

MqttWire::Sent MqttWire::publish(const std::string& topic, std::string_view payload) {
  if (!open_) return Sent::no;  // without a wait for the mutex, which connect() may hold while it asks for the name
  Lock lock(mutex_);
  if (!open_) return Sent::no;
  if (waiting_ >= kMostWaiting) return Sent::full;
  ++waiting_;
  ERR_clear_error();  // of whoever used TLS on this thread before: the library would take it for its own
  const int code = mosquitto_publish(library_.get(), nullptr, topic.c_str(), static_cast<int>(payload.size()),
                                     payload.data(), 0, false);
  // What was begun and is told as refused must not be sent after all.
  const bool broken = code == MOSQ_ERR_ERRNO || code == MOSQ_ERR_CONN_LOST;
  if (broken) (void)::shutdown(mosquitto_socket(library_.get()), SHUT_RDWR);
  if (code != MOSQ_ERR_SUCCESS && !broken) --waiting_;
  if (mosquitto_want_write(library_.get()))
    wake();
  else
    waiting_ = 0;
  return code == MOSQ_ERR_SUCCESS ? Sent::yes : Sent::no;
}

void MqttWire::giveUp(const std::string& why) {
  {
    Lock lock(mutex_);
    given_up_ = why;
    open_ = false;
  }
  wake();
}

void MqttWire::leave() {
  leaving_ = true;
  wake();
}

void MqttWire::wake() {
  (void)::eventfd_write(wake_.get(), 1);
}

}  // namespace robohub::gateway
