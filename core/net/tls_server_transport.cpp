#include <sys/socket.h>

#include <cerrno>

#include "net/tls_channel.hpp"
#include "net/tls_server_parts.hpp"
#include "net/tls_transport.hpp"

namespace robohub::net {
namespace {

using What = IoResult::What;
constexpr char kHandshakeRecord = 0x16;  // RFC 8446, 5.1

class TlsServerTransport final : public TlsChannel {
 public:
  TlsServerTransport(UniqueFd fd, std::shared_ptr<const TlsServerContext> context, SharedBytes to_plain)
      : TlsChannel(std::move(fd)), context_(std::move(context)), to_plain_(std::move(to_plain)) {}

 private:
  IoResult open() override {
    char first = 0;
    const auto got = recv(fd_.get(), &first, 1, MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return {What::want_read, 0, 0};
    if (got <= 0) return over(What::failed, handshakeFault(0));
    if (first != kHandshakeRecord) {
      const bool plain = first >= 'A' && first <= 'Z';
      if (plain && to_plain_) send(fd_.get(), to_plain_->data(), to_plain_->size(), MSG_NOSIGNAL);
      return over(plain ? What::refused : What::failed,
                  {ErrorCode::invalid_argument, "The peer does not speak TLS.", {}});
    }
    ERR_clear_error();
    ssl_.reset(SSL_new(context_->parts().context.get()));
    if (!ssl_ || SSL_set_fd(ssl_.get(), fd_.get()) != 1)
      return over(What::failed, {ErrorCode::internal, "There is no room for a TLS connection.", {}});
    SSL_set_accept_state(ssl_.get());
    return {};
  }

  Result<TlsPeer> admit() override {
    TlsPeer peer;
    if (auto objection = context_->parts().objection(*ssl_, peer.fingerprint)) return fail(std::move(*objection));
    peer.version = SSL_get_version(ssl_.get());
    peer.resumed = SSL_session_reused(ssl_.get()) == 1;
    peer.self_signed = context_->selfSigned();
    return peer;
  }

  Error handshakeFault(int reason) override {
    if (reason == 0) return {ErrorCode::unavailable, "The peer went away before the TLS handshake was done.", {}};
    std::string sentence = "The TLS handshake failed: ";
    sentence += opensslError();
    return {ErrorCode::unauthenticated, sentence + ".", {}};
  }

  const std::shared_ptr<const TlsServerContext> context_;
  const SharedBytes to_plain_;
};

}  // namespace

std::unique_ptr<Transport> tlsServerTransport(UniqueFd fd, std::shared_ptr<const TlsServerContext> context,
                                              SharedBytes to_plain) {
  return std::make_unique<TlsServerTransport>(std::move(fd), std::move(context), std::move(to_plain));
}

}  // namespace robohub::net
