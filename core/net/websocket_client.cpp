#include "net/websocket_client.hpp"

#include "net/http_dial.hpp"
#include "net/http_write.hpp"
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

class WebSocketDial final : public HttpDial {
 public:
  using Done = std::function<void(WebSocketDialled)>;
  WebSocketDial(Loop& loop, const WebSocketRequest& request, Done done)
      : HttpDial(loop, request.endpoint, ResponseReader(false, 64 * 1024)),
        options_(request.options),
        done_(std::move(done)),
        key_(webSocketKey()) {}

  void ask(const WebSocketRequest& request) {
    Headers headers = request.headers;
    headers.set("Upgrade", "websocket");
    headers.set("Connection", "Upgrade");
    headers.set("Sec-WebSocket-Key", key_);
    headers.set("Sec-WebSocket-Version", "13");
    if (!options_.protocol.empty()) headers.set("Sec-WebSocket-Protocol", options_.protocol);
    begin(request.timeout, requestHead("GET", request.target, endpoint_.hostField(), headers, 0, true));
  }

  void cancel() {
    done_ = nullptr;
    finish({});
  }

  void onPeerEnd() override {
    if (reader_.headDone()) return refused();
    failed({ErrorCode::unavailable, "The server closed the connection instead of answering.", {}});
  }

 private:
  void progressed() override {
    if (!reader_.headDone()) return;
    if (reader_.response().status == 101) return upgraded();
    if (reader_.complete() || reader_.body().size() >= kBodyStart) refused();
  }

  void upgraded() {
    if (auto checked = checkUpgradeAnswer(reader_.response(), key_, options_.protocol); !checked)
      return failed(checked.error());
    WebSocketDialled dialled;
    dialled.http_status = 101;
    dialled.socket = WebSocket::adopt(std::move(connection_), WebSocket::Role::client, options_, reader_.rest());
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

  void failed(const Error& why) override {
    WebSocketDialled dialled;
    dialled.error = why;
    finish(std::move(dialled));
  }

  void finish(WebSocketDialled dialled) {
    const auto self = shared_from_this();
    const auto done = std::move(done_);
    done_ = nullptr;
    end();
    if (done) done(std::move(dialled));
  }

  const WebSocketOptions options_;
  Done done_;
  const std::string key_;
};

}  // namespace

std::unique_ptr<Pending> dialWebSocket(Loop& loop, WebSocketRequest request,
                                       std::function<void(WebSocketDialled)> done) {
  auto call = std::make_shared<WebSocketDial>(loop, request, std::move(done));
  call->ask(request);
  return std::make_unique<PendingCall<WebSocketDial>>(std::move(call));
}

}  // namespace robohub::net
