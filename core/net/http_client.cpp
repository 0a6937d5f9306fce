#include "net/http_client.hpp"

#include "net/http_write.hpp"
#include "net/response_reader.hpp"

namespace robohub::net {
namespace {

class HttpCall final : public ConnectionUser, public std::enable_shared_from_this<HttpCall> {
 public:
  using Done = std::function<void(Result<ClientResponse>)>;
  HttpCall(Loop& loop, ClientRequest request, Done done)
      : loop_(loop),
        request_(std::move(request)),
        done_(std::move(done)),
        reader_(request_.method == "HEAD", request_.max_body_bytes) {}

  void begin() {
    timer_ = loop_.after(request_.timeout, [this] {
      timer_ = 0;
      finish(fail(ErrorCode::timeout, "The server did not answer in time."));
    });
    dial_ = dial(loop_, request_.endpoint, request_.timeout,
                 [this](Result<std::shared_ptr<Connection>> connection) { connected(std::move(connection)); });
  }

  void cancel() {
    done_ = nullptr;
    finish(fail(ErrorCode::unavailable, "Given up."));
  }

  void onBytes(std::span<char> bytes) override {
    if (auto status = reader_.feed({bytes.data(), bytes.size()}); !status) return finish(fail(status.error()));
    if (reader_.complete()) answered();
  }
  void onPeerEnd() override {
    if (auto status = reader_.end(); !status) return finish(fail(status.error()));
    answered();
  }
  void onTooSlow() override {}
  void onClosed(const Error& why) override { finish(fail(why)); }

 private:
  void connected(Result<std::shared_ptr<Connection>> connection) {
    const auto self = shared_from_this();
    if (!connection) return finish(fail(connection.error()));
    auto head = requestHead(request_.method, request_.target, request_.endpoint.hostField(), request_.headers,
                            request_.body.size(), false);
    if (head.empty()) return finish(fail(ErrorCode::invalid_argument, "The request holds control characters."));
    connection_ = std::move(*connection);
    if (auto status = connection_->start(loop_, self); !status) return finish(fail(status.error()));
    connection_->send(shareBytes(std::move(head) + request_.body), SendClass::control);
  }

  void answered() {
    ClientResponse response;
    response.status = reader_.response().status;
    response.headers = reader_.response().headers;
    response.body = std::move(reader_.body());
    finish(std::move(response));
  }

  void finish(Result<ClientResponse> result) {
    const auto self = shared_from_this();
    if (timer_) loop_.cancel(std::exchange(timer_, 0));
    dial_.reset();
    const auto done = std::move(done_);
    done_ = nullptr;
    if (const auto connection = std::move(connection_)) connection->close({ErrorCode::unavailable, "Done.", {}});
    if (done) done(std::move(result));
  }

  Loop& loop_;
  const ClientRequest request_;
  Done done_;
  ResponseReader reader_;
  std::unique_ptr<Pending> dial_;
  std::shared_ptr<Connection> connection_;
  TimerId timer_ = 0;
};

}  // namespace

std::unique_ptr<Pending> httpRequest(Loop& loop, ClientRequest request,
                                     std::function<void(Result<ClientResponse>)> done) {
  auto call = std::make_shared<HttpCall>(loop, std::move(request), std::move(done));
  call->begin();
  return std::make_unique<PendingCall<HttpCall>>(std::move(call));
}

Result<ClientResponse> httpRequestBlocking(ClientRequest request) {
  Loop loop("rh-request");
  Result<ClientResponse> result = fail(ErrorCode::internal, "No answer.");
  auto pending = httpRequest(loop, std::move(request), [&](Result<ClientResponse> answer) {
    result = std::move(answer);
    loop.stop();
  });
  loop.run();
  return result;
}

}  // namespace robohub::net
