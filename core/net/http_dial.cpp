#include "net/http_dial.hpp"

namespace robohub::net {

HttpDial::HttpDial(Loop& loop, Endpoint endpoint, ResponseReader reader)
    : loop_(loop), endpoint_(std::move(endpoint)), reader_(std::move(reader)) {}

void HttpDial::begin(Duration timeout, std::string head, const std::string& body) {
  timer_ = loop_.after(timeout, [this] {
    timer_ = 0;
    failed({ErrorCode::timeout, "The server did not answer in time.", {}});
  });
  if (!head.empty()) request_ = std::move(head) + body;
  dial_ = dial(loop_, endpoint_, timeout,
               [this](Result<std::shared_ptr<Connection>> connection) { connected(std::move(connection)); });
}

void HttpDial::connected(Result<std::shared_ptr<Connection>> connection) {
  const auto self = shared_from_this();
  if (!connection) return failed(connection.error());
  if (request_.empty()) return failed({ErrorCode::invalid_argument, "The request holds control characters.", {}});
  connection_ = std::move(*connection);
  if (auto status = connection_->start(loop_, self); !status) return failed(status.error());
  connection_->send(shareBytes(std::move(request_)), SendClass::control);
}

void HttpDial::onBytes(std::span<char> bytes) {
  const auto self = shared_from_this();
  if (auto status = reader_.feed({bytes.data(), bytes.size()}); !status) return failed(status.error());
  progressed();
}

void HttpDial::end() {
  if (timer_) loop_.cancel(std::exchange(timer_, 0));
  dial_.reset();
  if (const auto connection = std::move(connection_)) connection->close({ErrorCode::unavailable, "Done.", {}});
}

}  // namespace robohub::net
