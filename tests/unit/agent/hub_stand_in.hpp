// The hub's side of the agent link, in the hands of a test: it speaks the real wire (core/net, core/link), remembers
// what it hears and says what the test says. It lives on the test's loop; functions marked [test] are for the test's
// thread.
#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "link/messages.hpp"
#include "link/picture.hpp"
#include "net/http_server.hpp"
#include "net/tls_server_context.hpp"

namespace robohub::agent::test {

using namespace std::chrono_literals;

// A loop on a thread of its own, and the one lock of a test.
class Stage {
 public:
  Stage() : thread_([this] { loop.run(); }) {}
  ~Stage() { end(); }
  void end() {
    loop.stop();
    if (thread_.joinable()) thread_.join();
  }
  // Runs `fn` on the loop and waits for it. [test]
  void on(const std::function<void()>& fn) {
    bool done = false;
    loop.post([&] {
      fn();
      const std::lock_guard lock(mutex);
      done = true;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
  }
  // Waits until `holds`, which is called under the lock. [test]
  bool until(const std::function<bool()>& holds, std::chrono::milliseconds patience = 5s) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, patience, holds);
  }
  void note(const std::function<void()>& fn) {
    const std::lock_guard lock(mutex);
    fn();
    changed.notify_all();
  }

  net::Loop loop{"test"};
  std::mutex mutex;
  std::condition_variable changed;

 private:
  std::thread thread_;
};

class HubStandIn final : public net::HttpApp, public std::enable_shared_from_this<HubStandIn> {
 public:
  struct Claim {
    std::string code, device, key;
  };

  // Over TLS when there is a context.
  static std::shared_ptr<HubStandIn> create(Stage& stage, std::uint16_t port = 0,
                                            std::shared_ptr<const net::TlsServerContext> tls = nullptr);
  explicit HubStandIn(Stage& stage) : stage_(stage) {}

  // After the loop has ended: lets go of the server, which holds its application.
  void end() { server_.reset(); }
  std::string url() const { return (secure ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port); }
  bool secure = false;
  std::uint16_t port = 0;

  // ---- what it does; set before, or under the stage's lock
  std::vector<int> claim_answers;  // statuses of the next claims; then 200
  std::string type = "test_good";
  std::string key;            // accepted; taken from the first claim
  bool refuse_hello = false;  // answers a hello with `refused` and 4001
  bool drives = false;        // answers each beat of the agent with a beat of `epoch`
  Epoch epoch = 0;
  std::uint64_t seq = 0;

  // ---- what it has heard; read under the stage's lock
  std::vector<Claim> claims;
  std::vector<std::string> authorizations;
  std::vector<std::string> certificates;  // fingerprints of each request's client, "" without
  std::vector<link::AgentMessage> heard;  // of all control links, in order
  std::vector<std::string> pictures;      // binary messages of the bulk link
  std::vector<std::uint16_t> closed;      // codes of control links that are over
  int bulk_hellos = 0;
  link::Stamp newest;  // of the agent's newest beat

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& message : heard)
      if (const auto* one = std::get_if<T>(&message)) found.push_back(*one);
    return found;
  }
  template <class T>
  int count() const {
    return static_cast<int>(all<T>().size());
  }
  const link::Outcome* resultOf(const std::string& id) const;

  // ---- what it says [test]
  void send(const link::HubMessage& message);
  void sendText(const std::string& text);
  void watch(bool on);
  void cut();                      // the control link, without a word
  void close(std::uint16_t code);  // the control link
  link::Stamp stamp();             // the newest, waits for the first
  void grant(Epoch epoch, bool drive = true);
  // Sends a command of the turn (or of none) with a fresh stamp; returns its text, to be sent again later.
  std::string command(const std::string& id, const std::string& name, const std::string& params, Epoch of);

 private:
  std::size_t bodyLimit(const net::HttpHead&) override { return 64 * 1024; }
  void handle(std::shared_ptr<net::Exchange> exchange) override;
  void claim(net::Exchange& exchange);
  void accept(net::Exchange& exchange);
  void onFirst(const std::shared_ptr<net::WebSocket>& socket, std::string_view text);
  void onControl(std::string_view text);

  Stage& stage_;
  std::unique_ptr<net::HttpServer> server_;
  std::shared_ptr<net::WebSocket> control_, bulk_;
};

}  // namespace robohub::agent::test
