// The start of every HTTP client: dial, send one request's head and body, read the answer's bytes, and give up after a
// time. What the answer means is its heir's. Internal to net.
#pragma once
#include <memory>
#include <string>

#include "net/dial.hpp"
#include "net/response_reader.hpp"

namespace robohub::net {

// Held by shared pointers, owned by its loop. All [loop].
class HttpDial : public ConnectionUser, public std::enable_shared_from_this<HttpDial> {
 public:
  void onBytes(std::span<char> bytes) final;
  void onTooSlow() final {}
  void onClosed(const Error& why) final { failed(why); }

 protected:
  HttpDial(Loop& loop, Endpoint endpoint, ResponseReader reader);

  // `head` (empty: it would hold control characters, which is an error) and `body` are sent once connected.
  void begin(Duration timeout, std::string head, const std::string& body = {});
  // Ends dialling, clock and connection; the heir calls it before it tells anybody.
  void end();

  // More of the answer was read.
  virtual void progressed() = 0;
  // The end, unless the heir has ended before.
  virtual void failed(const Error& why) = 0;

  Loop& loop_;
  const Endpoint endpoint_;
  ResponseReader reader_;
  std::shared_ptr<Connection> connection_;

 private:
  void connected(Result<std::shared_ptr<Connection>> connection);

  std::string request_;
  std::unique_ptr<Pending> dial_;
  TimerId timer_ = 0;
};

}  // namespace robohub::net
