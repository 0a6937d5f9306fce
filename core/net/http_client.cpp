#include "net/http_client.hpp"

#include "net/http_dial.hpp"
#include "net/http_write.hpp"

namespace robohub::net {
namespace {

class HttpCall final : public HttpDial {
 public:
  using Done = std::function<void(Result<ClientResponse>)>;
  HttpCall(Loop& loop, const ClientRequest& request, Done done)
      : HttpDial(loop, request.endpoint, ResponseReader(request.method == "HEAD", request.max_body_bytes)),
        done_(std::move(done)) {}

  void ask(const ClientRequest& request) {
    begin(
        request.timeout,
        requestHead(request.method, request.target, endpoint_.hostField(), request.headers, request.body.size(), false),
        request.body);
  }

  void cancel() {
    done_ = nullptr;
    finish(fail(ErrorCode::unavailable, "Given up."));
  }

  void onPeerEnd() override {
    if (auto status = reader_.end(); !status) return failed(status.error());
    answered();
  }

 private:
  void progressed() override {
    if (reader_.complete()) answered();
  }

  void answered() {
    ClientResponse response;
    response.status = reader_.response().status;
    response.headers = reader_.response().headers;
    response.body = std::move(reader_.body());
    finish(std::move(response));
  }

  void failed(const Error& why) override { finish(fail(why)); }

  void finish(Result<ClientResponse> result) {
    const auto self = shared_from_this();
    const auto done = std::move(done_);
    done_ = nullptr;
    end();
    if (done) done(std::move(result));
  }

  Done done_;
};

}  // namespace

std::unique_ptr<Pending> httpRequest(Loop& loop, ClientRequest request,
                                     std::function<void(Result<ClientResponse>)> done) {
  auto call = std::make_shared<HttpCall>(loop, request, std::move(done));
  call->ask(request);
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
