// A request on its way through the routes, whose answer is counted by its status.
#pragma once
#include "hub/metrics.hpp"
#include "net/http_server.hpp"

namespace robohub::hub {

// As net::Exchange says; everything is handed on.
class CountedExchange final : public net::Exchange {
 public:
  CountedExchange(std::shared_ptr<net::Exchange> inner, AnswerTally& answers)
      : inner_(std::move(inner)), answers_(answers) {}

  const net::HttpHead& head() const override { return inner_->head(); }
  const std::string& body() const override { return inner_->body(); }
  net::Loop& loop() const override { return inner_->loop(); }
  bool wantsWebSocket() const override { return inner_->wantsWebSocket(); }
  void respond(net::HttpResponse response) override {
    answers_.count(response.status);
    inner_->respond(std::move(response));
  }
  std::shared_ptr<net::HttpStream> stream(net::HttpResponse head, net::StreamEnd end) override {
    answers_.count(head.status);
    return inner_->stream(std::move(head), end);
  }
  std::shared_ptr<net::WebSocket> acceptWebSocket(net::WebSocketOptions options) override {
    constexpr int kSwitchingProtocols = 101;
    answers_.count(kSwitchingProtocols);
    return inner_->acceptWebSocket(std::move(options));
  }
  void onGone(std::function<void()> fn) override { inner_->onGone(std::move(fn)); }
  bool gone() const override { return inner_->gone(); }

 private:
  const std::shared_ptr<net::Exchange> inner_;
  AnswerTally& answers_;
};

}  // namespace robohub::hub
