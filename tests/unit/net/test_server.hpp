// A real server on port 0 with an application made of lambdas, for tests.
#pragma once
#include <condition_variable>
#include <mutex>

#include "net/http_server.hpp"
#include "raw_peer.hpp"
#include "support/slowness.hpp"

namespace robohub::net::test {

class LambdaApp final : public HttpApp {
 public:
  std::function<void(std::shared_ptr<Exchange>)> on_request = [](std::shared_ptr<Exchange> exchange) {
    exchange->respond(
        HttpResponse::text(200, exchange->head().method + " " + exchange->head().path + " " + exchange->body()));
  };
  std::size_t body_limit = 1024;
  std::size_t bodyLimit(const HttpHead&) override { return body_limit; }
  void handle(std::shared_ptr<Exchange> exchange) override { on_request(std::move(exchange)); }
};

// Something that happens on another thread, once or often.
class Signal {
 public:
  void raise() {
    std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  // True once it was raised `times` times.
  bool wait(int times = 1, std::chrono::milliseconds limit = std::chrono::seconds(5 * robohub::test::kSlowness)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return count_ >= times; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

struct TestServer {
  explicit TestServer(HttpServerOptions options = {}, std::size_t loop_count = 2,
                      std::shared_ptr<LambdaApp> application = std::make_shared<LambdaApp>())
      : app(std::move(application)), loops(loop_count), server(loops, app, options) {
    port = server.listenTcp("127.0.0.1", 0, "test").value();
    loops.start();
  }
  ~TestServer() { loops.stop(); }

  // Runs `fn` on a loop and waits for it.
  void on(Loop& loop, std::function<void()> fn) {
    Signal done;
    loop.post([&] {
      fn();
      done.raise();
    });
    if (!done.wait()) throw std::runtime_error("the loop does not answer");
  }

  std::shared_ptr<LambdaApp> app;
  LoopPool loops;
  HttpServer server;
  std::uint16_t port = 0;
};

}  // namespace robohub::net::test
