// What both ends of a TLS connection do alike: raw SSL on a non-blocking descriptor. Internal to net's tls_*.cpp.
#pragma once
#include <optional>

#include "net/tls_openssl.hpp"
#include "net/transport.hpp"

namespace robohub::net {

// Owned by its connection's loop.
class TlsChannel : public Transport {
 public:
  IoResult read(char* buffer, std::size_t size) override;
  IoResult write(const iovec* parts, int count) override;
  bool endWriting() override;
  int fd() const override { return fd_.get(); }
  bool established() const override { return peer_.has_value(); }
  bool holding() const override { return !held_.empty(); }
  bool buffered() const override;
  const TlsPeer* tls() const override { return peer_ ? &*peer_ : nullptr; }
  Error fault(const IoResult& result) const override;

 protected:
  explicit TlsChannel(UniqueFd fd);

  // Makes `ssl_`; anything but ok when it is not to be yet, or never. Called until it has made it.
  virtual IoResult open() = 0;
  // The handshake is done: who is there, or why it may not stay.
  virtual Result<TlsPeer> admit() = 0;
  // Why the handshake failed. `reason` is OpenSSL's reason code, 0 when the peer just went.
  virtual Error handshakeFault(int reason) = 0;

  // For open(): the connection is over, with this fault.
  IoResult over(IoResult::What what, Error fault);

  UniqueFd fd_;
  SslPtr ssl_;

 private:
  IoResult handshake();
  // What a call of SSL that did not succeed comes to.
  IoResult outcome(int returned);
  // Sends held_; ok when it has left.
  IoResult sendHeld();

  std::optional<TlsPeer> peer_;
  std::optional<IoResult> final_;  // every further read and write says this
  Error fault_;
  std::string held_;  // one record's worth that SSL has begun to send and wants again
  bool ended_writing_ = false;
};

}  // namespace robohub::net
