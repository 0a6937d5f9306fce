#include "net/tls_channel.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace robohub::net {
namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;  // RFC 8446, 5.1: the most that one record holds

using What = IoResult::What;

// Collects small parts into one record, and leaves large ones where they are.
class Gatherer {
 public:
  Gatherer(const iovec* parts, int count) : part_(parts), end_(parts + count) { skipEmpty(); }
  bool empty() const { return part_ == end_; }
  // The next at most kRecordBytes; `stage` has room for them.
  std::string_view next(char* stage) const {
    const auto* here = static_cast<const char*>(part_->iov_base) + offset_;
    const std::size_t left = part_->iov_len - offset_;
    if (left >= kRecordBytes || part_ + 1 == end_) return {here, std::min(left, kRecordBytes)};
    std::size_t size = 0, offset = offset_;
    for (const iovec* at = part_; at != end_ && size < kRecordBytes; ++at, offset = 0) {
      const auto take = std::min(at->iov_len - offset, kRecordBytes - size);
      std::memcpy(stage + size, static_cast<const char*>(at->iov_base) + offset, take);
      size += take;
    }
    return {stage, size};
  }
  void consume(std::size_t bytes) {
    while (bytes > 0) {
      const auto take = std::min(bytes, part_->iov_len - offset_);
      offset_ += take;
      bytes -= take;
      skipEmpty();
    }
  }

 private:
  void skipEmpty() {
    while (part_ != end_ && offset_ == part_->iov_len) {
      ++part_;
      offset_ = 0;
    }
  }
  const iovec* part_;
  const iovec* const end_;
  std::size_t offset_ = 0;
};

}  // namespace

TlsChannel::TlsChannel(UniqueFd fd) : fd_(std::move(fd)) {}

IoResult TlsChannel::over(What what, Error fault) {
  fault_ = std::move(fault);
  final_ = IoResult{what, 0, 0};
  return *final_;
}

Error TlsChannel::fault(const IoResult&) const {
  return fault_;
}

IoResult TlsChannel::outcome(int returned) {
  const int system_error = errno;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return {What::want_read, 0, 0};
    case SSL_ERROR_WANT_WRITE: return {What::want_write, 0, 0};
    case SSL_ERROR_ZERO_RETURN: final_ = IoResult{What::end, 0, 0}; return *final_;
    case SSL_ERROR_SYSCALL:
      if (system_error != 0) {
        std::string sentence = "The connection broke: ";
        sentence += strerror(system_error);
        return over(What::failed, {ErrorCode::unavailable, sentence + ".", {}});
      }
      [[fallthrough]];
    default: {
      const auto code = ERR_peek_error();
      const int reason = ERR_GET_REASON(code);
      const bool gone = code == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING;
      if (!established()) {
        auto why = handshakeFault(gone ? 0 : reason);
        ERR_clear_error();
        return over(gone ? What::failed : What::refused, std::move(why));
      }
      if (gone) {
        ERR_clear_error();
        return over(What::failed, {ErrorCode::unavailable, "The peer has gone.", {}});
      }
      // Under TLS 1.3 a client hears only here that the server does not take its certificate.
      const bool alert = reason >= SSL_AD_REASON_OFFSET;
      auto why = alert ? handshakeFault(reason)
                       : Error{ErrorCode::corrupt, "What came over TLS makes no sense: " + opensslError() + ".", {}};
      ERR_clear_error();
      return over(alert ? What::failed : What::refused, std::move(why));
    }
  }
}

IoResult TlsChannel::handshake() {
  if (final_) return final_->what == What::end ? IoResult{} : *final_;
  if (peer_) return {};
  if (!ssl_)
    if (const auto opened = open(); opened.what != What::ok) return opened;
  ERR_clear_error();
  errno = 0;
  const int done = SSL_do_handshake(ssl_.get());
  if (done != 1) {
    const auto result = outcome(done);
    if (result.what == What::end) return over(What::failed, handshakeFault(0));
    return result;
  }
  auto admitted = admit();
  if (!admitted) return over(What::refused, admitted.error());
  peer_ = std::move(*admitted);
  return {};
}

IoResult TlsChannel::read(char* buffer, std::size_t size) {
  if (ended_writing_) {
    // Only thrown away, so it need not be understood.
    const auto got = recv(fd_.get(), buffer, size, 0);
    if (got > 0) return {What::ok, static_cast<std::size_t>(got), 0};
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return {What::want_read, 0, 0};
    return {What::end, 0, 0};
  }
  if (const auto ready = handshake(); ready.what != What::ok) return ready;
  if (final_) return *final_;
  std::size_t total = 0;
  while (total < size) {
    std::size_t got = 0;
    ERR_clear_error();
    errno = 0;
    const int returned = SSL_read_ex(ssl_.get(), buffer + total, size - total, &got);
    if (returned != 1) {
      const auto result = outcome(returned);
      if (total == 0) return result;
      break;  // what is final is said again by the next read
    }
    total += got;
  }
  return {What::ok, total, 0};
}

bool TlsChannel::buffered() const {
  return !ended_writing_ && (final_ || (ssl_ && SSL_pending(ssl_.get()) > 0));
}

IoResult TlsChannel::sendHeld() {
  while (!held_.empty()) {
    std::size_t sent = 0;
    ERR_clear_error();
    errno = 0;
    const int returned = SSL_write_ex(ssl_.get(), held_.data(), held_.size(), &sent);
    if (returned != 1) return outcome(returned);
    held_.erase(0, sent);
  }
  std::string().swap(held_);
  return {};
}

IoResult TlsChannel::write(const iovec* parts, int count) {
  if (const auto ready = handshake(); ready.what != What::ok) return ready;
  if (const auto sent = sendHeld(); sent.what != What::ok) return sent;
  char stage[kRecordBytes];
  std::size_t taken = 0;
  for (Gatherer gatherer(parts, count); !gatherer.empty();) {
    const auto record = gatherer.next(stage);
    std::size_t sent = 0;
    ERR_clear_error();
    errno = 0;
    const int returned = SSL_write_ex(ssl_.get(), record.data(), record.size(), &sent);
    if (returned == 1) {
      taken += sent;
      gatherer.consume(sent);
      continue;
    }
    const auto result = outcome(returned);
    if (result.what == What::failed || result.what == What::refused) return result;
    // SSL has made the record and will take nothing else in its place: it is kept here, and gone from the queue.
    held_.assign(record);
    taken += record.size();
    break;
  }
  return {What::ok, taken, 0};
}

bool TlsChannel::endWriting() {
  if (ended_writing_) return true;
  // After a fatal error nothing may be said any more, and before the handshake's end nothing can be.
  if (peer_ && (!final_ || final_->what == What::end)) {
    ERR_clear_error();
    const int returned = SSL_shutdown(ssl_.get());
    if (returned < 0 && SSL_get_error(ssl_.get(), returned) == SSL_ERROR_WANT_WRITE) return false;
    ERR_clear_error();
  }
  shutdown(fd_.get(), SHUT_WR);
  ended_writing_ = true;
  return true;
}

}  // namespace robohub::net
