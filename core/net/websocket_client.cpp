#include "net/websocket_client.hpp"

#include "net/http_write.hpp"
#include "net/response_reader.hpp"
#include "net/websocket_handshake.hpp"

namespace robohub::net {
namespace {

constexpr std::size_t kBodyStart = 1024;

ErrorCode codeOf(int status) {
  switch (status) {
    case 401: return ErrorCode::unauthenticated;
    case 403: return ErrorCode::permission_denied;
    case 404: return ErrorCode::not_found;
    case 409: return ErrorCode::conflict;
    case 426: return ErrorCode::unsupported;
    default:
      return status < 400   ? ErrorCode::unsupported
             : status < 500 ? ErrorCode::invalid_argument
                            : ErrorCode::unavailable;
  }
}

class WebSocketDial final : public ConnectionUser, public std::enable_shared_from_this<WebSocketDial> {
 public:
  using Done = std::function<void(WebSocketDialled)>;
  WebSocketDial(Loop& loop, WebSocketRequest request, Done done)
      : loop_(loop),
        request_(std::move(request)),
        done_(std::move(done)),
        key_(webSocketKey()),
        reader_(false, 64 * 1024) {}

  void begin() {
    timer_ = loop_.after(request_.timeout, [this] {
      timer_ = 0;
      fails({ErrorCode::timeout, "The server did not answer in time.", {}});
    });
    dial_ = dial(loop_, request_.endpoint, request_.timeout,
                 [this](Result<std::shared_ptr<Connection>> connection) { connected(std::move(connection)); });
  }

  void cancel() {
    done_ = nullptr;
    finish({});
  }

  void onBytes(std::span<char> bytes) override {
    if (auto status = reader_.feed({bytes.data(), bytes.size()}); !status) return fails(status.error());
    if (!reader_.headDone()) return;
    if (reader_.response().status == 101) return upgraded();
    if (reader_.complete() || reader_.body().size() >= kBodyStart) refused();
  }
  void onPeerEnd() override {
    if (reader_.headDone()) return refused();
    fails({ErrorCode::unavailable, "The server closed the connection instead of answering.", {}});
  }
  void onTooSlow() override {}
  void onClosed(const Error& why) override { fails(why); }

 private:
  void connected(Result<std::shared_ptr<Connection>> connection) {
    const auto self = shared_from_this();
    if (!connection) return fails(connection.error());
    Headers headers = request_.headers;
    headers.set("Upgrade", "websocket");
    headers.set("Connection", "Upgrade");
    headers.set("Sec-WebSocket-Key", key_);
    headers.set("Sec-WebSocket-Version", "13");
    if (!request_.options.protocol.empty()) headers.set("Sec-WebSocket-Protocol", request_.options.protocol);
    auto head = requestHead("GET", request_.target, request_.endpoint.hostField(), headers, 0, true);
    if (head.empty()) return fails({ErrorCode::invalid_argument, "The request holds control characters.", {}});
    connection_ = std::move(*connection);
    if (auto status = connection_->start(loop_, self); !status) return fails(status.error());
    connection_->send(shareBytes(std::move(head)), SendClass::control);
  }

  void upgraded() {
    if (auto checked = checkUpgradeAnswer(reader_.response(), key_, request_.options.protocol); !checked)
      return fails(checked.error());
    WebSocketDialled dialled;
    dialled.http_status = 101;
    dialled.socket =
        WebSocket::adopt(std::move(connection_), WebSocket::Role::client, request_.options, reader_.rest());
    finish(std::move(dialled));
  }

  void refused() {
    WebSocketDialled dialled;
    dialled.http_status = reader_.response().status;
    dialled.body_start = reader_.body().substr(0, kBodyStart);
    dialled.error = {codeOf(dialled.http_status),
                     "The server answered " + std::to_string(dialled.http_status) + " instead of opening a WebSocket.",
                     {}};
    finish(std::move(dialled));
  }

  void fails(const Error& error) {
    WebSocketDialled dialled;
    dialled.error = error;
    finish(std::move(dialled));
  }

  void finish(WebSocketDialled dialled) {
    const auto self = shared_from_this();
    if (timer_) loop_.cancel(std::exchange(timer_, 0));
    dial_.reset();
    const auto done = std::move(done_);
    done_ = nullptr;
    if (const auto connection = std::move(connection_)) connection->close({ErrorCode::unavailable, "Done.", {}});
    if (done) done(std::move(dialled));
  }

  Loop& loop_;
  const WebSocketRequest request_;
  Done done_;
  const std::string key_;
  ResponseReader reader_;
  std::unique_ptr<Pending> dial_;
  std::shared_ptr<Connection> connection_;
  TimerId timer_ = 0;
};

}  // namespace

std::unique_ptr<Pending> dialWebSocket(Loop& loop, WebSocketRequest request,
                                       std::function<void(WebSocketDialled)> done) {
  auto call = std::make_shared<WebSocketDial>(loop, std::move(request), std::move(done));
  call->begin();
  return std::make_unique<PendingCall<WebSocketDial>>(std::move(call));
}

}  // namespace robohub::net
